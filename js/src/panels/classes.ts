/** One row for each class. A row lights its class everywhere, and its numbers bring their boxes. */
import { listen } from "../draw/dom.ts";
import type { CellPair } from "../host/model.ts";
import { bandWords, CLASS_FIELDS, MARKS, verdictOf } from "../ledger/bands.ts";
import type { Confusion } from "../ledger/confusion.ts";
import type { Ledger } from "../ledger/decode.ts";
import { pairsOf } from "../ledger/outcome.ts";
import type { Band, ClassBand, ClassRow } from "../ledger/schema.ts";
import { className, printable, wilson } from "../ledger/words.ts";
import { frameScheduler } from "../views/canvas.ts";
import type { Context } from "../views/context.ts";
import type { Panel } from "../views/panel.ts";
import type { State } from "../views/store.ts";
import { canFilter, narrow } from "./filter.ts";
import { type APIntervals, apIntervals, endsWords, f1Ends } from "./intervals.ts";
import { leavesClasses } from "./part-ap.ts";
import { boxesButton, bring } from "./parts.ts";
import { atRest } from "./rest.ts";
import { type Column, countColumn, DataTable, endsColumn, rateColumn } from "./table.ts";

interface Row extends ClassRow {
  readonly right: number;
}

/** The rows as the boxes are counted now. Average precision is over all confidences: it follows filters alone. */
export function rowsOf(
  { head }: Pick<Ledger, "head">,
  { scores, moved, confusion, ap }: Pick<State, "scores" | "moved" | "confusion" | "ap">,
): Row[] {
  return head.per_class.map((row) => ({
    ...row,
    ...(moved ? scores.classes[row.class] : null),
    ...ap?.classes?.[row.class],
    right: confusion.count(row.class, row.class),
  }));
}

/** Cells of the objects of a class that were not called by its name, and of the detections that wrongly were. */
function errorCells(confusion: Confusion, category: number, kind: "missed" | "false"): CellPair[] {
  const axis = kind === "missed" ? "actual" : "predicted";
  return confusion.line(axis, category).filter(([actual, predicted]) => actual !== predicted);
}

/** Marks a value outside the band of its class; of a value inside, a pointer that rests on it is told the band. */
function banded(context: Context, field: ClassBand["field"], column: Column<Row>): Column<Row> {
  const told = (row: Row) => {
    const { bands } = context.store.state;
    const own = bands.find((band) => band.class === row.class && CLASS_FIELDS[band.card] === field);
    if (!own) return null;
    const band: Band = [own.low, own.high];
    const verdict = verdictOf(row[field], band) ?? "none";
    const { sign, words } = MARKS[verdict];
    const reason = own.reason ? ` (${printable(own.reason, 200)})` : "";
    return { verdict, sign, words: `${words}, ${bandWords(band)}${reason}` };
  };
  return {
    ...column,
    hint: (row) => [told(row)?.words, column.hint?.(row)].filter(Boolean).join("; "),
    node: (row) => {
      const { verdict, sign, words } = told(row) ?? {};
      return verdict === "below" || verdict === "above"
        ? context.make("span.fl-band-mark", { role: "img", "aria-label": words, "data-verdict": verdict }, ` ${sign}`)
        : null;
    },
  };
}

function columnsOf(context: Context, intervals: APIntervals): Column<Row>[] {
  const { ledger, store } = context;
  const sum = (row: Row, kind: "missed" | "false") => {
    const { confusion } = store.state;
    const all = (kind === "missed" ? confusion.rowSum : confusion.columnSum)[row.class] as number;
    return all - confusion.count(row.class, row.class);
  };
  const errors = (kind: "missed" | "false", title: string): Column<Row> => ({
    id: kind,
    title,
    value: (row) => sum(row, kind),
    text: () => "",
    node: (row) => boxesButton(context, sum(row, kind), `${title}, ${className(ledger.head.classes, row.class)}`, kind),
  });
  /** Drawn from all frames: no interval of what a filter leaves of a class. */
  const ofWhole = (field: "ap50" | "ap50_95", row: Row) => {
    const { ap, filter } = store.state;
    return ap && filter && !leavesClasses(filter) ? null : intervals.of(field, row.class);
  };
  const ends = {
    precision: (row: Row) => wilson(row.right, row.detections),
    recall: (row: Row) => wilson(row.right, row.objects),
    f1: (row: Row) => f1Ends(row.right, row.detections, row.objects),
    ap50: (row: Row) => ofWhole("ap50", row),
    ap50_95: (row: Row) => ofWhole("ap50_95", row),
  };
  /** A number with its interval over the bar and to a resting pointer, and the interval as a column to choose. */
  const sure = (id: keyof typeof ends, title: string): Column<Row>[] => {
    const column: Column<Row> = {
      ...rateColumn<Row>(id, title, (row) => row[id]),
      ends: ends[id],
      hint: (row) => `95% interval ${endsWords(ends[id](row))}`,
    };
    return [id === "f1" ? column : banded(context, id, column), endsColumn<Row>(id, title, ends[id])];
  };
  return [
    {
      id: "class",
      title: "class",
      value: (row) => row.class,
      text: (row) => className(ledger.head.classes, row.class),
    },
    countColumn("objects", "objects", (row) => row.objects),
    countColumn("detections", "detections", (row) => row.detections),
    { ...countColumn<Row>("right", "correct", (row) => row.right), extra: true },
    ...sure("precision", "precision"),
    ...sure("recall", "recall"),
    ...sure("f1", "F1"),
    ...sure("ap50", "AP50"),
    ...sure("ap50_95", "AP50-95"),
    errors("missed", "missed"),
    errors("false", "false"),
    {
      id: "only",
      title: "",
      value: () => null,
      text: () => "",
      node: (row) =>
        canFilter(context) ? context.make("button.fl-bring", { "data-only": row.class }, "only this") : null,
    },
  ];
}

/** What a click on a row does: on a number of errors its boxes come, elsewhere all errors of the class. */
function bringErrors(context: Context, event: MouseEvent): void {
  const { ledger, store } = context;
  const target = event.target as Element;
  const row = target.closest<HTMLElement>("tr[data-class]");
  if (!row) return;
  const category = Number(row.dataset.class);
  if (target.closest("[data-only]")) {
    narrow(context, { class: category });
    return;
  }
  const kind = target.closest<HTMLElement>("[data-bring]")?.dataset.bring;
  const name = className(ledger.head.classes, category);
  const { confusion } = store.state;
  store.set({ category });
  const kinds = kind === "missed" || kind === "false" ? ([kind] as const) : (["missed", "false"] as const);
  const cells = kinds.flatMap((one) => errorCells(confusion, category, one));
  const words = { missed: "missed", false: "false" };
  bring(
    context,
    `${name}: ${kinds.map((one) => words[one]).join(" and ")}`,
    pairsOf(confusion, confusion.examplesOf(cells)),
  );
}

export const classesPanel: Panel = {
  id: "classes",
  title: "Classes",
  has: ({ ledger }) => ledger.head.per_class.length > 0,
  view: (context) => {
    const { make, ledger, store, signal } = context;
    const { classes, per_class } = ledger.head;
    const intervals = apIntervals(context, () => write());
    const table = new DataTable<Row>(context, {
      title: "Per class",
      columns: columnsOf(context, intervals),
      search: (row) => className(classes, row.class),
      attributes: (row) => ({ "data-class": row.class }),
      follows: true,
      exported: (row, id) => (id === "class" ? className(classes, row.class) : undefined),
    });
    const { body } = table;
    const light = (event: Event) => {
      const row = (event.target as Element).closest<HTMLElement>("tr[data-class]");
      store.set({ category: row ? Number(row.dataset.class) : null });
    };
    const lit = ({ category }: Pick<State, "category">) => {
      body.querySelector(".fl-lit-row")?.classList.remove("fl-lit-row");
      if (category !== null) body.querySelector(`[data-class="${category}"]`)?.classList.add("fl-lit-row");
    };
    listen(body, "pointerover", light, signal);
    listen(body, "pointerleave", () => store.set({ category: null }), signal);
    listen(body, "focusin", light, signal);
    listen(body, "click", (event) => bringErrors(context, event), signal);
    const note = make("p.fl-figure-words", { role: "status" });
    const write = () => {
      table.show(rowsOf(ledger, store.state));
      lit(store.state);
      const over = store.state.moved ? "AP is over all confidences." : "";
      note.textContent = [intervals.words, over].filter(Boolean).join(" ");
    };
    // So many cells cost more than matrix, cards and gallery together: while a slider moves, those in sight follow it.
    const follow = frameScheduler(() => table.follow(rowsOf(ledger, store.state)), signal);
    const all = atRest(write, signal);
    const keep = () => {
      follow();
      all();
    };
    store.watch(["scores", "confusion", "bands", "ap"], keep, signal);
    store.watch(["category"], lit, signal);
    return make("div.fl-per-class", { "data-count": per_class.length }, table.element, note);
  },
};
