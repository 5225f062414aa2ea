/** What Python counted: the numbers of the first look, and of the way back to them. */
import type { Ledger } from "../ledger/decode.ts";
import { type Scores, scoresOf } from "../ledger/scores.ts";
import type { Counting, Results } from "./store.ts";

/** What Python printed: Ultralytics reads its rates off smoothed curves, so they are not those of the matrix. */
function givenScores({ head, confusion }: Ledger): Scores {
  const counted = scoresOf(confusion);
  if (head.rules !== "ultralytics") return counted;
  const card = (name: string) => head.cards.find(({ id }) => id === name)?.value ?? null;
  const none = { precision: null, recall: null, f1: null };
  return {
    classes: counted.classes.map((row, index) => ({ ...row, ...head.per_class[index] })),
    macro: { ...counted.macro, precision: card("precision"), recall: card("recall"), f1: null },
    micro: { ...counted.micro, ...none },
  };
}

/** The point that Python was asked for. */
export function givenPoint({ head }: Pick<Ledger, "head">): Counting["point"] {
  const { confidence, iou } = head.operating_point;
  return { confidence, iou };
}

/** Counting and numbers as the payload holds them. */
export function givenNumbers(ledger: Ledger): Counting & Results {
  const { ignored_objects: objects = 0, ignored_detections: detections = 0 } = ledger.head.counts;
  return {
    point: givenPoint(ledger),
    pairing: "class",
    perClass: null,
    filter: null,
    confusion: ledger.confusion,
    scores: givenScores(ledger),
    ignored: { objects, detections },
    ap: null,
    moved: false,
  };
}
