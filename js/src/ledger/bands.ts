/** Bands of good values: where a value lies, and how that is said. */
import type { Band, Card, ClassBand, Head, Verdict } from "./schema.ts";

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

/** A band that was set: of a card, or of one class. */
export interface BandRow {
  readonly card: string;
  readonly class: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly reason: string;
}

/** The number in a row of a class that the band of a card speaks of. */
export const CLASS_FIELDS: Readonly<Record<string, ClassBand["field"]>> = {
  precision: "precision",
  recall: "recall",
  map50: "ap50",
  map50_95: "ap50_95",
};

/** Why two ends are no band; empty where they are one. The rule of `bands.py`. */
export function bandProblem(low: number | null, high: number | null): string {
  if (low === null && high === null) return "A band needs at least one end.";
  const inside = (end: number | null) => end === null || (end >= 0 && end <= 1);
  if (!inside(low) || !inside(high)) return "The ends of a band are numbers from 0 to 1.";
  return (low ?? 0) < (high ?? 1) ? "" : "A band must go up.";
}

/** What the head of a payload says was set: for a page whose model does not say. */
function givenBands({ cards, class_bands: classes = [] }: Head): BandRow[] {
  const row = (card: string, index: number | null, [low, high]: Band, reason = ""): BandRow => {
    return { card, class: index, low, high, reason };
  };
  const set = cards.filter(({ band, usual, reason }) => reason || (usual && band.join() !== usual.join()));
  const cardOf = (field: string) => Object.keys(CLASS_FIELDS).find((card) => CLASS_FIELDS[card] === field);
  return [
    ...set.map(({ id, band, reason }) => row(id, null, band, reason)),
    ...classes.flatMap((one) => {
      const card = cardOf(one.field);
      return card ? [row(card, one.class, one.band, one.reason)] : [];
    }),
  ];
}

/** The bands that a model holds: those that can be. */
export function readBands(raw: unknown, { head }: { readonly head: Head }): readonly BandRow[] {
  if (!Array.isArray(raw)) return givenBands(head);
  const end = (value: unknown) => (typeof value === "number" ? value : null);
  return raw.flatMap((one: Partial<BandRow> | null) => {
    const [low, high, index] = [end(one?.low), end(one?.high), one?.class ?? null];
    const known = index === null || (Number.isInteger(index) && index >= 0 && index < head.classes.length);
    if (!known || !one?.card || !Object.hasOwn(CLASS_FIELDS, one.card) || bandProblem(low, high)) return [];
    return [{ card: one.card, class: index, low, high, reason: typeof one.reason === "string" ? one.reason : "" }];
  });
}

/** The band in force of a card. */
export function bandOf(card: Card, bands: readonly BandRow[]): { readonly band: Band; readonly reason: string } {
  const set = bands.find((row) => row.card === card.id && row.class === null);
  if (set) return { band: [set.low, set.high], reason: set.reason };
  return { band: card.usual ?? card.band, reason: card.usual ? "" : (card.reason ?? "") };
}

/** The bands with one more in the place of what was set for the same card and class; null takes that away. */
export function withBand(
  bands: readonly BandRow[],
  place: Pick<BandRow, "card" | "class">,
  band: Pick<BandRow, "low" | "high" | "reason"> | null,
): readonly BandRow[] {
  const others = bands.filter((row) => row.card !== place.card || row.class !== place.class);
  return band ? [...others, { card: place.card, class: place.class, ...band }] : others;
}
