/** From frames back to numbers: leaves out frames and classes, and everything on the page is counted anew. */
import { listen } from "../draw/dom.ts";
import { latest } from "../host/life.ts";
import type { PartAP } from "../ledger/average-precision.ts";
import type { Condition } from "../ledger/condition.ts";
import type { Ledger } from "../ledger/decode.ts";
import type { Marking } from "../ledger/marking.ts";
import { className, fraction, integer, plural, signed } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import type { Filter, State } from "../views/store.ts";
import { extraOf, hasExtra } from "./extra.ts";
import { wordsOf } from "./mark-words.ts";
import { followAP } from "./part-ap.ts";

/** What a condition says, and leaves out: frames, and rows of boxes that are asked one by one. */
interface Part {
  readonly words: string;
  readonly frame?: (frame: number) => boolean;
  readonly category?: number;
  readonly marked?: readonly Marking[];
}

function partOf(ledger: Ledger, one: Condition, marks: readonly Marking[]): Part | null {
  if ("class" in one) return { words: className(ledger.head.classes, one.class), category: one.class };
  if ("frames" in one) {
    const listed = new Set(one.frames);
    const words = `${integer(listed.size)} chosen ${plural(listed.size, "frame")}`;
    return { words, frame: (frame) => listed.has(frame) };
  }
  if ("without" in one) {
    const marked = marks.filter(({ mark }) => one.without.includes(mark));
    const counts = one.without.map((kind) => wordsOf(kind, marked.filter(({ mark }) => mark === kind).length));
    return { words: `without ${counts.join(" and ")}`, marked };
  }
  const facet = hasExtra(ledger) ? extraOf(ledger).facets.find(({ name }) => name === one.by) : undefined;
  const at = facet?.labels.indexOf(one.slice) ?? -1;
  if (!facet?.ofFrame || at < 0) return null;
  const { ofFrame } = facet;
  return { words: `${one.by}: ${one.slice}`, frame: (frame) => ofFrame[frame] === at };
}

/** The boxes that conditions leave out, all together; null for none. A slice that this payload does not know is no condition. */
export function filterOf(ledger: Ledger, conditions: readonly Condition[], marks: readonly Marking[]): Filter | null {
  const known = conditions.flatMap((one) => {
    const part = partOf(ledger, one, marks);
    return part ? [{ one, part }] : [];
  });
  if (known.length === 0) return null;
  const { head, objects, detections } = ledger;
  const frames = new Uint8Array(head.frames.names.length).fill(1);
  for (const { part } of known) {
    if (part.frame) for (let at = 0; at < frames.length; at++) if (!part.frame(at)) frames[at] = 0;
  }
  const categories = known.flatMap(({ part }) => part.category ?? []);
  const out = ({ frame, category }: { frame: Int32Array; category: Int32Array }, side: "object" | "detection") => {
    const left = Uint8Array.from(frame, (own, row) =>
      Number(!frames[own] || categories.some((wanted) => category[row] !== wanted)),
    );
    for (const { part } of known) {
      for (const mark of part.marked ?? []) if (mark[side] >= 0 && mark[side] < left.length) left[mark[side]] = 1;
    }
    return left;
  };
  return {
    conditions: known.map(({ one }) => one),
    title: known.map(({ part }) => part.words).join(", "),
    frames,
    mask: { objects: out(objects, "object"), detections: out(detections, "detection") },
  };
}

/** Whether the page can count without some of the boxes. */
export const canFilter = ({ ledger }: Pick<Context, "ledger">) => ledger.pairs !== null;

/** Counts only what these conditions leave. */
export function setConditions(
  { ledger, store }: Context,
  conditions: readonly Condition[],
  more: Partial<State> = {},
): void {
  store.set({ ...more, filter: filterOf(ledger, conditions, store.state.marks) });
}

/** Counts only what one more condition leaves. */
export function narrow(context: Context, condition: Condition): void {
  const { filter } = context.store.state;
  setConditions(context, [...(filter?.conditions ?? []), condition], { cells: [], picked: null });
}

/** Average precision of what is left, and how far it is from that of the whole. */
function precisionWords({ cards }: Ledger["head"], ap: PartAP): string {
  const words = cards.flatMap(({ id, title, value: whole }) => {
    const value = id === "map50" || id === "map50_95" ? ap[id] : undefined;
    if (value === undefined) return [];
    const change = value === null || whole === null ? "" : ` (${signed(value - whole)})`;
    return `${title} ${fraction(value)}${change}`;
  });
  return `Every number follows: ${words.join(", ")}.`;
}

/** Says what is left out and ends it; stands above all numbers while there is a filter. */
export function filterBar(context: Context): HTMLElement {
  const { make, ledger, store, signal } = context;
  const [words, precision] = [make("span"), make("span")];
  const end = make("button.fl-button", { "data-end-filter": true }, "Show everything");
  const asking = latest(signal);
  const bar = make("div.fl-filter-bar", { role: "status" }, make("span", {}, words, precision), end);
  listen(end, "click", () => store.set({ filter: null, cells: [], picked: null }), signal);
  store.watch(
    ["filter"],
    ({ filter }) => {
      bar.hidden = filter === null;
      const all = ledger.head.frames.names.length;
      const left = filter?.frames?.reduce((sum, own) => sum + own, 0) ?? all;
      words.textContent = filter ? `Counted here: ${filter.title} (${integer(left)} of ${integer(all)} frames). ` : "";
      precision.textContent = "";
      const wanted = asking();
      if (!filter) return;
      void followAP(context, filter, wanted).then((text) => {
        if (text && !wanted.aborted) precision.textContent = text;
      });
    },
    signal,
  );
  store.watch(
    ["filter", "ap"],
    ({ ap }) => {
      if (ap) precision.textContent = precisionWords(ledger.head, ap);
    },
    signal,
  );
  return bar;
}
