/**
 * COCO's average precision of what is left of the boxes, as `metrics/coco.py` counts it.
 *
 * Which pair passes an IoU was decided by Python, and Python says (`head.recount.average_precision`) where that is all
 * that it takes; so both sides find the same true positives, and the rest is a sum.
 */
import { CROWD, type Ledger, type Pairs } from "./decode.ts";
import type { Mask } from "./recount.ts";

interface ClassAP {
  readonly ap50: number | null;
  readonly ap50_95: number | null;
}

/** Average precision of a part of the data. */
export interface PartAP {
  readonly map50: number | null;
  readonly map50_95: number | null;
  /** One for each class; null where only the means are known. */
  readonly classes: readonly ClassAP[] | null;
}

const IOUS = Array.from({ length: 10 }, (_, step) => (50 + 5 * step) / 100);
const RECALLS = Array.from({ length: 101 }, (_, step) => (step < 100 ? step * 0.01 : 1));
/** Detections looked at per frame and class. */
const LIMIT = 100;

/** Whether average precision of a part can be counted here: all detections are, and nothing else is needed. */
export function canCountAP({ head, pairs }: Pick<Ledger, "head" | "pairs">): boolean {
  return pairs !== null && head.recount?.average_precision === true && head.recount.below === 0;
}

interface Choices {
  /** Where those of each detection begin. */
  readonly start: readonly number[];
  /** Rows of pairs. */
  readonly pair: readonly number[];
}

/** Per detection the pairs with objects of its class, preferred ones first: crowd regions last, then by falling IoU. */
function choicesOf({ objects, detections }: Ledger, { start, object, order }: Pairs): Choices {
  const place = new Int32Array(order.length);
  order.forEach((pair, at) => {
    place[pair] = at + order.length * ((objects.flags[object[pair] as number] as number) & CROWD);
  });
  const made = { start: [0], pair: [] as number[] };
  detections.category.forEach((own, row) => {
    const some: number[] = [];
    for (let pair = start[row] as number; pair < (start[row + 1] as number); pair++) {
      if (objects.category[object[pair] as number] === own) some.push(pair);
    }
    made.pair.push(...some.sort((one, other) => (place[one] as number) - (place[other] as number)));
    made.start.push(made.pair.length);
  });
  return made;
}

/** Detections that take part: 1 in the row of each that is not left out and among the first of its frame and class. */
function firstOnes({ detections, head }: Ledger, out: Uint8Array | null | undefined): Uint8Array {
  const { frame, category } = detections;
  const seen = new Map<number, number>();
  return Uint8Array.from(frame, (own, row) => {
    if (out?.[row]) return 0;
    const group = own * head.classes.length + (category[row] as number);
    const before = seen.get(group) ?? 0;
    seen.set(group, before + 1);
    return Number(before < LIMIT);
  });
}

/** The best precision at or beyond each recall level, from that of the true positives by falling score. */
function interpolate(precision: Float64Array, total: number): Float64Array {
  for (let at = precision.length - 2; at >= 0; at--) {
    precision[at] = Math.max(precision[at] as number, precision[at + 1] as number);
  }
  let at = 0;
  return Float64Array.from(RECALLS, (recall) => {
    while (at < precision.length && (at + 1) / total < recall) at += 1;
    return precision[at] ?? 0;
  });
}

/** The interpolated precision of every class at one IoU, null for a class without objects. */
function atLevel(ledger: Ledger, choices: Choices, part: Uint8Array, objects: Objects, least: number) {
  const { start, pair } = choices;
  const { object, level } = ledger.pairs as Pairs;
  const { category } = ledger.detections;
  const { flags } = ledger.objects;
  const taken = objects.out.slice();
  const found = new Int32Array(objects.total.length);
  const seen = new Int32Array(objects.total.length);
  const precision = new Float64Array(objects.out.length);
  for (let row = 0; row < part.length; row++) {
    if (!part[row]) continue;
    const own = category[row] as number;
    const end = start[row + 1] as number;
    let choice = start[row] as number;
    let thing = -1;
    for (; thing < 0 && choice < end; choice++) {
      const row = pair[choice] as number;
      if ((level[row] as number) >= least && !taken[object[row] as number]) thing = object[row] as number;
    }
    if (thing >= 0 && (flags[thing] as number) & CROWD) continue;
    const count = (seen[own] as number) + 1;
    seen[own] = count;
    if (thing < 0) continue;
    taken[thing] = 1;
    const hits = (found[own] as number) + 1;
    found[own] = hits;
    precision[(objects.first[own] as number) + hits - 1] = hits / (count + Number.EPSILON);
  }
  return Array.from(objects.total, (total, own) => {
    const first = objects.first[own] as number;
    return total > 0 ? interpolate(precision.subarray(first, first + (found[own] as number)), total) : null;
  });
}

interface Objects {
  /** Those left out; a class's objects that count, and where its true positives are noted. */
  readonly out: Uint8Array;
  readonly total: Int32Array;
  readonly first: Int32Array;
}

function objectsOf({ objects, head }: Ledger, out: Uint8Array | null | undefined): Objects {
  const total = new Int32Array(head.classes.length);
  objects.category.forEach((own, row) => {
    if (!out?.[row] && !((objects.flags[row] as number) & CROWD)) total[own] = (total[own] as number) + 1;
  });
  const first = new Int32Array(total.length);
  for (let own = 1; own < first.length; own++) first[own] = (first[own - 1] as number) + (total[own - 1] as number);
  return { out: out ?? new Uint8Array(objects.frame.length), total, first };
}

function mean(values: readonly (number | null | undefined)[]): number | null {
  const defined = values.filter((value) => typeof value === "number");
  return defined.length > 0 ? defined.reduce((sum, value) => sum + value, 0) / defined.length : null;
}

/** Means over the classes that have objects. */
export function meansOf(classes: readonly ClassAP[]): PartAP {
  return {
    map50: mean(classes.map(({ ap50 }) => ap50)),
    map50_95: mean(classes.map(({ ap50_95 }) => ap50_95)),
    classes,
  };
}

type Levels = readonly (readonly (Float64Array | null)[])[];

/** A slider and a chart ask many times for one part. */
const known = new WeakMap<Mask, Levels>();

/** Interpolated precision of all classes without the boxes of a mask, at each of the ten IoUs. */
function levelsOf(ledger: Ledger, mask: Mask): Levels {
  const found = known.get(mask);
  if (found) return found;
  const choices = choicesOf(ledger, ledger.pairs as Pairs);
  const steps = ledger.head.recount?.steps ?? [];
  const part = firstOnes(ledger, mask.detections);
  const objects = objectsOf(ledger, mask.objects);
  const made = IOUS.map((iou) => atLevel(ledger, choices, part, objects, steps.indexOf(iou)));
  known.set(mask, made);
  return made;
}

/** Average precision without the boxes of a mask; to be asked where `canCountAP` says so. */
export function countAP(ledger: Ledger, mask: Mask): PartAP {
  const levels = levelsOf(ledger, mask).map((level) => level.map((curve) => curve && mean([...curve])));
  return meansOf(
    ledger.head.classes.map((_, own) => ({
      ap50: levels[0]?.[own] ?? null,
      ap50_95: mean(levels.map((level) => level[own])),
    })),
  );
}

/**
 * The curve that `countAP` takes the mean of: at one IoU or (null) the mean over the ten, of one class or (null) the mean
 * over those that have objects. Null where there is none.
 */
export function countCurve(ledger: Ledger, mask: Mask, iou: number | null, category: number | null) {
  const levels = levelsOf(ledger, mask).filter((_, at) => iou === null || iou === IOUS[at]);
  const curves = levels.flatMap((level) => (category === null ? level : [level[category] ?? null]));
  const values = RECALLS.map((_, at) => mean(curves.map((curve) => curve?.[at])));
  return values[0] === null ? null : Float32Array.from(values, Number);
}
