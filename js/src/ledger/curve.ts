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

/** Running counts of one class. */
class Tally {
  detections = 0;
  found = 0;
  readonly objects: number;
  best: { confidence: number; f1: number } | null = null;

  constructor(objects: number) {
    this.objects = objects;
  }

  get precision(): number {
    return this.detections === 0 ? 0 : this.found / this.detections;
  }

  get f1(): number {
    return (2 * this.found) / Math.max(1, this.detections + this.objects);
  }
}

function tallies({ head, objects }: Ledger, mask: Mask | null): Tally[] {
  const counts = new Int32Array(head.classes.length);
  objects.category.forEach((category, row) => {
    if (!objects.flags[row] && !mask?.objects?.[row]) counts[category] = (counts[category] as number) + 1;
  });
  return Array.from(counts, (count) => new Tally(count));
}

/** Every distinct score is tried. Of equal means the highest confidence is best, as in Python. */
export function curveOf(ledger: Ledger, iou: number, mask: Mask | null): Curve {
  const { score, category } = ledger.detections;
  const partner = matchClasses(ledger, { iou, mask });
  const classes = tallies(ledger, mask);
  const present = classes.filter(({ objects }) => objects > 0).length;
  const sums = { precision: 0, recall: 0, f1: 0, rated: 0 };
  const values = Array.from({ length: 4 }, () => new Float64Array(score.length));
  let points = 0;
  let best: { confidence: number; f1: number } | null = null;
  for (let row = 0; row < score.length; row++) {
    const tally = classes[category[row] as number] as Tally;
    const object = partner[row] as number;
    const absorbed = object >= 0 && (ledger.objects.flags[object] as number) > 0;
    if (!mask?.detections?.[row] && !absorbed && tally.objects > 0) {
      sums.precision -= tally.precision;
      sums.f1 -= tally.f1;
      if (tally.detections === 0) sums.rated += 1;
      tally.detections += 1;
      if (object >= 0) {
        tally.found += 1;
        sums.recall += 1 / tally.objects;
      }
      sums.precision += tally.precision;
      sums.f1 += tally.f1;
    }
    const here = score[row] as number;
    if (score[row + 1] === here) continue;
    const means = [here, sums.precision / sums.rated, sums.recall / present, sums.f1 / present];
    for (const [field, mean] of means.entries()) (values[field] as Float64Array)[points] = mean;
    points += 1;
    if (present > 0 && sums.f1 / present > (best?.f1 ?? -1) + EQUAL) best = { confidence: here, f1: sums.f1 / present };
  }
  const pick = (field: number) => (values[field] as Float64Array).subarray(0, points);
  return {
    confidence: pick(0),
    precision: pick(1),
    recall: pick(2),
    f1: pick(3),
    best: best?.confidence ?? null,
    bestOfClass: bestOfClasses(ledger, partner, mask),
  };
}

function bestOfClasses(ledger: Ledger, partner: Int32Array, mask: Mask | null): Curve["bestOfClass"] {
  const { score, category } = ledger.detections;
  const classes = tallies(ledger, mask);
  /** The score of the last detection of each class, until a lower one closes it. */
  const open = new Map<Tally, number>();
  const close = (tally: Tally) => {
    const confidence = open.get(tally);
    if (confidence === undefined || tally.objects === 0) return;
    if (tally.f1 > (tally.best?.f1 ?? -1)) tally.best = { confidence, f1: tally.f1 };
  };
  for (let row = 0; row < score.length; row++) {
    const object = partner[row] as number;
    if (mask?.detections?.[row] || (object >= 0 && ledger.objects.flags[object])) continue;
    const tally = classes[category[row] as number] as Tally;
    if (open.get(tally) !== score[row]) close(tally);
    open.set(tally, score[row] as number);
    tally.detections += 1;
    if (object >= 0) tally.found += 1;
  }
  for (const tally of classes) close(tally);
  return classes.map(({ best }) => best);
}
