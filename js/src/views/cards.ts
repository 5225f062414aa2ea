/** Score cards: the value, the question it answers, its good-value band and where the value stands in it. */

import type { Html } from "../draw/dom.ts";
import type { Card, Verdict } from "../ledger/schema.ts";
import { fraction, printable } from "../ledger/words.ts";
import type { Context } from "./context.ts";

/** Shape and words, so that the mark does not rest on colour. */
const MARKS: Readonly<Record<Verdict | "none", { sign: string; words: string }>> = {
  below: { sign: "▼", words: "below the band" },
  in: { sign: "●", words: "in the band" },
  above: { sign: "▲", words: "above the band" },
  none: { sign: "–", words: "not defined" },
};

const share = (value: number) => `${(100 * Math.min(1, Math.max(0, value))).toFixed(2)}%`;

export function bandWords([low, high]: Card["band"]): string {
  if (low === null && high === null) return "no band";
  if (high === null) return `good: > ${low}`;
  if (low === null) return `good: < ${high}`;
  return `good: ${low}–${high}`;
}

function bandBar(make: Html, card: Card): HTMLElement {
  const range = make("span.fl-card-range");
  range.style.left = share(card.band[0] ?? 0);
  range.style.right = share(1 - (card.band[1] ?? 1));
  const bar = make("div.fl-card-bar", { "aria-hidden": "true" }, range);
  if (card.value !== null) {
    const needle = make("span.fl-card-needle");
    needle.style.left = share(card.value);
    bar.append(needle);
  }
  return bar;
}

function cardView(make: Html, card: Card): HTMLElement {
  const verdict = card.value === null ? "none" : (card.verdict ?? "none");
  const { sign, words } = MARKS[verdict] ?? MARKS.none;
  const mark = verdict === "none" && card.value !== null ? null : words;
  return make(
    "article.fl-card",
    { "data-card": card.id, "data-verdict": verdict, "data-value": card.value ?? "" },
    make("p.fl-card-title", {}, printable(card.title)),
    make("p.fl-card-value", {}, fraction(card.value)),
    bandBar(make, card),
    make(
      "p.fl-card-band",
      {},
      mark && make("span.fl-card-mark", {}, make("span", { "aria-hidden": "true" }, `${sign} `), mark),
      make("span", {}, bandWords(card.band)),
    ),
    make("p.fl-card-question", {}, card.question),
    make("p.fl-card-rule", {}, card.detail ? `${card.rule} · ${card.detail}` : card.rule),
  );
}

export function cardsView({ make, ledger }: Context): HTMLElement {
  const cards = ledger.head.cards.map((card) => cardView(make, card));
  return make("section.fl-cards", { "aria-label": "Scores" }, ...cards);
}
