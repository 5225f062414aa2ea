/** Curves and histograms over confidence and IoU, counted from the boxes. Pure numbers, no document. */
import type { Confusion } from "../ledger/confusion.ts";
import type { Ledger } from "../ledger/decode.ts";
import type { Pairs as Boxes } from "../ledger/outcome.ts";
import { type Mask, matchClasses } from "../ledger/recount.ts";
import { divide } from "../ledger/scores.ts";

/** What each detection is worth at one IoU, whatever the confidence: a match depends on no lower score. */
export interface Judged {
  /** Object that was found, -1 for none. */
  readonly found: Int32Array;
  /** 1: counts; 0: left out by the filter or taken by a crowd region or an ignored object. */
  readonly counted: Uint8Array;
  /** 1: taken by a crowd region or an ignored object. */
  readonly ignored: Uint8Array;
  /** Objects of each class that count. */
  readonly objects: Float64Array;
}

/** Judges all detections by the rule of matching (same class, highest score first). */
export function judge(ledger: Ledger, iou: number, mask: Mask | null): Judged {
  const { flags, category } = ledger.objects;
  const found = matchClasses(ledger, { iou, mask }).slice();
  const counted = new Uint8Array(found.length);
  const ignored = new Uint8Array(found.length);
  for (let row = 0; row < found.length; row++) {
    if (mask?.detections?.[row]) continue;
    const taken = Number((flags[found[row] as number] ?? 0) > 0);
    ignored[row] = taken;
    counted[row] = 1 - taken;
    if (taken) found[row] = -1;
  }
  const objects = new Float64Array(ledger.head.classes.length);
  category.forEach((own, row) => {
    if (!flags[row] && !mask?.objects?.[row]) objects[own] = (objects[own] as number) + 1;
  });
  return { found, counted, ignored, objects };
}

/** Detections that a list holds, each with the object that it found. */
export function boxesOf({ found }: Judged, rows: readonly number[]): Boxes {
  return { object: Int32Array.from(rows, (row) => found[row] as number), detection: Int32Array.from(rows) };
}

/** Counts at one confidence. Rates are null where undefined; of all classes: means over those with objects. */
export interface CurvePoint {
  readonly confidence: number;
  readonly detections: number;
  readonly right: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
}

/** A mean over classes that follows one class at a time. */
class Mean {
  #sum = 0;
  #count = 0;
  readonly #parts: Float64Array;

  constructor(parts: Float64Array) {
    this.#parts = parts;
    for (const part of parts) if (!Number.isNaN(part)) this.#count += 1;
  }

  put(index: number, value: number): void {
    const before = this.#parts[index] as number;
    if (Number.isNaN(before)) this.#count += 1;
    else this.#sum -= before;
    this.#sum += value;
    this.#parts[index] = value;
  }

  get value(): number | null {
    return this.#count === 0 ? null : this.#sum / this.#count;
  }
}

/** Rates of one class, or means over the classes with objects, while detections are added by falling score. */
class Running {
  detections = 0;
  right = 0;
  readonly #objects: Float64Array;
  readonly #only: number | null;
  readonly #own: Float64Array;
  readonly #hits: Float64Array;
  readonly #precision: Mean;
  readonly #recall: Mean;
  readonly #f1: Mean;

  constructor(objects: Float64Array, only: number | null) {
    this.#objects = objects;
    this.#only = only;
    this.#own = new Float64Array(objects.length);
    this.#hits = new Float64Array(objects.length);
    const found = () => objects.map((all) => (all > 0 ? 0 : Number.NaN));
    this.#precision = new Mean(new Float64Array(objects.length).fill(Number.NaN));
    this.#recall = new Mean(found());
    this.#f1 = new Mean(found());
  }

  add(category: number, hit: boolean): void {
    this.detections += 1;
    if (hit) this.right += 1;
    const all = this.#objects[category] as number;
    if (this.#only !== null || all === 0) return;
    const own = (this.#own[category] as number) + 1;
    const hits = (this.#hits[category] as number) + Number(hit);
    this.#own[category] = own;
    this.#hits[category] = hits;
    this.#precision.put(category, hits / own);
    this.#recall.put(category, hits / all);
    this.#f1.put(category, (2 * hits) / (own + all));
  }

  point(confidence: number): CurvePoint {
    const { detections, right } = this;
    const base = { confidence, detections, right };
    if (this.#only === null) {
      return { ...base, precision: this.#precision.value, recall: this.#recall.value, f1: this.#f1.value };
    }
    const all = this.#objects[this.#only] as number;
    return {
      ...base,
      precision: divide(right, detections),
      recall: divide(right, all),
      f1: divide(2 * right, detections + all),
    };
  }
}

/** One point for each score of the detections, highest first. `category` null: all classes. */
export function confidenceCurve({ detections }: Ledger, judged: Judged, category: number | null): CurvePoint[] {
  const { found, counted, objects } = judged;
  const running = new Running(objects, category);
  const points: CurvePoint[] = [];
  let score = Number.NaN;
  for (let row = 0; row < counted.length; row++) {
    if (!counted[row] || (category !== null && detections.category[row] !== category)) continue;
    const own = detections.score[row] as number;
    if (running.detections > 0 && own !== score) points.push(running.point(score));
    score = own;
    running.add(detections.category[row] as number, (found[row] as number) >= 0);
  }
  if (running.detections > 0) points.push(running.point(score));
  return points;
}

/** The point that holds at a confidence: that of the lowest score at or over it. */
export function pointAt(points: readonly CurvePoint[], confidence: number): CurvePoint | null {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle] as CurvePoint).confidence >= confidence) low = middle + 1;
    else high = middle;
  }
  return points[low - 1] ?? null;
}

/** At most about `most` of many points, ends among them. */
export function thin<T>(points: readonly T[], most = 400): T[] {
  const step = Math.max(1, (points.length - 1) / (most - 1));
  const picked: T[] = [];
  for (let at = 0; at < points.length - 0.5; at += step) picked.push(points[Math.round(at)] as T);
  const last = points.at(-1);
  if (last !== undefined && picked.at(-1) !== last) picked.push(last);
  return picked;
}

/** Place of a value between edges; the last bin holds its upper edge too. -1 outside. */
export function binOf(edges: readonly number[], value: number): number {
  const last = edges.length - 1;
  if (!(value >= (edges[0] as number) && value <= (edges[last] as number))) return -1;
  let [low, high] = [0, last];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((edges[middle] as number) <= value) low = middle;
    else high = middle;
  }
  return low;
}

/** `count` equal bins from 0 to 1. */
function unitEdges(count: number): number[] {
  return Array.from({ length: count + 1 }, (_, index) => index / count);
}

/** Rows in bins: `rows[series][bin]`. */
export interface Histogram {
  readonly edges: readonly number[];
  readonly rows: readonly (readonly number[])[][];
}

function emptyBins(series: number, bins: number): number[][][] {
  return Array.from({ length: series }, () => Array.from({ length: bins }, () => []));
}

/** Detections by score: right, wrong, ignored. */
export function scoreHistogram(
  { detections }: Ledger,
  { found, counted, ignored }: Judged,
  edges: readonly number[],
  category: number | null,
): Histogram {
  const rows = emptyBins(3, edges.length - 1);
  for (let row = 0; row < counted.length; row++) {
    if (category !== null && detections.category[row] !== category) continue;
    const series = counted[row] ? ((found[row] as number) >= 0 ? 0 : 1) : ignored[row] ? 2 : -1;
    const bin = binOf(edges, detections.score[row] as number);
    if (series >= 0 && bin >= 0) rows[series]?.[bin]?.push(row);
  }
  return { edges, rows };
}

/** Lower bound of a pair's IoU as Python decided it, in steps; the IoU of the boxes where no step tells. */
function iouOf({ head, pairs }: Ledger, detection: number, object: number, own: number): number {
  const steps = head.recount?.steps ?? [];
  if (!pairs) return own;
  for (let pair = pairs.start[detection] as number; pair < (pairs.start[detection + 1] as number); pair++) {
    if (pairs.object[pair] !== object) continue;
    const step = steps[pairs.level[pair] as number] as number;
    return own >= step && own < step + 0.01 ? own : step;
  }
  return own;
}

/** Pairs of the matrix by IoU: rows of `confusion.examples`, true positives and confused ones. */
export function iouHistogram(ledger: Ledger, confusion: Confusion, bins: number, category: number | null): Histogram {
  const edges = unitEdges(bins);
  const rows = emptyBins(2, bins);
  const { cells, examples, background } = confusion;
  for (let cell = 0; cell < confusion.length; cell++) {
    const [actual, predicted] = [cells.actual[cell] as number, cells.predicted[cell] as number];
    if (actual === background || predicted === background || (category !== null && predicted !== category)) continue;
    for (let row = cells.start[cell] as number; row < (cells.start[cell + 1] as number); row++) {
      const [object, detection] = [examples.object[row] as number, examples.detection[row] as number];
      const iou = iouOf(ledger, detection, object, examples.iou[row] as number);
      rows[actual === predicted ? 0 : 1]?.[binOf(edges, Math.min(iou, 1))]?.push(row);
    }
  }
  return { edges, rows };
}

interface CalibrationBin {
  readonly rows: readonly number[];
  readonly right: number;
  /** Mean score and share of right ones, null for an empty bin. */
  readonly confidence: number | null;
  readonly precision: number | null;
}

interface Calibration {
  readonly edges: readonly number[];
  readonly bins: readonly CalibrationBin[];
  /** Expected and maximal calibration error; null without detections or with a score outside 0 to 1. */
  readonly ece: number | null;
  readonly mce: number | null;
}

/** Compares score and precision of all detections, by bins of equal width. */
export function calibrate(
  { detections }: Ledger,
  { found, counted }: Judged,
  { bins, category }: { bins: number; category: number | null },
): Calibration {
  const edges = unitEdges(bins);
  const rows: number[][] = Array.from({ length: bins }, () => []);
  let [total, outside] = [0, 0];
  for (let row = 0; row < counted.length; row++) {
    const score = detections.score[row] as number;
    if (!counted[row] || (category !== null && detections.category[row] !== category)) continue;
    total += 1;
    const bin = binOf(edges, score);
    if (bin < 0) outside += 1;
    else rows[bin]?.push(row);
  }
  const filled = rows.map((own): CalibrationBin => {
    const right = own.filter((row) => (found[row] as number) >= 0).length;
    const sum = own.reduce((before, row) => before + (detections.score[row] as number), 0);
    return { rows: own, right, confidence: divide(sum, own.length), precision: divide(right, own.length) };
  });
  if (total === 0 || outside > 0) return { edges, bins: filled, ece: null, mce: null };
  let [ece, mce] = [0, 0];
  for (const { rows: own, confidence: mean, precision } of filled) {
    if (mean === null || precision === null) continue;
    const gap = Math.abs(precision - mean);
    ece += (gap * own.length) / total;
    mce = Math.max(mce, gap);
  }
  return { edges, bins: filled, ece, mce };
}
