/** What a person says of single examples; the same words as in `framelens/marks.py`. */
import type { Ledger } from "./decode.ts";
import { isSame, type Pair } from "./outcome.ts";

export type MarkKind = "label error" | "hard" | "ignore" | "note";
export const MARK_KINDS: readonly MarkKind[] = ["label error", "hard", "ignore", "note"];

/** Rows of `ledger.objects` and of the detections, -1 for none; also of detections that are not here. */
export interface Marking extends Pair {
  readonly mark: MarkKind;
  readonly note: string;
}

/** The marks that can be: of boxes of this ledger, of a known kind. */
export function readMarks(raw: unknown, ledger: Pick<Ledger, "objects">): Marking[] {
  if (!Array.isArray(raw)) return [];
  const row = (value: unknown) => (Number.isSafeInteger(value) ? (value as number) : -1);
  return raw.flatMap((one: Partial<Marking> | null) => {
    const [object, detection] = [row(one?.object), row(one?.detection)];
    const known = object < ledger.objects.frame.length && Math.max(object, detection) >= 0;
    if (!one?.mark || !MARK_KINDS.includes(one.mark) || !known) return [];
    return [{ object, detection, mark: one.mark, note: typeof one.note === "string" ? one.note : "" }];
  });
}

export function markingOf(marks: readonly Marking[], pair: Pair): Marking | undefined {
  return marks.find((one) => isSame(one, pair));
}

/** The marks with this one of `pair`, or without any of it: null. */
export function withMark(
  marks: readonly Marking[],
  { object, detection }: Pair,
  said: Pick<Marking, "mark" | "note"> | null,
): readonly Marking[] {
  const others = marks.filter((one) => !isSame(one, { object, detection }));
  return said ? [...others, { object, detection, mark: said.mark, note: said.note }] : others;
}
