import type { Html } from "../draw/dom.ts";
import { OUTCOME_WORDS, OUTCOMES, type Outcome } from "../ledger/outcome.ts";

/** Key to the boxes: line for where they come from, colour for what became of them. */
export function legend(make: Html, shown: readonly Outcome[] = OUTCOMES): HTMLElement {
  const lines = [
    make("span.fl-key-line", {}, make("i.fl-line", { "aria-hidden": "true" }), "ground truth"),
    make("span.fl-key-line", {}, make("i.fl-line.fl-dashed", { "aria-hidden": "true" }), "detection"),
  ];
  const outcomes = shown.map((outcome) =>
    make(
      "span.fl-key-outcome",
      { "data-outcome": outcome },
      make("i", { "aria-hidden": "true" }),
      OUTCOME_WORDS[outcome],
    ),
  );
  return make("span.fl-legend", {}, ...lines, ...outcomes);
}
