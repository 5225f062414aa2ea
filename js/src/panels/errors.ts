/** What kind of errors there are, and how much average precision each kind costs. */
import { listen } from "../draw/dom.ts";
import type { Pairs as Boxes } from "../ledger/outcome.ts";
import type { ErrorType } from "../ledger/schema.ts";
import { className, fraction, integer, signed } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import type { Panel } from "../views/panel.ts";
import { type Extra, extraOf, hasExtra } from "./extra.ts";
import { boxesButton, bring, chosenClass, classChoice, Figure, watchShown } from "./parts.ts";
import { namedBars, WIDTH } from "./plot.ts";
import { countColumn, DataTable, rateColumn } from "./table.ts";
import { errorBoxes } from "./tallies.ts";

interface Row {
  readonly at: number;
  readonly type: ErrorType;
  readonly dap: number | null;
  readonly boxes: Boxes;
}

/** Where the bars begin. */
const NAMES = 96;

/** AP gained in one class (null: in the mean) if errors of type `at` were mended. */
function gainOf({ errors, errorGain }: Extra, classes: number, at: number, category: number | null): number | null {
  if (category === null) return errors[at]?.dap ?? null;
  const gain = errorGain[at * classes + category] as number;
  return Number.isNaN(gain) ? null : gain;
}

class Errors {
  readonly element: HTMLElement;
  readonly #context: Context;
  readonly #extra: Extra;
  readonly #category: HTMLSelectElement;
  readonly #scope: HTMLSelectElement;
  readonly #figure: Figure;
  readonly #table: DataTable<Row>;
  #rows: Row[] = [];

  constructor(context: Context) {
    const { make, ledger, signal } = context;
    this.#context = context;
    this.#extra = extraOf(ledger);
    this.#category = classChoice(context, "all classes");
    this.#scope = make(
      "select.fl-button",
      {},
      make("option", { value: "all" }, "of every confidence"),
      make("option", { value: "over" }, "over the confidence"),
    );
    this.#figure = new Figure(context, "errors", "What mending each kind would gain");
    this.#table = new DataTable<Row>(context, {
      title: "Error types",
      columns: [
        { id: "type", title: "type", value: ({ type }) => type.id },
        {
          ...countColumn<Row>("count", "boxes", ({ boxes }) => boxes.object.length),
          text: () => "",
          node: ({ boxes, type }) => boxesButton(context, boxes.object.length, type.id, "error"),
        },
        rateColumn<Row>("dap", "gain in AP", ({ dap }) => dap),
        { id: "meaning", title: "what it is", value: ({ type }) => type.meaning },
      ],
      attributes: ({ at, type }) => ({ "data-type": type.id, "data-at": at }),
    });
    this.#figure.table = () => this.#table.table;
    this.element = make(
      "div.fl-errors",
      {},
      make(
        "div.fl-controls",
        {},
        make("label.fl-choice", {}, "Class ", this.#category),
        make("label.fl-choice", {}, "Boxes ", this.#scope),
      ),
      this.#figure.element,
      this.#table.element,
    );
    for (const select of [this.#category, this.#scope]) listen(select, "change", () => this.#draw(), signal);
    listen(this.#table.body, "click", (event) => this.#clicked(event), signal);
    watchShown(context, this.element, ["filter", "point", "perClass"], () => this.#draw());
  }

  #clicked(event: MouseEvent): void {
    const at = (event.target as Element).closest<HTMLElement>("tr[data-at]")?.dataset.at;
    const row = this.#rows.find((known) => known.at === Number(at));
    if (row) this.#bring(row);
  }

  #bring({ type, boxes }: Row): void {
    const { classes } = this.#context.ledger.head;
    const category = chosenClass(this.#category);
    const name = category === null ? "" : `${className(classes, category)}: `;
    bring(this.#context, `${name}${type.id}, ${type.meaning}`, boxes);
  }

  #draw(): void {
    const { ledger, store } = this.#context;
    const { point, perClass, filter } = store.state;
    const over = this.#scope.value === "over";
    const category = chosenClass(this.#category);
    const of = errorBoxes(ledger, this.#extra, {
      confidence: over ? point.confidence : null,
      perClass: over ? perClass : null,
      category,
      mask: filter?.mask ?? null,
    });
    this.#rows = this.#extra.errors.map((type, at) => ({
      at,
      type,
      // A gain is one of the whole data; of a part it would have to be computed anew.
      dap: filter ? null : gainOf(this.#extra, ledger.head.classes.length, at, category),
      boxes: of[at] as Boxes,
    }));
    this.#table.show(this.#rows);
    this.#drawBars();
  }

  #drawBars(): void {
    const context = this.#context;
    const { ledger, store } = context;
    const top = Math.max(0.01, ...this.#rows.map(({ dap }) => dap ?? 0));
    const bars = this.#rows.map((row, at) => {
      const { type, dap } = row;
      const count = row.boxes.object.length;
      return {
        name: type.id,
        width: (Math.max(0, dap ?? 0) * (WIDTH - NAMES - 90)) / top,
        after: `${signed(dap)} · ${integer(count)}`,
        count,
        words: `${type.id}: ${integer(count)} boxes, gain ${fraction(dap)}`,
        kind: at < 6 ? "fl-line-1" : "fl-line-6",
        data: { "data-type": type.id },
        pick: () => this.#bring(row),
      };
    });
    const { iou } = ledger.head.operating_point;
    const part = store.state.filter ? " For a part of the data the gain is not computed." : "";
    this.#figure.draw(
      namedBars(context, NAMES, bars),
      `AP ${fraction(this.#extra.ap)} at IoU ${iou.toFixed(2)}; each kind mended alone (TIDE), so the gains do not add up. The number after it: boxes.${part}`,
    );
  }
}

export const errorsPanel: Panel = {
  id: "errors",
  title: "Errors",
  has: ({ ledger }) => hasExtra(ledger) && ledger.pairs !== null,
  view: (context) => new Errors(context).element,
};
