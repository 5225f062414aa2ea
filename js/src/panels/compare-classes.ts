/** The tables of a comparison that may have many rows: classes, and cells that the matrix has no room for. */
import { listen } from "../draw/dom.ts";
import { className, fraction, printable, signed } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import type { CellChange, Changes } from "./compare-data.ts";
import { cameAndWent, cellVerdict, type Show, verdict } from "./compare-tables.ts";
import { boxesButton } from "./parts.ts";
import { type Column, countColumn, DataTable } from "./table.ts";

const RATES = [
  ["precision", "precision"],
  ["recall", "recall"],
  ["f1", "F1"],
  ["ap50", "AP50"],
  ["ap50_95", "AP50-95"],
] as const;
const WAYS = ["fixed", "broken"] as const;

const coloured = ({ make }: Context, change: ReturnType<typeof verdict>, words: string) =>
  make("span.fl-model-change", { "data-change": change }, words);

/** The table, whose numbers bring what `go` says when they are clicked. */
function answered<Row>(
  { signal }: Context,
  table: DataTable<Row>,
  go: (kind: string, place: HTMLElement) => void,
): HTMLElement {
  const clicked = ({ target }: MouseEvent) => {
    const button = (target as Element).closest<HTMLElement>("[data-bring]");
    if (button) go(button.dataset.bring as string, button.closest("tr") as HTMLElement);
  };
  listen(table.body, "click", clicked, signal);
  return table.element;
}

export function classChangesView(context: Context, changes: Changes, show: Show): HTMLElement {
  const { make, ledger } = context;
  const { classes } = ledger.head;
  const { per_class: values, model, baseline } = changes.head;
  const name = (index: number) => className(classes, index);
  const counts = WAYS.map((_, change) => {
    const found = new Int32Array(classes.length);
    changes.objectChange.forEach((value, row) => {
      const own = ledger.objects.category[row] as number;
      if (value === change) found[own] = (found[own] as number) + 1;
    });
    return found;
  });
  const ways = WAYS.map((words, change): Column<number> => {
    const count = (index: number) => counts[change]?.[index] as number;
    return {
      ...countColumn(words, words, count),
      text: () => "",
      node: (index) => boxesButton(context, count(index), `${name(index)}: ${words}`, String(change)),
    };
  });
  const rates = RATES.flatMap(([field, title]): Column<number>[] => {
    const was = (index: number) => values[field]?.baseline[index] ?? null;
    const is = (index: number) => values[field]?.value[index] ?? null;
    const side = (id: string, words: string, value: (index: number) => number | null): Column<number> => ({
      id,
      title: `${title}, ${words}`,
      value,
      text: (index) => fraction(value(index)),
      extra: true,
    });
    const delta = (index: number) => {
      const [before, after] = [was(index), is(index)];
      return before === null || after === null ? null : after - before;
    };
    return [
      side(`${field}_baseline`, "baseline", was),
      side(field, "model", is),
      {
        id: `${field}_delta`,
        title,
        value: delta,
        text: () => "",
        node: (index) => coloured(context, verdict(delta(index)), signed(delta(index))),
        hint: (index) => `${fraction(was(index))} → ${fraction(is(index))}`,
      },
    ];
  });
  const table = new DataTable<number>(context, {
    title: "Change per class",
    columns: [{ id: "class", title: "class", value: name }, ...ways, ...rates],
    search: name,
    attributes: (index) => ({ "data-class": index }),
  });
  table.show([...classes.keys()]);
  return make(
    "section.fl-change-classes",
    {},
    make("h2.fl-heading", {}, `Change per class: ${printable(model, 40)} minus ${printable(baseline, 40)}`),
    answered(context, table, (kind, { dataset }) => {
      const [change, category] = [Number(kind), Number(dataset.class)];
      show({ title: `${name(category)}: ${WAYS[change]}`, changes: changes.objects(change, category) });
    }),
  );
}

/** Every cell that changed, the largest change first: with many classes most stand outside the matrix. */
export function cellChangesView(context: Context, changes: Changes, show: Show): HTMLElement {
  const { make, ledger } = context;
  const name = (index: number) => className(ledger.head.classes, index);
  const deltaOf = ({ was, is }: CellChange) => is - was;
  const cells = changes.cells.filter((cell) => deltaOf(cell) !== 0);
  const size = (cell: CellChange) => Math.abs(deltaOf(cell));
  cells.sort((one, other) => size(other) - size(one));
  const words = ({ actual, predicted }: CellChange) => `actual ${name(actual)}, predicted ${name(predicted)}`;
  const table = new DataTable<CellChange>(context, {
    title: "Cells that changed",
    columns: [
      { id: "class", title: "actual", value: ({ actual }) => name(actual) },
      { id: "predicted", title: "predicted", value: ({ predicted }) => name(predicted) },
      countColumn("baseline", "baseline", ({ was }) => was),
      countColumn("model", "model", ({ is }) => is),
      {
        id: "change",
        title: "change",
        value: deltaOf,
        text: () => "",
        node: (cell) =>
          make(
            "button.fl-bring.fl-model-change",
            { "data-change": cellVerdict(cell), "data-bring": "", "aria-label": `${words(cell)}: ${deltaOf(cell)}` },
            signed(deltaOf(cell), 0),
          ),
      },
    ],
    search: words,
    attributes: ({ actual, predicted }) => ({ "data-pair": `${actual},${predicted}` }),
  });
  table.show(cells);
  return make(
    "section.fl-change-list",
    {},
    make("h2.fl-heading", {}, "Cells that changed most"),
    answered(context, table, (_, { dataset }) => {
      const [actual, predicted] = (dataset.pair as string).split(",").map(Number) as [number, number];
      show(cameAndWent(changes, actual, predicted));
    }),
  );
}
