/**
 * Counts the boxes anew: matrix and rates at any confidence and IoU, by the rules of `metrics/confusion.py`.
 *
 * Detections stand by falling score, and whether a pair passes an IoU was decided by Python; nothing here compares two
 * decimals that could differ in their last digit, so both sides count the same.
 */
import type { Confusion, Examples } from "./confusion.ts";
import { CROWD, type Ledger, type Pairs } from "./decode.ts";
import { overlap } from "./outcome.ts";
import { type Scores, scoresOf } from "./scores.ts";

/** Who is matched with whom first: see `PAIRING_WORDS`. */
export type Pairing = "class" | "iou" | "score";
export const PAIRINGS: readonly Pairing[] = ["class", "iou", "score"];
export const PAIRING_WORDS: Readonly<Record<Pairing, string>> = {
  class: "same class first",
  iou: "highest IoU first, any class",
  score: "highest score first, any class",
};

/** Boxes that are left out of the count: 1 in the row of each. */
export interface Mask {
  readonly objects: Uint8Array | null;
  readonly detections: Uint8Array | null;
}

interface Settings {
  /** Detections with this score or a higher one count; null: all. */
  readonly confidence: number | null;
  /** Confidences of single classes in place of the one for all. */
  readonly perClass?: ReadonlyMap<number, number> | null;
  /** One of `head.recount.steps`. */
  readonly iou: number;
  readonly pairing?: Pairing;
  readonly mask?: Mask | null;
}

export interface Counted {
  readonly confusion: Confusion;
  readonly scores: Scores;
  /** Crowd regions and ignored objects, and the detections that they took: they stand in no cell. */
  readonly ignoredObjects: number;
  readonly ignoredDetections: number;
}

/** How many of these falling scores are at least `confidence`. */
export function countOver(score: Float64Array, confidence: number | null): number {
  if (confidence === null) return score.length;
  let [low, high] = [0, score.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((score[middle] as number) >= confidence) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Detections that take part: 1 in the row of each; it ends where none takes part any more. */
function takePart({ detections }: Ledger, { confidence, perClass, mask }: Settings): Uint8Array {
  const { score, category } = detections;
  const own = perClass && perClass.size > 0;
  const part = new Uint8Array(own ? score.length : countOver(score, confidence));
  if (!own) part.fill(1);
  else {
    for (let row = 0; row < part.length; row++) {
      const least = perClass.get(category[row] as number) ?? confidence;
      if (least === null || (score[row] as number) >= least) part[row] = 1;
    }
  }
  const out = mask?.detections;
  if (out) for (let row = 0; row < part.length; row++) if (out[row]) part[row] = 0;
  return part;
}

/** Which objects a detection may take: those of its class, those that count, crowd regions and ignored ones, or all. */
type Allowed = "class" | "counted" | "ignored" | "all";

/** One pass of matching; `pair[d]` is the pair that detection d became a match by, or -1. */
class Matcher {
  readonly pair: Int32Array;
  /** Objects that can take no detection (any more): left out, or found. */
  readonly #taken: Uint8Array;
  readonly #ledger: Ledger;
  readonly #pairs: Pairs;
  readonly #part: Uint8Array;
  readonly #level: number;

  constructor(ledger: Ledger, pairs: Pairs, part: Uint8Array, level: number, mask: Mask | null | undefined) {
    this.#ledger = ledger;
    this.#pairs = pairs;
    this.#part = part;
    this.#level = level;
    this.pair = new Int32Array(part.length).fill(-1);
    this.#taken = mask?.objects ? mask.objects.slice() : new Uint8Array(ledger.objects.frame.length);
  }

  #take(detection: number, pair: number, object: number): void {
    this.pair[detection] = pair;
    if (((this.#ledger.objects.flags[object] as number) & CROWD) === 0) this.#taken[object] = 1;
  }

  /** Every free detection, highest score first, takes its best free object among those that are allowed. */
  byScore(allowed: Allowed): void {
    const { start, object, level } = this.#pairs;
    const { objects, detections } = this.#ledger;
    const [least, part, taken] = [this.#level, this.#part, this.#taken];
    for (let detection = 0; detection < part.length; detection++) {
      const [first, end] = [start[detection] as number, start[detection + 1] as number];
      if (first === end || !part[detection] || (this.pair[detection] as number) >= 0) continue;
      const own = detections.category[detection];
      for (let pair = first; pair < end; pair++) {
        const thing = object[pair] as number;
        if ((level[pair] as number) < least || taken[thing]) continue;
        if (allowed === "class" && objects.category[thing] !== own) continue;
        if (allowed === "counted" ? objects.flags[thing] : allowed === "ignored" && !objects.flags[thing]) continue;
        this.#take(detection, pair, thing);
        break;
      }
    }
  }

  /** Pairs become matches by falling IoU, while both sides are free. */
  byOverlap(): void {
    const { start, object, level, order } = this.#pairs;
    const { flags } = this.#ledger.objects;
    const owner = new Int32Array(object.length).fill(-1); // of those that take no part nobody asks
    for (let detection = 0; detection < this.pair.length; detection++) {
      owner.fill(detection, start[detection], start[detection + 1]);
    }
    for (const pair of order) {
      const [detection, thing] = [owner[pair] as number, object[pair] as number];
      if ((level[pair] as number) < this.#level || !this.#part[detection] || flags[thing]) continue;
      if (this.#taken[thing] || (this.pair[detection] as number) >= 0) continue;
      this.#take(detection, pair, thing);
    }
  }
}

function createMatcher(ledger: Ledger, part: Uint8Array, { iou, mask }: Pick<Settings, "iou" | "mask">): Matcher {
  if (!ledger.pairs) throw new RangeError("this evaluation cannot be counted anew in the page");
  const level = ledger.head.recount?.steps.indexOf(iou) ?? -1;
  if (level < 0) throw new RangeError(`IoU ${iou} is none of the steps of this evaluation`);
  return new Matcher(ledger, ledger.pairs, part, level, mask);
}

/**
 * The object of its class that each detection finds, or -1. Detections choose by falling score, so this one matching
 * holds at every confidence: those over it keep their objects.
 */
export function matchClasses(ledger: Ledger, settings: Pick<Settings, "iou" | "mask">): Int32Array {
  const matcher = createMatcher(ledger, takePart(ledger, { ...settings, confidence: null }), settings);
  matcher.byScore("class");
  const { object } = ledger.pairs as Pairs;
  const found = matcher.pair;
  for (let row = 0; row < found.length; row++) {
    const pair = found[row] as number;
    if (pair >= 0) found[row] = object[pair] as number;
  }
  return found;
}

function matchBoxes(ledger: Ledger, part: Uint8Array, settings: Settings): Int32Array {
  const matcher = createMatcher(ledger, part, settings);
  if (settings.pairing === "score") matcher.byScore("all");
  else if (settings.pairing === "iou") {
    matcher.byOverlap();
    matcher.byScore("ignored");
  } else {
    matcher.byScore("class");
    matcher.byScore("counted");
  }
  return matcher.pair;
}

/** IoU of every pair, for the eye; whether it is enough was decided by Python. */
const overlaps = new WeakMap<Pairs, Float32Array>();

function overlapsOf({ objects, detections }: Ledger, pairs: Pairs): Float32Array {
  const known = overlaps.get(pairs);
  if (known) return known;
  const made = new Float32Array(pairs.object.length);
  for (let detection = 0; detection < detections.frame.length; detection++) {
    const end = pairs.start[detection + 1] as number;
    for (let pair = pairs.start[detection] as number; pair < end; pair++) {
      made[pair] = overlap(objects.box, pairs.object[pair] as number, detections.box, detection);
    }
  }
  overlaps.set(pairs, made);
  return made;
}

/** Rows that stand in a cell: detections by falling score, then the objects that nobody found. */
function listExamples(ledger: Ledger, pairs: Pairs, part: Uint8Array, match: Int32Array, mask: Settings["mask"]) {
  const { objects } = ledger;
  const overlap = overlapsOf(ledger, pairs);
  const found = new Uint8Array(objects.frame.length);
  const most = objects.frame.length + part.length;
  const [object, detection, iou] = [new Int32Array(most), new Int32Array(most), new Float32Array(most).fill(-1)];
  const [owner, { flags }] = [pairs.object, objects];
  let rows = 0;
  let absorbed = 0;
  let ignored = 0;
  for (let row = 0; row < part.length; row++) {
    if (!part[row]) continue;
    const pair = match[row] as number;
    if (pair < 0) object[rows] = -1;
    else {
      const thing = owner[pair] as number;
      if (flags[thing]) {
        absorbed += 1;
        continue;
      }
      found[thing] = 1;
      iou[rows] = overlap[pair] as number;
      object[rows] = thing;
    }
    detection[rows++] = row;
  }
  for (let row = 0; row < found.length; row++) {
    if (mask?.objects?.[row]) continue;
    if (flags[row]) ignored += 1;
    else if (!found[row]) {
      object[rows] = row;
      detection[rows++] = -1;
    }
  }
  const examples: Examples = {
    object: object.subarray(0, rows),
    detection: detection.subarray(0, rows),
    iou: iou.subarray(0, rows),
  };
  return { examples, absorbed, ignored };
}

/** Rows in the order of small whole numbers, equal ones as they stand in `rows` (absent: from the first on). */
function orderBy(keys: Int32Array, size: number, rows?: Int32Array): Int32Array {
  const next = new Int32Array(size + 1);
  for (let row = 0; row < keys.length; row++) {
    const after = (keys[row] as number) + 1;
    next[after] = (next[after] as number) + 1;
  }
  for (let key = 0; key < size; key++) next[key + 1] = (next[key + 1] as number) + (next[key] as number);
  const sorted = new Int32Array(keys.length);
  for (let at = 0; at < keys.length; at++) {
    const row = rows ? (rows[at] as number) : at;
    const key = keys[row] as number;
    const place = next[key] as number;
    sorted[place] = row;
    next[key] = place + 1;
  }
  return sorted;
}

/** Up to this many cells of classes their rows are put in order at one go. */
const AT_ONE_GO = 1 << 16;

/** Sorts examples by cell, row by row; inside a cell they stay as they stand. */
function fillCells({ objects, detections, head, confusion }: Ledger, listed: Examples): Confusion {
  const size = head.classes.length + 1;
  const length = listed.object.length;
  const { category: ofObject } = objects;
  const { category: ofDetection } = detections;
  const actual = new Int32Array(length).fill(size - 1);
  const predicted = new Int32Array(length).fill(size - 1);
  const keys = new Int32Array(length);
  for (let row = 0; row < length; row++) {
    const object = listed.object[row] as number;
    const detection = listed.detection[row] as number;
    if (object >= 0) actual[row] = ofObject[object] as number;
    if (detection >= 0) predicted[row] = ofDetection[detection] as number;
    keys[row] = (actual[row] as number) * size + (predicted[row] as number);
  }
  const few = size * size <= AT_ONE_GO;
  const rows = few ? orderBy(keys, size * size) : orderBy(actual, size, orderBy(predicted, size));
  const examples = { object: new Int32Array(length), detection: new Int32Array(length), iou: new Float32Array(length) };
  const starts: number[] = [];
  let before = -1;
  for (let place = 0; place < length; place++) {
    const row = rows[place] as number;
    examples.object[place] = listed.object[row] as number;
    examples.detection[place] = listed.detection[row] as number;
    examples.iou[place] = listed.iou[row] as number;
    const key = keys[row] as number;
    if (key !== before) starts.push(place);
    before = key;
  }
  const pick = (values: Int32Array) => Int32Array.from(starts, (place) => values[rows[place] as number] as number);
  const cells = { actual: pick(actual), predicted: pick(predicted), start: Int32Array.from([...starts, length]) };
  // The class of the ledger's own matrix: this bundle then needs no copy of it.
  return new (confusion.constructor as typeof Confusion)(size, cells, examples);
}

/** Counts all boxes anew. Throws a `RangeError` where the ledger cannot: without pairs, or between its steps of IoU. */
export function recount(ledger: Ledger, settings: Settings): Counted {
  const part = takePart(ledger, settings);
  const match = matchBoxes(ledger, part, settings);
  const { examples, absorbed, ignored } = listExamples(ledger, ledger.pairs as Pairs, part, match, settings.mask);
  const confusion = fillCells(ledger, examples);
  return { confusion, scores: scoresOf(confusion), ignoredObjects: ignored, ignoredDetections: absorbed };
}

/** Rows of the examples of a matrix whose object or detection stands in another cell of the other matrix. */
export function movedExamples(one: Confusion, other: Confusion): number[] {
  const { object, detection } = one.examples;
  const cellOf = (confusion: Confusion, example: number) => (example < 0 ? "" : confusion.cellOf(example).join());
  const moved = (source: "object" | "detection", box: number, cell: string) =>
    box >= 0 && cellOf(other, other.exampleWith(source, box)) !== cell;
  return Array.from(object, (_, row) => row).filter((row) => {
    const cell = cellOf(one, row);
    return moved("object", object[row] as number, cell) || moved("detection", detection[row] as number, cell);
  });
}
