/** Why a detection stands where no object is: the rule of `framelens.metrics.status`, after TIDE. */
import type { Ledger, Objects } from "./decode.ts";
import { overlap } from "./outcome.ts";

export type Kind = "localisation" | "duplicate" | "background";
export const KINDS: readonly Kind[] = ["localisation", "duplicate", "background"];

export const KIND_WORDS: Readonly<Record<Kind, string>> = {
  localisation: "badly placed",
  duplicate: "duplicate",
  background: "pure background",
};

/** A detection with less overlap than this stands on background. */
const BACKGROUND_IOU = 0.1;

/** Rows of the objects that count, frame by frame: those of frame f are `rows[start[f]]` up to `rows[start[f + 1]]`. */
interface ByFrame {
  readonly start: Int32Array;
  readonly rows: Int32Array;
}
const known = new WeakMap<Objects, ByFrame>();

function byFrame({ objects, head }: Ledger): ByFrame {
  let found = known.get(objects);
  if (found) return found;
  const { frame, flags } = objects;
  const start = new Int32Array(head.frames.names.length + 1);
  for (let row = 0; row < frame.length; row++) {
    const after = (frame[row] as number) + 1;
    if (!flags[row]) start[after] = (start[after] as number) + 1;
  }
  for (let at = 1; at < start.length; at++) start[at] = (start[at] as number) + (start[at - 1] as number);
  const next = start.slice();
  const rows = new Int32Array(start.at(-1) ?? 0);
  for (let row = 0; row < frame.length; row++)
    if (!flags[row]) {
      const place = next[frame[row] as number] as number;
      rows[place] = row;
      next[frame[row] as number] = place + 1;
    }
  found = { start, rows };
  known.set(objects, found);
  return found;
}

/**
 * The kind of a false alarm. The object concerned is the one of its class with the highest IoU of 0.1 or more, else the
 * one of any class; where the IoU of the matrix is reached, that object is taken already.
 */
export function kindOf(ledger: Ledger, detection: number): Kind {
  const { confusion, objects, detections, head } = ledger;
  const least = head.operating_point.iou;
  const far = Math.min(BACKGROUND_IOU, least);
  const { start, rows } = byFrame(ledger);
  const frame = detections.frame[detection] as number;
  const category = detections.category[detection];
  let [same, sameIou, other, otherIou] = [-1, 0, -1, 0];
  for (let at = start[frame] as number; at < (start[frame + 1] as number); at++) {
    const row = rows[at] as number;
    const iou = overlap(objects.box, row, detections.box, detection);
    if (iou < far) continue;
    if (objects.category[row] === category) {
      if (iou > sameIou) [same, sameIou] = [row, iou];
    } else if (iou > otherIou) [other, otherIou] = [row, iou];
  }
  const taken = (row: number) => (confusion.examples.detection[confusion.exampleWith("object", row)] ?? -1) >= 0;
  const own = same >= 0 && (sameIou < least || otherIou < least || taken(same));
  if (!own && other < 0) return "background";
  return (own ? sameIou : otherIou) >= least ? "duplicate" : "localisation";
}

/** How many false alarms of each kind stand in some examples. */
export function countKinds(ledger: Ledger, examples: Iterable<number>): Record<Kind, number> {
  const counts = { localisation: 0, duplicate: 0, background: 0 };
  const { object, detection } = ledger.confusion.examples;
  for (const example of examples) {
    if ((object[example] as number) < 0) counts[kindOf(ledger, detection[example] as number)] += 1;
  }
  return counts;
}
