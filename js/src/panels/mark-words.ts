/** How many of a kind of mark there are, in words. */
import type { MarkKind } from "../ledger/marking.ts";
import { amount } from "../ledger/words.ts";

const PLURALS: Readonly<Record<MarkKind, readonly [string, string]>> = {
  "label error": ["label error", "label errors"],
  hard: ["hard case", "hard cases"],
  ignore: ["to ignore", "to ignore"],
  note: ["note", "notes"],
};

export const wordsOf = (kind: MarkKind, count: number) => amount(count, ...PLURALS[kind]);
