/** Boxes to look at, and what became of them. */
import type { Confusion } from "./confusion.ts";
import type { Ledger } from "./decode.ts";

export type Outcome = "correct" | "confused" | "missed" | "false-alarm" | "below" | "ignored";

/** Those of boxes that stand in a cell. */
export const OUTCOMES: readonly Outcome[] = ["correct", "confused", "missed", "false-alarm"];

/** Those of boxes that stand in none. */
export const MORE_OUTCOMES: readonly Outcome[] = ["below", "ignored"];

export const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  correct: "correct",
  confused: "wrong class",
  missed: "not detected",
  "false-alarm": "nothing there",
  below: "under the confidence",
  ignored: "ignored",
};

/** Rows of `ledger.objects` and `ledger.detections`; -1 where there is none. */
export interface Pair {
  readonly object: number;
  readonly detection: number;
}

/** Pairs as columns. */
export interface Pairs {
  readonly object: Int32Array;
  readonly detection: Int32Array;
}

export function pairAt({ object, detection }: Pairs, at: number): Pair {
  return { object: object[at] ?? -1, detection: detection[at] ?? -1 };
}

/** A list of pairs as columns. */
export function columnsOf(pairs: readonly Pair[]): Pairs {
  return {
    object: Int32Array.from(pairs, ({ object }) => object),
    detection: Int32Array.from(pairs, ({ detection }) => detection),
  };
}

export function isSame(one: Pair, other: Pair): boolean {
  return one.object === other.object && one.detection === other.detection;
}

/** The boxes of some examples, in their order. */
export function pairsOf({ examples }: Confusion, chosen: Int32Array): Pairs {
  return {
    object: chosen.map((example) => examples.object[example] as number),
    detection: chosen.map((example) => examples.detection[example] as number),
  };
}

export function outcomeOf(confusion: Confusion, actual: number, predicted: number): Outcome {
  if (actual === confusion.background) return "false-alarm";
  if (predicted === confusion.background) return "missed";
  return actual === predicted ? "correct" : "confused";
}

type Source = "object" | "detection";

/** What became of one box. One that stands in no cell is under the confidence, or it is ignored. */
function outcomeOfBox({ confusion, detections, head }: Ledger, source: Source, row: number): Outcome {
  const example = confusion.exampleWith(source, row);
  if (example >= 0) return outcomeOf(confusion, ...confusion.cellOf(example));
  const below =
    source === "detection" && (detections.score[row] as number) < (head.operating_point.confidence ?? -Infinity);
  return below ? "below" : "ignored";
}

/** One box to draw over a picture. */
export interface Mark {
  readonly source: Source;
  /** Row of `ledger.objects` or `ledger.detections`. */
  readonly row: number;
  readonly outcome: Outcome;
}

/** Boxes of one pair: the object first, then the detection. */
export function marksOf(ledger: Ledger, pair: Pair): Mark[] {
  const sources = (["object", "detection"] as const).filter((source) => pair[source] >= 0);
  return sources.map((source) => ({ source, row: pair[source], outcome: outcomeOfBox(ledger, source, pair[source]) }));
}

/** What is known of a pair: its example (-1 where its boxes do not stand together), classes, outcome and IoU. */
export interface Reading {
  readonly example: number;
  /** Number of classes where there is no object or no detection. */
  readonly actual: number;
  readonly predicted: number;
  readonly outcome: Outcome;
  /** NaN where there is only one box. */
  readonly iou: number;
}

export function readPair(ledger: Ledger, pair: Pair): Reading {
  const { confusion, objects, detections } = ledger;
  const { object, detection } = pair;
  const source = detection >= 0 ? "detection" : "object";
  const found = confusion.exampleWith(source, pair[source]);
  const together = found >= 0 && confusion.examples.object[found] === object;
  const example = together && confusion.examples.detection[found] === detection ? found : -1;
  const both = object >= 0 && detection >= 0;
  return {
    example,
    actual: object >= 0 ? (objects.category[object] as number) : confusion.background,
    predicted: detection >= 0 ? (detections.category[detection] as number) : confusion.background,
    outcome: outcomeOfBox(ledger, source, pair[source]),
    iou: !both
      ? Number.NaN
      : example >= 0
        ? (confusion.examples.iou[example] as number)
        : overlap(objects.box, object, detections.box, detection),
  };
}

type Column = { readonly [at: number]: number };

/** IoU of a box of one column with one of another; of a crowd region the share of the other box that lies in it. */
export function overlap(first: Column, row: number, second: Column, other: number, crowd = false): number {
  // Plain names: this runs a hundred thousand times before a browser has made anything of it fast.
  const i = 4 * row;
  const j = 4 * other;
  const x = first[i] as number;
  const left = second[j] as number;
  const width = first[i + 2] as number;
  const across = second[j + 2] as number;
  const wide = Math.min(x + width, left + across) - Math.max(x, left);
  if (wide <= 0) return 0;
  const y = first[i + 1] as number;
  const top = second[j + 1] as number;
  const height = first[i + 3] as number;
  const down = second[j + 3] as number;
  const high = Math.min(y + height, top + down) - Math.max(y, top);
  if (high <= 0) return 0;
  const shared = wide * high;
  return shared / (crowd ? across * down : width * height + across * down - shared);
}

type Box = readonly [x: number, y: number, width: number, height: number];

/** The frame a pair lies in. */
export function frameOf({ objects, detections }: Ledger, { object, detection }: Pair): number {
  return (object >= 0 ? objects.frame[object] : detections.frame[detection]) as number;
}

/** Every pair of one frame that stands in a cell, in the order of the ledger. */
export function pairsInFrame(ledger: Ledger, frame: number): Pair[] {
  const found: Pair[] = [];
  for (let example = 0; example < ledger.confusion.examples.object.length; example++) {
    const pair = pairAt(ledger.confusion.examples, example);
    if (frameOf(ledger, pair) === frame) found.push(pair);
  }
  return found;
}

/** All marks of a frame with those of one pair on top, whether or not it stands in a cell. */
export function marksInFrame(ledger: Ledger, frame: number, lit: Pair): Mark[] {
  const all = pairsInFrame(ledger, frame).flatMap((pair) => marksOf(ledger, pair));
  return [...all.filter(({ source, row }) => lit[source] !== row), ...marksOf(ledger, lit)];
}

/** x, y, width, height of a mark, in box units. */
export function boxOf(ledger: Ledger, mark: Pick<Mark, "source" | "row">): Box {
  const { box } = mark.source === "object" ? ledger.objects : ledger.detections;
  const at = 4 * mark.row;
  return [box[at] as number, box[at + 1] as number, box[at + 2] as number, box[at + 3] as number];
}

export function classOf(ledger: Ledger, mark: Mark): number {
  const { category } = mark.source === "object" ? ledger.objects : ledger.detections;
  return category[mark.row] as number;
}
