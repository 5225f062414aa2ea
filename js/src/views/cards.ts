/** Score cards: the value, the question it answers, its good-value band and where the value stands in it. */

import { type Html, listen } from "../draw/dom.ts";
import { bandOf, bandWords, MARKS, verdictOf } from "../ledger/bands.ts";
import type { Card } from "../ledger/schema.ts";
import { fraction, plural, printable } from "../ledger/words.ts";
import type { Context } from "./context.ts";
import { pointWords } from "./point-words.ts";
import type { State } from "./store.ts";

const share = (value: number) => `${(100 * Math.min(1, Math.max(0, value))).toFixed(2)}%`;

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
      make(
        "button.fl-link.fl-band-edit",
        { "aria-label": `${bandWords(card.band)}. Set the band of ${printable(card.title)}`, title: "Set the band" },
        bandWords(card.band),
      ),
    ),
    card.reason ? make("p.fl-card-rule.fl-card-reason", {}, printable(card.reason, 200)) : null,
    make("p.fl-card-question", {}, card.question),
    make("p.fl-card-rule", {}, card.detail ? `${card.rule} · ${card.detail}` : card.rule),
  );
}

/** The card as the boxes are counted now. Average precision is over all confidences: it follows filters alone. */
export function counted(given: Card, state: State): Card {
  const { macro, micro } = state.scores;
  const { band, reason } = bandOf(given, state.bands);
  const card = { ...given, band, reason, verdict: verdictOf(given.value, band) };
  if (!state.moved) return card;
  const over = (classes: number) => `mean over ${classes} ${plural(classes, "class", "classes")}`;
  if (card.id !== "precision" && card.id !== "recall") {
    const { ap, filter } = state;
    if (!ap) return { ...card, detail: `does not follow ${filter ? "filters" : "sliders"}` };
    const value = ap[card.id as "map50"];
    const rule = over(macro.recallClasses) + card.rule.slice(card.rule.indexOf(","));
    return { ...card, value, verdict: verdictOf(value, band), rule, detail: filter?.title ?? null };
  }
  const value = macro[card.id];
  return {
    ...card,
    value,
    verdict: verdictOf(value, band),
    rule: `${over(macro[`${card.id}Classes`])} at ${pointWords(state)}`,
    detail: `micro ${fraction(micro[card.id])}`,
  };
}

export function cardsView(context: Context): HTMLElement {
  const { make, ledger, store, signal } = context;
  const section = make("section.fl-cards", { "aria-label": "Scores" });
  store.watch(
    ["scores", "bands", "ap"],
    (state) => section.replaceChildren(...ledger.head.cards.map((card) => cardView(make, counted(card, state)))),
    signal,
  );
  const edit = async ({ target }: Event) => {
    const card = (target as Element).closest(".fl-band-edit")?.closest<HTMLElement>(".fl-card")?.dataset.card;
    if (!card) return;
    const { extras } = await context.load();
    if (signal.aborted) return;
    const dialog = extras?.bandDialog(context, card);
    // The cards were drawn anew meanwhile: the focus goes back to what stands in the place of the button.
    const back = () => section.querySelector<HTMLElement>(`[data-card="${card}"] .fl-band-edit`)?.focus();
    dialog?.addEventListener("close", back, { once: true, signal });
    dialog?.showModal();
  };
  listen(section, "click", (event) => void edit(event), signal);
  return section;
}
