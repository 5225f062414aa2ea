/** Bands of good values: where a value lies, and how that is said. */
import type { Band, Verdict } from "./schema.ts";

/** Shape and words, so that the mark does not rest on colour. */
export const MARKS: Readonly<Record<Verdict | "none", { sign: string; words: string }>> = {
  below: { sign: "▼", words: "below the band" },
  in: { sign: "●", words: "in the band" },
  above: { sign: "▲", words: "above the band" },
  none: { sign: "–", words: "not defined" },
};

export function bandWords([low, high]: Band): string {
  if (high === null) return low === null ? "no band" : `good: > ${low}`;
  return low === null ? `good: < ${high}` : `good: ${low}–${high}`;
}

/** Where a value lies, by the rule of `bands.py`: an open band leaves out its end, a closed one contains both. */
export function verdictOf(value: number | null, [low, high]: Band): Verdict | null {
  if (value === null) return null;
  if (low !== null && (value < low || (high === null && value === low))) return "below";
  return high !== null && (value > high || (low === null && value === high)) ? "above" : "in";
}
