/** Where the detector is good and where it is not: by size, objects in the frame, and what is known of the frames. */
import { listen, svg } from "../draw/dom.ts";
import type { Ledger } from "../ledger/decode.ts";
import type { Pairs as Boxes } from "../ledger/outcome.ts";
import { amount, fraction, integer, intervalWords, signed, wilson } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import type { Panel } from "../views/panel.ts";
import { type Extra, extraOf, type Facet, hasExtra } from "./extra.ts";
import { canFilter, narrow } from "./filter.ts";
import { boxesButton, bring, Figure, watchShown } from "./parts.ts";
import { LINE, namedBars, WIDTH } from "./plot.ts";
import { knowsAreas, sizeFacet, sizesEditor } from "./sizes.ts";
import { type Column, countColumn, DataTable, rateColumn } from "./table.ts";
import {
  type Rates,
  ratesOf,
  type SliceBoxes,
  sliceBoxes,
  type Tally,
  tallyAll,
  tallySlices,
  type WorstSlice,
  worstSlices,
} from "./tallies.ts";

const SUGGESTED = 6;
const NAMES = 110;

interface Row extends Tally, Rates {
  readonly at: number;
  readonly label: string;
  readonly wrong: number;
  readonly lost: number;
  readonly delta: number | null;
  readonly note: string;
}

/** Whether two shares of different boxes differ: Newcombe's interval of the difference leaves out 0. */
function differs(part: number, whole: number, otherPart: number, otherWhole: number): boolean {
  const [own, other] = [wilson(part, whole), wilson(otherPart, otherWhole)];
  if (!own || !other) return false;
  const [one, two] = [part / whole, otherPart / otherWhole];
  const least = one - two - Math.hypot(one - own[0], other[1] - two);
  const most = one - two + Math.hypot(own[1] - one, two - other[0]);
  return least > 0 || most < 0;
}

/** Slices that hold something, with what is to be said about each. */
export function sliceRows(facet: Facet, tallies: readonly Tally[], all: Tally, reliable: number): Row[] {
  const whole = ratesOf(all).f1;
  const enough = tallies.filter(({ objects }) => objects >= reliable);
  const least = Math.min(...enough.map(({ objects }) => objects));
  let marked = false;
  return tallies.flatMap((tally, at): Row[] => {
    const { objects, detections, right } = tally;
    if (objects + detections === 0) return [];
    const rates = ratesOf(tally);
    const different =
      differs(right, detections, all.right - right, all.detections - detections) ||
      differs(right, objects, all.right - right, all.objects - objects);
    const smallest = !marked && objects === least;
    if (smallest) marked = true;
    const notes = [
      objects < reliable ? `under ${reliable} objects` : smallest ? "smallest reliable" : "",
      different ? "differs from the rest" : "",
    ];
    return [
      {
        ...tally,
        ...rates,
        at,
        label: facet.labels[at] as string,
        wrong: detections - right,
        lost: objects - right,
        delta: rates.f1 === null || whole === null ? null : rates.f1 - whole,
        note: notes.filter(Boolean).join(", "),
      },
    ];
  });
}

/** Whether the ranges of a facet can be set here. */
const canSize = (ledger: Ledger, { name, ofFrame }: Facet) => name === "size" && ofFrame === null && knowsAreas(ledger);

class SlicesView {
  readonly element: HTMLElement;
  readonly #context: Context;
  readonly #extra: Extra;
  readonly #choice: HTMLSelectElement;
  readonly #table: DataTable<Row>;
  readonly #figure: Figure;
  readonly #worst: HTMLElement;
  /** All of them, by size with the ranges that are set. */
  #facets: readonly Facet[] = [];
  #rows: Row[] = [];
  #suggested: WorstSlice[] = [];
  readonly #sizes: HTMLElement;

  constructor(context: Context) {
    const { make, ledger, signal } = context;
    this.#context = context;
    this.#extra = extraOf(ledger);
    const { facets } = this.#extra;
    this.#choice = make(
      "select.fl-button.fl-facet",
      {},
      ...facets.map(({ name }, at) => make("option", { value: at }, name)),
    );
    this.#table = new DataTable<Row>(context, {
      title: "Slices",
      columns: this.#columns(),
      attributes: ({ at, label }) => ({ "data-slice": label, "data-at": at }),
    });
    this.#figure = new Figure(context, "slices", "Recall of each slice, with its 95% interval");
    this.#figure.table = () => this.#table.table;
    this.#sizes = sizesEditor(context);
    this.#worst = make("ul.fl-worst-slices", { "aria-label": "Worst slices" });
    this.element = make(
      "div.fl-slices",
      {},
      make("div.fl-controls", {}, make("label.fl-choice", {}, "By ", this.#choice), this.#sizes),
      make(
        "div.fl-figures",
        {},
        this.#figure.element,
        make("section", {}, make("h3.fl-heading", {}, "Worst slices"), this.#worst),
      ),
      this.#table.element,
    );
    listen(this.#choice, "change", () => this.#draw(), signal);
    listen(this.#table.body, "click", (event) => this.#clicked(event), signal);
    listen(this.#worst, "click", (event) => this.#suggest(event), signal);
    watchShown(context, this.element, ["confusion", "sizes"], () => this.#draw());
  }

  get #facet(): Facet {
    return this.#facets[Number(this.#choice.value)] as Facet;
  }

  #columns(): Column<Row>[] {
    const context = this.#context;
    const { make } = context;
    const rate = (id: "precision" | "recall") => rateColumn<Row>(id, id, (row) => row[id]);
    const ends = (id: string, whole: (row: Row) => number): Column<Row> => ({
      id: `${id}_interval`,
      title: `${id}, 95%`,
      value: (row) => intervalWords(row.right, whole(row)),
    });
    const errors = (id: "false" | "missed", title: string, value: (row: Row) => number): Column<Row> => ({
      id: `${id === "false" ? "false_positives" : "false_negatives"}`,
      title,
      value,
      text: () => "",
      node: (row) => boxesButton(context, value(row), `${title}, ${row.label}`, id),
    });
    const only: Column<Row> = {
      id: "only",
      title: "",
      value: () => null,
      text: () => "",
      node: (row) =>
        canFilter(context) && this.#facet.ofFrame
          ? make("button.fl-button", { "data-only": row.at }, "only these")
          : null,
    };
    return [
      { id: "slice", title: "slice", value: ({ at }) => at, text: ({ label }) => label },
      countColumn("objects", "objects", (row) => row.objects),
      countColumn("detections", "detections", (row) => row.detections),
      countColumn("true_positives", "correct", (row) => row.right),
      rate("precision"),
      ends("precision", (row) => row.detections),
      rate("recall"),
      ends("recall", (row) => row.objects),
      rateColumn("f1", "F1", (row) => row.f1),
      { id: "f1_delta", title: "F1, change", value: (row) => row.delta, text: (row) => signed(row.delta) },
      errors("false", "false", (row) => row.wrong),
      errors("missed", "missed", (row) => row.lost),
      { id: "note", title: "", value: (row) => row.note },
      only,
    ];
  }

  #boxes(at: number, kind: SliceBoxes): Boxes {
    return sliceBoxes(this.#facet, at, this.#context.store.state.confusion, kind);
  }

  #clicked(event: MouseEvent): void {
    const target = event.target as Element;
    const row = this.#rows.find(
      ({ at }) => at === Number(target.closest<HTMLElement>("tr[data-at]")?.dataset.at ?? -1),
    );
    if (!row) return;
    const { name } = this.#facet;
    const title = `${name}: ${row.label}`;
    if (target.closest("[data-only]")) {
      narrow(this.#context, { by: name, slice: row.label });
      return;
    }
    const kind = (target.closest<HTMLElement>("[data-bring]")?.dataset.bring ?? "errors") as SliceBoxes;
    bring(this.#context, `${title}, ${kind}`, this.#boxes(row.at, kind));
  }

  #suggest(event: MouseEvent): void {
    const at = (event.target as Element).closest<HTMLElement>("[data-worst]")?.dataset.worst;
    const found = this.#suggested[Number(at ?? -1)];
    if (!found) return;
    const { confusion } = this.#context.store.state;
    bring(this.#context, `${found.words}, errors`, sliceBoxes(found.facet, found.slice, confusion, "errors"));
  }

  #draw(): void {
    const { make, ledger, store } = this.#context;
    const { confusion, sizes } = store.state;
    const { reliable } = this.#extra;
    this.#facets = this.#extra.facets.map((one) => (sizes && canSize(ledger, one) ? sizeFacet(ledger, sizes) : one));
    const facet = this.#facet;
    this.#sizes.hidden = !canSize(ledger, facet);
    this.#rows = sliceRows(facet, tallySlices(facet, confusion), tallyAll(confusion), reliable);
    this.#table.show(this.#rows);
    this.#drawBars();
    this.#suggested = worstSlices(this.#facets, confusion, reliable, SUGGESTED);
    const items = this.#suggested.map(({ words, f1, objects, facet, slice }, at) => {
      const errors = sliceBoxes(facet, slice, confusion, "errors").object.length;
      const numbers = `F1 ${fraction(f1)}, ${integer(objects)} objects, ${amount(errors, "error")}`;
      return make("li", {}, make("button.fl-bring", { "data-worst": at, "data-count": errors }, words), ` ${numbers}`);
    });
    const none = make("li", {}, `No slice with ${reliable} objects or more is worse than the whole.`);
    this.#worst.replaceChildren(...(items.length > 0 ? items : [none]));
  }

  #drawBars(): void {
    const context = this.#context;
    const rows = this.#rows.slice(0, 24);
    const x = (value: number) => NAMES + value * (WIDTH - NAMES - 50);
    const bars = rows.map((row) => ({
      name: row.label.length > 17 ? `${row.label.slice(0, 16)}…` : row.label,
      width: row.recall === null ? null : x(row.recall) - NAMES,
      after: fraction(row.recall),
      end: x(1),
      count: row.objects,
      words: `${row.label}: ${integer(row.objects)} objects, recall ${fraction(row.recall)} (95% ${intervalWords(row.right, row.objects)})`,
      kind: row.note.startsWith("under") ? "fl-line-6" : "fl-line-0",
      data: { "data-slice": row.label },
      pick: () => bring(context, `${row.label}, objects`, this.#boxes(row.at, "objects")),
    }));
    const picture = namedBars(context, NAMES, bars);
    rows.forEach(({ right, objects }, at) => {
      const range = wilson(right, objects);
      if (!range) return;
      const y = at * LINE + 12;
      picture.append(
        svg(context.document, "line", { class: "fl-whisker", x1: x(range[0]), x2: x(range[1]), y1: y, y2: y }),
      );
    });
    this.#figure.draw(picture, "Grey: too few objects to say much.");
  }
}

export const slicesPanel: Panel = {
  id: "slices",
  title: "Slices",
  has: ({ ledger }) => hasExtra(ledger) && extraOf(ledger).facets.length > 0,
  view: (context) => new SlicesView(context).element,
};
