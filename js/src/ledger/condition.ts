/** What alone is counted, as Python and the page share it; the same forms as in `framelens/widgets/conditions.py`. */
import { isIndex, isList } from "./loose.ts";
import { MARK_KINDS, type MarkKind } from "./marking.ts";

export type Condition =
  | { readonly class: number }
  | { readonly by: string; readonly slice: string }
  | { readonly frames: readonly number[] }
  | { readonly without: readonly MarkKind[] };

function readCondition(raw: unknown, classes: number, frames: number): Condition[] {
  const given = (raw ?? {}) as Record<string, unknown>;
  if (isIndex(given.class, classes)) return [{ class: given.class }];
  if (typeof given.by === "string" && typeof given.slice === "string") return [{ by: given.by, slice: given.slice }];
  if (isList(given.frames)) return [{ frames: given.frames.filter((row) => isIndex(row, frames)) }];
  if (isList(given.without))
    return [{ without: MARK_KINDS.filter((kind) => (given.without as unknown[]).includes(kind)) }];
  return [];
}

/** The conditions that can be; anything else is left out. */
export function readConditions(raw: unknown, classes: number, frames: number): Condition[] {
  return isList(raw) ? raw.flatMap((one) => readCondition(one, classes, frames)) : [];
}

/** Confidences of single classes that can be: pairs of class and number. */
export function readConfidences(raw: unknown, classes: number): Map<number, number> {
  const pairs = isList(raw) ? raw : [];
  return new Map(
    pairs.filter(
      (pair): pair is [number, number] => isList(pair) && isIndex(pair[0], classes) && Number.isFinite(pair[1]),
    ),
  );
}
