/** Error types, slices and frames, counted from the boxes. Pure numbers, no document. */
import type { Confusion } from "../ledger/confusion.ts";
import type { Ledger } from "../ledger/decode.ts";
import { type Pairs as Boxes, columnsOf, frameOf, type Pair } from "../ledger/outcome.ts";
import type { Mask } from "../ledger/recount.ts";
import { divide } from "../ledger/scores.ts";
import type { Counting } from "../views/store.ts";
import { type Extra, type Facet, NONE, RIGHT } from "./extra.ts";

/** Rows of `extra.errors` that single boxes can be of; the two after them are sums. */
const MISSED = 5;
const FALSE_POSITIVE = 6;
const FALSE_NEGATIVE = 7;

/**
 * Sorts the errors among detections from `confidence` on (null: all), or from that of their class, into TIDE's types.
 *
 * `category`: only errors of that class, by predicted class; missed objects by their own.
 */
export function errorBoxes(
  ledger: Ledger,
  extra: Extra,
  {
    confidence,
    perClass,
    category,
    mask,
  }: Partial<Pick<Counting, "perClass">> & { confidence: number | null; category: number | null; mask: Mask | null },
): Boxes[] {
  const { objects, detections } = ledger;
  const of = Array.from({ length: FALSE_NEGATIVE + 1 }, (): Pair[] => []);
  const [found, concerned] = [new Uint8Array(objects.frame.length), new Uint8Array(objects.frame.length)];
  const many = Math.min(extra.errorKind.length, detections.score.length);
  for (let row = 0; row < many; row++) {
    const kind = extra.errorKind[row] as number;
    const least = perClass?.get(detections.category[row] as number) ?? confidence;
    if (least !== null && (detections.score[row] as number) < least) continue;
    if (kind === NONE || mask?.detections?.[row]) continue;
    const object = extra.errorObject[row] as number;
    if (object >= 0) concerned[object] = 1;
    if (kind === RIGHT) {
      found[object] = 1;
      continue;
    }
    if (category !== null && detections.category[row] !== category) continue;
    of[kind]?.push({ object, detection: row });
    of[FALSE_POSITIVE]?.push({ object, detection: row });
  }
  for (let row = 0; row < found.length; row++) {
    if (objects.flags[row] || mask?.objects?.[row] || found[row]) continue;
    if (category !== null && objects.category[row] !== category) continue;
    if (!concerned[row]) of[MISSED]?.push({ object: row, detection: -1 });
    of[FALSE_NEGATIVE]?.push({ object: row, detection: -1 });
  }
  return of.map(columnsOf);
}

/** Counts of a part of the data; a confused pair is one false positive and one false negative. */
export interface Tally {
  objects: number;
  detections: number;
  right: number;
}

export interface Rates {
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
}

export function ratesOf({ objects, detections, right }: Tally): Rates {
  return {
    precision: divide(right, detections),
    recall: divide(right, objects),
    f1: divide(2 * right, objects + detections),
  };
}

/** Calls `each` with every example of the matrix and whether it is right. */
function eachExample(
  { cells, examples, length }: Confusion,
  each: (object: number, detection: number, right: boolean, row: number) => void,
): void {
  for (let cell = 0; cell < length; cell++) {
    const right = cells.actual[cell] === cells.predicted[cell];
    for (let row = cells.start[cell] as number; row < (cells.start[cell + 1] as number); row++) {
      each(examples.object[row] as number, examples.detection[row] as number, right, row);
    }
  }
}

/** Slice of what stands in an example: of the object, and of the detection where it is wrong. */
function slicesOf(
  facet: Facet,
  object: number,
  detection: number,
  right: boolean,
): readonly [ofObject: number, ofDetection: number] {
  const own = object >= 0 ? facet.ofObject(object) : -1;
  return [own, right ? own : detection >= 0 ? facet.ofDetection(detection) : -1];
}

/** Counts of every slice of one facet. */
export function tallySlices(facet: Facet, confusion: Confusion): Tally[] {
  const tallies = facet.labels.map((): Tally => ({ objects: 0, detections: 0, right: 0 }));
  eachExample(confusion, (object, detection, right) => {
    const [ofObject, ofDetection] = slicesOf(facet, object, detection, right);
    const [mine, its] = [tallies[ofObject], tallies[ofDetection]];
    if (object >= 0 && mine) {
      mine.objects += 1;
      if (right) mine.right += 1;
    }
    if (detection >= 0 && its) its.detections += 1;
  });
  return tallies;
}

/** Counts of everything. */
export function tallyAll(confusion: Confusion): Tally {
  const all = { objects: 0, detections: 0, right: 0 };
  eachExample(confusion, (object, detection, right) => {
    if (object >= 0) all.objects += 1;
    if (detection >= 0) all.detections += 1;
    if (right) all.right += 1;
  });
  return all;
}

/** The pairs of slices of two facets as one facet. */
function crossFacets(one: Facet, other: Facet): Facet {
  const many = other.labels.length;
  const both = (left: number, right: number) => (left === NONE || right === NONE ? -1 : left * many + right);
  return {
    name: `${one.name}, ${other.name}`,
    labels: one.labels.flatMap((left) => other.labels.map((right) => `${one.name}: ${left}, ${other.name}: ${right}`)),
    ofFrame: null,
    ofObject: (row) => both(one.ofObject(row), other.ofObject(row)),
    ofDetection: (row) => both(one.ofDetection(row), other.ofDetection(row)),
  };
}

export interface WorstSlice extends Tally {
  readonly facet: Facet;
  readonly slice: number;
  readonly words: string;
  readonly f1: number;
}

/** Slices, and pairs of them, with at least `least` objects and a lower F1 than the whole, worst first. */
export function worstSlices(facets: readonly Facet[], confusion: Confusion, least: number, most: number): WorstSlice[] {
  const whole = ratesOf(tallyAll(confusion)).f1 ?? 0;
  const crossed = facets.flatMap((one, at) => facets.slice(at + 1).map((other) => crossFacets(one, other)));
  const found = [...facets, ...crossed].flatMap((facet, at) =>
    tallySlices(facet, confusion).flatMap((tally, slice): WorstSlice[] => {
      const { f1 } = ratesOf(tally);
      if (tally.objects < least || f1 === null || f1 >= whole) return [];
      const label = facet.labels[slice] as string;
      const words = at < facets.length ? `${facet.name}: ${label}` : label;
      return [{ ...tally, facet, slice, words, f1 }];
    }),
  );
  const byWords = (one: WorstSlice, other: WorstSlice) => (one.words < other.words ? -1 : 1);
  found.sort((one, other) => one.f1 - other.f1 || other.objects - one.objects || byWords(one, other));
  return found.slice(0, most);
}

/** Boxes of one slice: detections that are wrong, objects that were not found, both (a confused pair once), or all objects. */
export type SliceBoxes = "false" | "missed" | "errors" | "objects";

export function sliceBoxes(facet: Facet, slice: number, confusion: Confusion, kind: SliceBoxes): Boxes {
  const found: Pair[] = [];
  eachExample(confusion, (object, detection, right) => {
    const [ofObject, ofDetection] = slicesOf(facet, object, detection, right);
    const mine = object >= 0 && ofObject === slice;
    const its = detection >= 0 && ofDetection === slice;
    const wanted = {
      false: its && !right,
      missed: mine && !right,
      errors: (mine || its) && !right,
      objects: mine,
    }[kind];
    if (wanted) found.push({ object, detection });
  });
  return columnsOf(found);
}

export const PROFILES = ["perfect", "misses", "false alarms", "mixed"] as const;

export interface FrameTally extends Tally {
  readonly frame: number;
  readonly wrong: number;
  readonly lost: number;
  /** Pairs that are both one false positive and one false negative. */
  confused: number;
  readonly f1: number | null;
  readonly profile: (typeof PROFILES)[number];
}

/** One row for each frame that `shown` lets through, in their order. */
export function tallyFrames(ledger: Ledger, confusion: Confusion, shown: (frame: number) => boolean): FrameTally[] {
  const rows = ledger.head.frames.names.map(() => ({ objects: 0, detections: 0, right: 0, confused: 0 }));
  eachExample(confusion, (object, detection, right) => {
    const row = rows[frameOf(ledger, { object, detection })];
    if (!row) return;
    if (object >= 0) row.objects += 1;
    if (detection >= 0) row.detections += 1;
    if (right) row.right += 1;
    else if (object >= 0 && detection >= 0) row.confused += 1;
  });
  return rows.flatMap((row, frame): FrameTally[] => {
    if (!shown(frame)) return [];
    const [wrong, lost] = [row.detections - row.right, row.objects - row.right];
    const profile = PROFILES[2 * Number(wrong > 0) + Number(lost > 0)] as FrameTally["profile"];
    return [{ ...row, frame, wrong, lost, f1: ratesOf(row).f1, profile }];
  });
}

/** All boxes of one frame, errors first. */
export function frameBoxes(ledger: Ledger, confusion: Confusion, frame: number): Boxes {
  const [wrong, correct]: [Pair[], Pair[]] = [[], []];
  eachExample(confusion, (object, detection, right) => {
    const pair = { object, detection };
    if (frameOf(ledger, pair) === frame) (right ? correct : wrong).push(pair);
  });
  return columnsOf([...wrong, ...correct]);
}
