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

/** Rows of the objects of each frame. */
const framesOf = new WeakMap<Objects, Map<number, number[]>>();

function objectsIn({ objects }: Ledger, frame: number): readonly number[] {
  let frames = framesOf.get(objects);
  if (!frames) {
    frames = new Map();
    for (const [row, place] of objects.frame.entries()) {
      const known = frames.get(place);
      if (known) known.push(row);
      else frames.set(place, [row]);
    }
    framesOf.set(objects, frames);
  }
  return frames.get(frame) ?? [];
}

/**
 * The kind of a false alarm. The object concerned is the one of its class with the highest IoU of 0.1 or more, else the
 * one of any class; where the IoU of the matrix is reached, that object is taken already.
 */
export function kindOf(ledger: Ledger, detection: number): Kind {
  const { confusion, objects, detections, head } = ledger;
  const least = head.operating_point.iou;
  let [same, sameIou, other, otherIou] = [-1, 0, -1, 0];
  for (const row of objectsIn(ledger, detections.frame[detection] as number)) {
    if (confusion.exampleWith("object", row) < 0) continue; // ignored ones are beside the matrix
    const iou = overlap(ledger, { object: row, detection });
    if (iou < Math.min(BACKGROUND_IOU, least)) continue;
    if (objects.category[row] === detections.category[detection]) {
      if (iou > sameIou) [same, sameIou] = [row, iou];
    } else if (iou > otherIou) [other, otherIou] = [row, iou];
  }
  const taken = (row: number) => (confusion.examples.detection[confusion.exampleWith("object", row)] ?? -1) >= 0;
  const own = same >= 0 && (sameIou < least || taken(same) || otherIou < least);
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
