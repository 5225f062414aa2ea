/** What is drawn beside the curves: best epoch, epoch of the matrix, patience, early stop, and signals by number. */
import { svg } from "../draw/dom.ts";
import type { History, Signal } from "../ledger/schema.ts";
import type { ChartLayout } from "./chart-geometry.ts";
import type { Group } from "./chart-lines.ts";

/** Signals that have a stretch or a place; what is said of the whole run has words only. */
const PLACED: ReadonlySet<string> = new Set(["plateau", "rising", "divergence", "drop", "spike", "flat_near_zero"]);
const MOST = 12;

interface Numbered {
  readonly signal: Signal;
  /** From 1 where it is drawn, else 0. */
  readonly number: number;
}

/** The signals with the numbers that stand at their marks; at most 12 are drawn, the clearest. */
export function numbered(history: History): readonly Numbered[] {
  const signals = history.signals ?? [];
  const drawn = signals
    .filter(({ kind }) => PLACED.has(kind))
    .sort((one, other) => other.strength - one.strength)
    .slice(0, MOST);
  let next = 0;
  return signals.map((signal) => ({ signal, number: drawn.includes(signal) ? ++next : 0 }));
}

function groupOfSignal({ series }: Signal): Group {
  return /^(train|val)\//.test(series) ? "loss" : "metric";
}

interface Drawing {
  readonly document: Document;
  readonly layout: ChartLayout;
}

function inSight({ layout }: Drawing, epoch: number): number {
  const { left, right, x } = layout;
  return Math.min(right, Math.max(left, x(epoch)));
}

function upright(drawing: Drawing, epoch: number, name: string, words: string, line: number): SVGGElement {
  const { document, layout } = drawing;
  const { x, top, bottom, right } = layout;
  const end = x(epoch) > right - 90;
  const text = { x: x(epoch) + (end ? -4 : 4), y: top - 6 + 12 * line, "text-anchor": end ? "end" : "start" };
  return svg(
    document,
    "g",
    { class: `fl-mark ${name}`, "data-epoch": epoch },
    svg(document, "line", { x1: x(epoch), x2: x(epoch), y1: top, y2: bottom }),
    svg(document, "text", text, words),
  );
}

/** Upright lines at the best epoch and at the epoch whose detections are in the matrix. */
function epochMarks(drawing: Drawing, { best_epoch: best, matrix_epoch: matrix }: History): SVGGElement[] {
  if (typeof best === "number" && best === matrix)
    return [upright(drawing, best, "fl-best", `best ${best}, matrix`, 0)];
  const marks = [];
  if (typeof best === "number") marks.push(upright(drawing, best, "fl-best", `best ${best}`, 0));
  if (typeof matrix === "number") marks.push(upright(drawing, matrix, "fl-matrix-epoch", `matrix ${matrix}`, 1));
  return marks;
}

/** The epochs without a better one that the trainer waited for, and where it gave up. */
function patienceMarks(drawing: Drawing, history: History): SVGElement[] {
  const { best_epoch: best, patience, stopped_early: stopped, epochs } = history;
  const { document, layout } = drawing;
  const marks: SVGElement[] = [];
  if (typeof best === "number" && typeof patience === "number" && patience > 0) {
    const [from, to] = [inSight(drawing, best), inSight(drawing, best + patience)];
    const box = { x: from, y: layout.top, width: Math.max(0, to - from), height: layout.bottom - layout.top };
    const words = `patience ${patience}: epochs ${best} to ${best + patience}`;
    marks.push(svg(document, "rect", { class: "fl-patience", ...box }, svg(document, "title", {}, words)));
  }
  const last = epochs.at(-1);
  if (stopped && last !== undefined) marks.push(upright(drawing, last, "fl-stopped", `stopped ${last}`, 2));
  return marks;
}

/** A bar over the epochs of each signal, with its number, in rows so that none hides another. */
function signalMarks(drawing: Drawing, signals: readonly Numbered[]): SVGGElement[] {
  const { document, layout } = drawing;
  const rows: number[] = [];
  return signals.map(({ signal, number }) => {
    const [from, to] = [inSight(drawing, signal.start_epoch), inSight(drawing, signal.end_epoch)];
    const [left, right] = [from - 2, Math.max(to, from) + 2];
    let row = rows.findIndex((end) => end + 14 < left);
    if (row < 0) row = rows.push(0) - 1;
    rows[row] = right;
    const y = layout.bottom - 4 - 11 * row;
    return svg(
      document,
      "g",
      { class: "fl-signal-mark", "data-kind": signal.kind, "data-number": number },
      svg(document, "title", {}, signal.text),
      svg(document, "rect", { x: left, y: y - 2, width: right - left, height: 3, rx: 1 }),
      svg(document, "text", { x: Math.max(left, layout.left + 2), y: y - 4 }, String(number)),
    );
  });
}

export function marksView(document: Document, layout: ChartLayout, history: History, group: Group): SVGGElement {
  const drawing = { document, layout };
  const mine = numbered(history).filter(({ signal, number }) => number > 0 && groupOfSignal(signal) === group);
  const inChart = group === "metric" || group === "loss";
  return svg(
    document,
    "g",
    {},
    ...(inChart ? patienceMarks(drawing, history) : []),
    ...epochMarks(drawing, history),
    ...signalMarks(drawing, mine),
  );
}
