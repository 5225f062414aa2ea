/** Slices by size with ranges of one's own, counted as Python's `ev.slices(sizes=...)` counts them. */
import { listen } from "../draw/dom.ts";
import { type Model, onModel } from "../host/model.ts";
import { column, type Ledger } from "../ledger/decode.ts";
import { isEqual } from "../ledger/loose.ts";
import type { Context } from "../views/context.ts";
import type { State } from "../views/store.ts";
import { type Facet, NONE } from "./extra.ts";

type Ranges = NonNullable<State["sizes"]>;
type Range = Ranges[number];

/** Square pixels; the last one is open. */
const COCO: Ranges = [
  ["small", 0, 1024],
  ["medium", 1024, 9216],
  ["large", 9216, 1e10],
];
const OPEN = 1e10;
const MOST = 50;

/** Twice the whole part of an area, one more where there is a rest: whole ends are compared exactly so. */
const stepsOf = (area: number) => 2 * Math.floor(area) + Number(area > Math.floor(area));

/** Areas in steps: of the boxes here, but for those that Python says have another one. */
function areas({ head, data, objects, detections }: Ledger, side: "object" | "detection") {
  const { box } = side === "object" ? objects : detections;
  const rows = column(head.columns, data, `area_${side}`, "i4");
  const steps = column(head.columns, data, `area_${side}_steps`, "i4");
  const others = new Map(Array.from(rows, (row, at) => [row, steps[at] as number]));
  return (row: number) => others.get(row) ?? stepsOf((box[4 * row + 2] as number) * (box[4 * row + 3] as number));
}

/** The slices by size; an area on an edge belongs to the first range that holds it. */
export function sizeFacet(ledger: Ledger, ranges: Ranges): Facet {
  const place = (steps: (row: number) => number) => (row: number) => {
    const own = steps(row);
    const at = own < 0 ? -1 : ranges.findIndex(([, low, high]) => own >= 2 * low && (high >= 1e9 || own <= 2 * high));
    return at < 0 ? NONE : at;
  };
  const [ofObject, ofDetection] = [place(areas(ledger, "object")), place(areas(ledger, "detection"))];
  return { name: "size", labels: ranges.map(([name]) => name), ofFrame: null, ofObject, ofDetection };
}

/** Whether the payload says what areas its boxes have. */
export const knowsAreas = ({ head }: Pick<Ledger, "head">) => "area_object" in head.columns;

const whole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** What is wrong with ranges, in words; null where nothing is. */
function problemOf(ranges: readonly Range[]): string | null {
  if (ranges.length === 0) return "There is no range.";
  if (ranges.length > MOST) return `More than ${MOST} ranges.`;
  if (ranges.some(([name]) => name.trim() === "")) return "A range needs a name.";
  if (new Set(ranges.map(([name]) => name)).size < ranges.length) return "Two ranges have the same name.";
  const bad = ranges.find(([, low, high]) => !whole(low) || !whole(high) || low > high);
  return bad ? `${bad[0]}: two whole numbers from 0, the smaller first.` : null;
}

function readRanges(raw: unknown): Ranges | null {
  if (!Array.isArray(raw) || !raw.every((one) => Array.isArray(one) && typeof one[0] === "string")) return null;
  return problemOf(raw as Ranges) ? null : (raw as Ranges);
}

/** Carries the ranges from the model to the store and back. */
export function bindSizes(model: Model, { store, signal }: Context): void {
  const hear = () => store.set({ sizes: readRanges(model.get("size_ranges")) });
  onModel(model, "change:size_ranges", hear, signal);
  hear();
  store.watch(
    ["sizes"],
    ({ sizes }) => {
      const [now, wanted] = [model.get("size_ranges") ?? [], sizes ?? []];
      if (isEqual(now, wanted)) return;
      model.set("size_ranges", wanted);
      model.save_changes();
    },
    signal,
  );
}

/** Fields for the ranges: what is whole counts at once, and what is not says why. */
export function sizesEditor({ make, store, signal }: Context): HTMLElement {
  const rows = make("tbody");
  const problem = make("p.fl-figure-words", { role: "status" });
  const line = ([name, low, high]: Range) => {
    const field = (id: string, label: string, value: string | number, type = "number") => {
      const box = make("input.fl-button", {
        type,
        "data-range": id,
        "aria-label": label,
        min: type === "number" ? 0 : null,
      });
      box.value = String(value);
      return make("td", {}, box);
    };
    return make(
      "tr",
      {},
      field("name", "name", name, "text"),
      field("low", `${name}: from`, low),
      field("high", `${name}: to, empty for no end`, high >= OPEN ? "" : high),
      make("td", {}, make("button.fl-button", { "data-range": "remove", "aria-label": `Remove ${name}` }, "✕")),
    );
  };
  const read = () =>
    [...rows.children].map((row): Range => {
      // What is no number reads as empty, and an empty end as open: it must not pass for one.
      const [name, low, high] = [...row.querySelectorAll("input")].map(({ value, validity }) =>
        validity?.badInput ? "?" : value.trim(),
      ) as [string, string, string];
      const number = (text: string) => (text === "" ? Number.NaN : Number(text));
      return [name, number(low), high === "" ? OPEN : number(high)];
    });
  const take = () => {
    const ranges = read();
    const wrong = problemOf(ranges);
    problem.textContent = wrong ?? "";
    if (wrong === null) store.set({ sizes: isEqual(ranges, COCO) ? null : ranges });
  };
  const add = make("button.fl-button", { "data-range": "add" }, "Add a range");
  const reset = make("button.fl-button", { "data-range": "reset" }, "COCO's ranges");
  const element = make(
    "details.fl-sizes",
    {},
    make("summary", {}, "Ranges"),
    make(
      "table",
      {},
      make("thead", {}, make("tr", {}, ...["name", "from", "to", ""].map((title) => make("td", {}, title)))),
      rows,
    ),
    make("p.fl-figure-words", {}, "Areas in square pixels (1,024 is 32 × 32); an edge belongs to the first range."),
    make("div.fl-controls", {}, add, reset),
    problem,
  );
  listen(rows, "change", take, signal);
  listen(
    element,
    "click",
    (event) => {
      const button = (event.target as Element).closest<HTMLElement>("button[data-range]");
      if (!button) return;
      const kind = button.dataset.range;
      if (kind === "remove") {
        const next = button.closest("tr");
        ((next?.nextElementSibling ?? next?.previousElementSibling)?.querySelector("input") ?? add).focus();
        next?.remove();
      } else if (kind === "add") {
        const ranges = read();
        const last = ranges.at(-1);
        const free = (number: number): string =>
          ranges.some(([name]) => name === `range ${number}`) ? free(number + 1) : `range ${number}`;
        rows.append(line([free(ranges.length + 1), last && last[2] < OPEN ? last[2] : 0, OPEN]));
        rows.lastElementChild?.querySelector("input")?.focus();
      } else if (kind === "reset") {
        store.set({ sizes: null });
        rows.replaceChildren(...COCO.map(line));
      }
      take();
    },
    signal,
  );
  store.watch(
    ["sizes"],
    ({ sizes }) => {
      if (!element.matches(":focus-within")) rows.replaceChildren(...(sizes ?? COCO).map(line));
    },
    signal,
  );
  return element;
}
