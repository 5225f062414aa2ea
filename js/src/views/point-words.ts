/** Where and how the boxes are counted, in words. */
import { PAIRING_WORDS } from "../ledger/recount.ts";
import { amount, shown } from "../ledger/words.ts";
import type { State } from "./store.ts";

/** `3 classes at their own`, or nothing. */
export function ownWords({ perClass }: Pick<State, "perClass">): string {
  return perClass?.size ? `${amount(perClass.size, "class", "classes")} at their own` : "";
}

/** `confidence 0.3, IoU 0.50`. */
export function pointWords(state: State): string {
  const { point, pairing, filter } = state;
  const confidence = point.confidence === null ? "every confidence" : `confidence ${shown(point.confidence)}`;
  const own = ownWords(state);
  const parts = [own ? `${confidence} (${own})` : confidence, `IoU ${point.iou.toFixed(2)}`];
  if (pairing !== "class") parts.push(PAIRING_WORDS[pairing]);
  if (filter) parts.push(filter.title);
  return parts.join(", ");
}
