/**
 * COCO's average precision of what is left of the boxes, as `metrics/coco.py` counts it.
 *
 * Which pair passes an IoU was decided by Python, and Python says (`head.recount.average_precision`) where that is all
 * that it takes; so both sides find the same true positives, and the rest is a sum.
 */
import type { Ledger, Pairs } from "./decode.ts";
import type { Mask } from "./recount.ts";

export interface ClassAP {
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
const CROWD = 2;

/** Whether average precision of a part can be counted here: all detections are, and nothing else is needed. */
export function canCountAP({ head, pairs }: Pick<Ledger, "head" | "pairs">): boolean {
  return pairs !== null && head.recount?.average_precision === true && head.recount.below === 0;
}

interface Choices {
  /** Where those of each detection begin. */
  readonly start: Int32Array;
  readonly object: Int32Array;
  readonly level: Uint8Array;
}

/** Per detection the objects of its class, preferred ones first: crowd regions last, then by falling IoU. */
function choicesOf({ objects, detections }: Ledger, pairs: Pairs): Choices {
  const { flags, category } = objects;
  const start = new Int32Array(detections.frame.length + 1);
  const kept: number[] = [];
  let place: Int32Array | undefined;
  for (let row = 0; row < detections.frame.length; row++) {
    const first = kept.length;
    let mixed = false;
    for (let pair = pairs.start[row] as number; pair < (pairs.start[row + 1] as number); pair++) {
      const thing = pairs.object[pair] as number;
      if (category[thing] !== detections.category[row]) continue;
      mixed ||= (flags[thing] as number) > 0;
      kept.push(pair);
    }
    start[row + 1] = kept.length;
    if (!mixed || kept.length - first < 2) continue;
    // They stand with ignored objects last, which COCO's rules treat as any other.
    place ??= placesOf(pairs.order);
    const [at, crowd] = [place, (pair: number) => (flags[pairs.object[pair] as number] as number) & CROWD];
    const own = kept.splice(first);
    own.sort((one, other) => crowd(one) - crowd(other) || (at[one] as number) - (at[other] as number));
    kept.push(...own);
  }
  return {
    start,
    object: Int32Array.from(kept, (pair) => pairs.object[pair] as number),
    level: Uint8Array.from(kept, (pair) => pairs.level[pair] as number),
  };
}

function placesOf(order: Int32Array): Int32Array {
  const place = new Int32Array(order.length);
  order.forEach((pair, at) => {
    place[pair] = at;
  });
  return place;
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
  const { start, object, level } = choices;
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
    while (choice < end && ((level[choice] as number) < least || taken[object[choice] as number])) choice += 1;
    const thing = choice < end ? (object[choice] as number) : -1;
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

const known = new WeakMap<Pairs, Choices>();

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

/** Interpolated precision of all classes without the boxes of a mask, IoU by IoU. */
function curvesOf(ledger: Ledger, mask: Mask | null, ious: readonly number[]): (Float64Array | null)[][] {
  const pairs = ledger.pairs as Pairs;
  const choices = known.get(pairs) ?? choicesOf(ledger, pairs);
  known.set(pairs, choices);
  const steps = ledger.head.recount?.steps ?? [];
  const part = firstOnes(ledger, mask?.detections);
  const objects = objectsOf(ledger, mask?.objects);
  return ious.map((iou) => atLevel(ledger, choices, part, objects, steps.indexOf(iou)));
}

/** Average precision without the boxes of a mask; to be asked where `canCountAP` says so. */
export function countAP(ledger: Ledger, mask: Mask | null): PartAP {
  const levels = curvesOf(ledger, mask, IOUS).map((level) => level.map((curve) => curve && mean([...curve])));
  const classes = ledger.head.classes.map((_, own) => ({
    ap50: levels[0]?.[own] ?? null,
    ap50_95: mean(levels.map((level) => level[own])),
  }));
  return meansOf(classes);
}

/**
 * The curve that `countAP` takes the mean of: at one IoU or (null) the mean over the ten, of one class or (null) the mean
 * over those that have objects. Null where there is none.
 */
export function countCurve(ledger: Ledger, mask: Mask | null, iou: number | null, category: number | null) {
  const every = curvesOf(ledger, mask, iou === null ? IOUS : [iou]);
  const curves = every.flatMap((level) => (category === null ? level : [level[category]]));
  const values = RECALLS.map((_, at) => mean(curves.map((curve) => curve?.[at])));
  return values[0] === null ? null : Float32Array.from(values, Number);
}
