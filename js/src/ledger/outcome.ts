/** What became of an object or a detection. */
import type { Confusion } from "./confusion.ts";
import type { Ledger } from "./decode.ts";

export type Outcome = "correct" | "confused" | "missed" | "false-alarm";

export const OUTCOMES: readonly Outcome[] = ["correct", "confused", "missed", "false-alarm"];

export const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  correct: "correct",
  confused: "wrong class",
  missed: "not detected",
  "false-alarm": "nothing there",
};

export function outcomeOf(confusion: Confusion, actual: number, predicted: number): Outcome {
  if (actual === confusion.background) return "false-alarm";
  if (predicted === confusion.background) return "missed";
  return actual === predicted ? "correct" : "confused";
}

/** One box to draw over a picture. */
export interface Mark {
  readonly source: "object" | "detection";
  /** Row of `ledger.objects` or `ledger.detections`. */
  readonly row: number;
  /** Row of `confusion.examples` that the box belongs to. */
  readonly example: number;
  readonly outcome: Outcome;
}

/** Boxes of one example: the object first, then the detection. */
export function marksOf(ledger: Ledger, example: number): Mark[] {
  const { confusion } = ledger;
  const outcome = outcomeOf(confusion, ...confusion.cellOf(example));
  const object = confusion.examples.object[example] as number;
  const detection = confusion.examples.detection[example] as number;
  const marks: Mark[] = [];
  if (object >= 0) marks.push({ source: "object", row: object, example, outcome });
  if (detection >= 0) marks.push({ source: "detection", row: detection, example, outcome });
  return marks;
}

/** The frame an example lies in. */
export function frameOf(ledger: Ledger, example: number): number {
  const object = ledger.confusion.examples.object[example] as number;
  if (object >= 0) return ledger.objects.frame[object] as number;
  const detection = ledger.confusion.examples.detection[example] as number;
  return ledger.detections.frame[detection] as number;
}

/** Every example of one frame, in the order of the ledger. */
export function examplesInFrame(ledger: Ledger, frame: number): number[] {
  const found: number[] = [];
  for (let example = 0; example < ledger.confusion.total; example++) {
    if (frameOf(ledger, example) === frame) found.push(example);
  }
  return found;
}

/** x, y, width, height of a mark, in box units. */
export function boxOf(ledger: Ledger, mark: Mark): readonly [number, number, number, number] {
  const { box } = mark.source === "object" ? ledger.objects : ledger.detections;
  const at = 4 * mark.row;
  return [box[at] as number, box[at + 1] as number, box[at + 2] as number, box[at + 3] as number];
}

export function classOf(ledger: Ledger, mark: Mark): number {
  const { category } = mark.source === "object" ? ledger.objects : ledger.detections;
  return category[mark.row] as number;
}
