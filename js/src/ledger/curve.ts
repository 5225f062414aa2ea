/** Precision, recall and F1 at every confidence, from one matching of boxes of the same class. */
import type { Ledger } from "./decode.ts";
import { type Mask, matchClasses } from "./recount.ts";

export interface Curve {
  /** Falling; at each of them the means over the classes, NaN where undefined. */
  readonly confidence: Float64Array;
  readonly precision: Float64Array;
  readonly recall: Float64Array;
  readonly f1: Float64Array;
  /** Where the mean F1 is highest; null without detections or objects. */
  readonly best: number | null;
  /** The same for each class on its own, with the F1 it has there. */
  readonly bestOfClass: readonly ({ readonly confidence: number; readonly f1: number } | null)[];
}

/** Means that differ by less are equal: the sums behind them are made in steps. */
const EQUAL = 1e-9;

/** Objects of each class that count. */
function objectsOf({ head, objects }: Ledger, mask: Mask | null): Int32Array {
  const counts = new Int32Array(head.classes.length);
  for (let row = 0; row < objects.category.length; row++) {
    const category = objects.category[row] as number;
    if (!objects.flags[row] && !mask?.objects?.[row]) counts[category] = (counts[category] as number) + 1;
  }
  return counts;
}

/** What each detection found: an object of its class (1), none (0), or it counts for nothing (2). */
function hitsOf(ledger: Ledger, partner: Int32Array, mask: Mask | null): Uint8Array {
  const hits = new Uint8Array(partner.length);
  for (let row = 0; row < hits.length; row++) {
    const object = partner[row] as number;
    if (mask?.detections?.[row] || (object >= 0 && ledger.objects.flags[object])) hits[row] = 2;
    else if (object >= 0) hits[row] = 1;
  }
  return hits;
}

const f1Of = (found: number, detections: number, objects: number) => (2 * found) / Math.max(1, detections + objects);

/** Every distinct score is tried. Of equal means the highest confidence is best, as in Python. */
export function curveOf(ledger: Ledger, iou: number, mask: Mask | null): Curve {
  const { score, category } = ledger.detections;
  const hits = hitsOf(ledger, matchClasses(ledger, { iou, mask }), mask);
  const objects = objectsOf(ledger, mask);
  const [detections, found] = [new Int32Array(objects.length), new Int32Array(objects.length)];
  let present = 0;
  for (let index = 0; index < objects.length; index++) present += objects[index] ? 1 : 0;
  const empty = () => new Float64Array(score.length);
  const [confidence, precision, recall, f1] = [empty(), empty(), empty(), empty()];
  let [points, rated, sumPrecision, sumRecall, sumF1] = [0, 0, 0, 0, 0];
  let [best, most] = [Number.NaN, -1];
  for (let row = 0; row < score.length; row++) {
    const index = category[row] as number;
    const things = objects[index] as number;
    if (hits[row] !== 2 && things > 0) {
      let [all, right] = [detections[index] as number, found[index] as number];
      if (all === 0) rated += 1;
      else sumPrecision -= right / all;
      sumF1 -= f1Of(right, all, things);
      detections[index] = ++all;
      if (hits[row]) {
        found[index] = ++right;
        sumRecall += 1 / things;
      }
      sumPrecision += right / all;
      sumF1 += f1Of(right, all, things);
    }
    const here = score[row] as number;
    if (score[row + 1] === here) continue;
    const mean = sumF1 / present;
    confidence[points] = here;
    precision[points] = sumPrecision / rated;
    recall[points] = sumRecall / present;
    f1[points++] = mean;
    if (present > 0 && mean > most + EQUAL) [best, most] = [here, mean];
  }
  let classes: Curve["bestOfClass"] | undefined;
  return {
    confidence: confidence.subarray(0, points),
    precision: precision.subarray(0, points),
    recall: recall.subarray(0, points),
    f1: f1.subarray(0, points),
    best: Number.isNaN(best) ? null : best,
    get bestOfClass() {
      classes ??= bestOfClasses(ledger, hits, objects);
      return classes;
    },
  };
}

function bestOfClasses({ detections }: Ledger, hits: Uint8Array, objects: Int32Array): Curve["bestOfClass"] {
  const { score, category } = detections;
  const counts = Array.from(objects, (things) => ({ things, all: 0, found: 0, last: Number.NaN }));
  const best: ({ confidence: number; f1: number } | null)[] = counts.map(() => null);
  /** Takes the score of the last detection of a class into account, once a lower one or the end closes it. */
  const close = (index: number) => {
    const { things, all, found, last } = counts[index] as (typeof counts)[number];
    if (Number.isNaN(last) || things === 0) return;
    const f1 = f1Of(found, all, things);
    if (f1 > (best[index]?.f1 ?? -1)) best[index] = { confidence: last, f1 };
  };
  for (let row = 0; row < hits.length; row++) {
    if (hits[row] === 2) continue;
    const index = category[row] as number;
    const own = counts[index] as (typeof counts)[number];
    if (own.last !== score[row]) close(index);
    own.last = score[row] as number;
    own.all += 1;
    own.found += hits[row] as number;
  }
  for (const index of counts.keys()) close(index);
  return best;
}
