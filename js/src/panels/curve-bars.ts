/** The pictures with bars among the curves: IoU of the pairs, scores of right and wrong, calibration. */
import { pairsOf } from "../ledger/outcome.ts";
import { fraction, integer } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import { floorOf } from "./counting.ts";
import { boxesOf, calibrate, type Histogram, iouHistogram, type Judged, scoreHistogram } from "./figures.ts";
import type { Table } from "./files.ts";
import { bring, type Figure } from "./parts.ts";
import { bar, histogram, line, picker, plotAxes, takeRanges } from "./plot.ts";

/** What a picture is about: one class, or all (null), and its name for headings. */
export interface Subject {
  readonly context: Context;
  readonly category: number | null;
  readonly name: string;
}

const IOU_BINS = 20;
const BINS = 10;
const RANGE = "Drag, or Shift and a second bar: a range.";

const keyOf = (series: readonly { readonly name: string; readonly kind: string }[]) =>
  series.map(({ name, kind }) => [name, kind] as const);

/** How many boxes of each series stand in each bin. */
function binsTable(name: string, series: readonly string[], { edges, rows }: Histogram): Table {
  return {
    columns: [`${name}_from`, `${name}_to`, ...series],
    rows: edges.slice(1).map((to, bin) => [edges[bin] as number, to, ...rows.map((own) => own[bin]?.length ?? 0)]),
  };
}

export function drawIou({ context, category, name }: Subject, figure: Figure): void {
  const { confusion, point } = context.store.state;
  const found = iouHistogram(context.ledger, confusion, IOU_BINS, category);
  const series = ["correct", "wrong class"].map((words, at) => ({
    name: words,
    kind: `fl-line-${at}`,
    rows: found.rows[at] ?? [],
  }));
  const pick = (some: readonly number[], words: string) =>
    bring(context, `${name}: IoU, ${words}`, pairsOf(confusion, Int32Array.from(some)));
  const plot = histogram(context, { xTitle: "IoU", yTitle: "pairs" }, found.edges, series, pick);
  figure.table = () => binsTable("iou", ["true_positive", "confused"], found);
  figure.draw(plot.picture, `Pairs of the matrix at IoU ${point.iou.toFixed(2)}. ${RANGE}`, keyOf(series));
}

export function drawScores(
  { context, category, name }: Subject,
  figure: Figure,
  judged: Judged,
  bins: readonly number[],
): void {
  const { ledger, store } = context;
  const found = scoreHistogram(ledger, judged, bins, category);
  const names = ["right", "wrong", "ignored"];
  const series = names.map((words, at) => ({
    name: words,
    kind: `fl-line-${at === 2 ? 6 : at}`,
    rows: found.rows[at] ?? [],
  }));
  const pick = (some: readonly number[], words: string) =>
    bring(context, `${name}: score, ${words}`, boxesOf(judged, some));
  const plot = histogram(context, { xTitle: "score", yTitle: "detections" }, bins, series, pick);
  figure.table = () => binsTable("score", names, found);
  const below = ledger.head.recount?.below ?? 0;
  const missing =
    below > 0 ? ` ${integer(below)} detections under ${floorOf(ledger)?.toPrecision(3)} are not on this page.` : "";
  const iou = store.state.point.iou.toFixed(2);
  figure.draw(
    plot.picture,
    `All detections, also under the confidence, at IoU ${iou}.${missing} ${RANGE}`,
    keyOf(series),
  );
}

export function drawCalibration({ context, category, name }: Subject, figure: Figure, judged: Judged): void {
  const { edges, bins, ece, mce } = calibrate(context.ledger, judged, { bins: BINS, category });
  const axes = { xTitle: "confidence", yTitle: "share that is right" };
  const plot = plotAxes(context, { x: [0, 1], y: [0, 1], ...axes });
  const wordsOf = (from: number, to: number, all: number, right: number) =>
    `confidence ${edges[from]} to ${edges[to + 1]}: ${integer(all)} detections, ${integer(right)} right`;
  const take = (from: number, to: number) => {
    const some = bins.slice(from, to + 1);
    const rows = some.flatMap((one) => one.rows);
    const right = some.reduce((sum, one) => sum + one.right, 0);
    bring(context, `${name}: ${wordsOf(from, to, rows.length, right)}`, boxesOf(judged, rows));
  };
  takeRanges(plot, edges, take);
  const picked = picker(take);
  bins.forEach(({ rows, right, precision, confidence }, at) => {
    if (precision === null || confidence === null) return;
    const [low, high] = [edges[at] as number, edges[at + 1] as number];
    const rates = `mean confidence ${fraction(confidence)}, precision ${fraction(precision)}`;
    const words = `${wordsOf(at, at, rows.length, right)}, ${rates}`;
    const x = plot.x(low) + 1;
    // A bin whose detections are all wrong still has to be reached.
    const height = Math.max(2, plot.y(0) - plot.y(precision));
    const box = { x, y: plot.y(0) - height, width: plot.x(high) - x - 1, height };
    const data = { "data-bin": at, "data-right": right };
    const pick = (extend: boolean) => picked(at, extend);
    plot.picture.append(bar(context, box, { count: rows.length, words, kind: "fl-line-0", data, pick }));
  });
  const ideal = [[0, 0] as const, [1, 1] as const];
  plot.picture.append(line(context, plot, ideal, "fl-ideal"));
  figure.table = () => ({
    columns: ["confidence_from", "confidence_to", "detections", "true_positives", "confidence", "precision"],
    rows: bins.map(({ rows, right, confidence, precision }, at) => [
      edges[at] as number,
      edges[at + 1] as number,
      rows.length,
      right,
      confidence,
      precision,
    ]),
  });
  const errors = `Expected calibration error ${fraction(ece)}, largest gap ${fraction(mce)}.`;
  const words = `${errors} On the dashed line the confidence means what it says. ${RANGE}`;
  figure.draw(plot.picture, ece === null ? "Undefined: no detections, or scores outside 0 to 1." : words);
  figure.element.dataset.ece = ece === null ? "" : String(ece);
}
