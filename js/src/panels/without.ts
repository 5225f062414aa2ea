/** What the scores would be without the boxes that are marked as label errors. */
import { listen } from "../draw/dom.ts";
import type { Condition } from "../ledger/condition.ts";
import type { MarkKind } from "../ledger/marking.ts";
import { recount } from "../ledger/recount.ts";
import type { Rates, Scores } from "../ledger/scores.ts";
import { fraction, signed } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import type { State } from "../views/store.ts";
import { filterOf } from "./filter.ts";
import { wordsOf } from "./mark-words.ts";
import { flipWithout, leaving, leftOut } from "./marks.ts";
import { watchShown } from "./parts.ts";
import { atRest } from "./rest.ts";

const KIND: MarkKind = "label error";
const SHOWN = ["precision", "recall", "f1"] as const satisfies readonly (keyof Rates)[];
const TITLES = { precision: "precision", recall: "recall", f1: "F1" } as const;

/** Scores with these marks left out and with them in, at what else is counted now. */
export function scoresWithout({ ledger, store }: Pick<Context, "ledger" | "store">): { with: Scores; without: Scores } {
  const { point, pairing, perClass, filter, marks } = store.state;
  const others = leaving(
    filter?.conditions ?? [],
    leftOut(store.state).filter((kind) => kind !== KIND),
  );
  const left = leaving(others, [...leftOut({ filter }).filter((kind) => kind !== KIND), KIND]);
  const count = (conditions: readonly Condition[]) => {
    const mask = filterOf(ledger, conditions, marks)?.mask ?? null;
    return recount(ledger, { ...point, pairing, perClass, mask }).scores;
  };
  return { with: count(others), without: count(left) };
}

/** Says it in a line, and counts the whole page so on demand; hidden while nothing is marked. */
export function withoutThem(context: Context): HTMLElement {
  const { make, ledger, store, signal } = context;
  const words = make("span", { role: "status" });
  const flip = make("button.fl-button", {}, "Count the page so");
  const line = make("p.fl-without", {}, words, " ", flip);
  const draw = () => {
    const { marks } = store.state;
    const count = marks.filter(({ mark }) => mark === KIND).length;
    line.hidden = count === 0 || !ledger.pairs;
    if (line.hidden) return;
    const found = scoresWithout(context);
    const parts = SHOWN.map((name) => {
      const [before, after] = [found.with.macro[name], found.without.macro[name]];
      const change = before === null || after === null ? null : after - before;
      const sign = change === null ? "" : ` (${signed(change)})`;
      return `${TITLES[name]} ${fraction(after)}${sign}`;
    });
    words.textContent = `Without ${wordsOf(KIND, count)} at the same confidence: ${parts.join(", ")}.`;
    Object.assign(line.dataset, Object.fromEntries(SHOWN.map((name) => [name, found.without.macro[name] ?? ""])));
  };
  listen(
    flip,
    "click",
    () => {
      flipWithout(context, KIND);
    },
    signal,
  );
  // A button says at once that it was pressed; what it counts may follow.
  const press = ({ filter }: Pick<State, "filter">) =>
    flip.setAttribute("aria-pressed", String(leftOut({ filter }).includes(KIND)));
  store.watch(["filter"], press, signal);
  const element = make("div", {}, line);
  watchShown(context, element, ["marks", "point", "pairing", "perClass", "filter"], atRest(draw, signal));
  return element;
}
