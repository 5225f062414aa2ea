/** Scores and cells of a comparison. */
import { tableSpace } from "../draw/controls.ts";
import { listen } from "../draw/dom.ts";
import { className, fraction, integer, signed } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import type { CellChange, Changes, Score } from "./compare-data.ts";
import type { Listed } from "./compare-pairs.ts";
import { exportMenu, type Given } from "./export.ts";

/** Brings boxes or frames to the list of pairs. */
export type Show = (listed: Listed) => void;

/** From so many classes on the matrix shows those that changed most, and says so. */
export const MOST = 30;

/** Better, worse or the same, as a mark that does not rest on colour. */
export function verdict(delta: number | null): "better" | "worse" | "same" {
  return !delta ? "same" : delta > 0 ? "better" : "worse";
}
export const SIGNS = { better: "▲", worse: "▼", same: "=" } as const;

function sureness({ low, high }: Score, rounds: number): string {
  if (low === null || high === null) return "no interval";
  const clear = low > 0 || high < 0;
  return `${signed(low)} to ${signed(high)} (95 %, ${integer(rounds)} resamples)${clear ? "" : "; not clear"}`;
}

/** A heading with what can be taken away beside it. */
function headed(context: Context, heading: string, title: string, given: Given): HTMLElement {
  const { make } = context;
  return make("div.fl-headed", {}, make("h2.fl-heading", {}, heading), exportMenu(context, title, given));
}

export function scoresView(context: Context, { head }: Changes): HTMLElement {
  const { make } = context;
  const cards = head.scores.map((score) => {
    const better = verdict(score.delta);
    return make(
      "article.fl-card.fl-change",
      { "data-score": score.id, "data-change": better, "data-delta": score.delta ?? "" },
      make("p.fl-card-title", {}, score.title),
      make(
        "p.fl-card-value",
        {},
        make("span.fl-change-sign", { "aria-hidden": "true" }, `${SIGNS[better]} `),
        signed(score.delta),
      ),
      make("p.fl-change-values", {}, `${fraction(score.baseline)} → ${fraction(score.value)}`),
      make("p.fl-card-rule", {}, sureness(score, head.rounds)),
    );
  });
  const table = () => ({
    columns: ["score", "baseline", "model", "change", "low", "high"],
    rows: head.scores.map(({ title, baseline, value, delta, low, high }) => [title, baseline, value, delta, low, high]),
  });
  return make(
    "div",
    {},
    headed(context, "Scores", "Change of the scores", { table }),
    make("section.fl-cards", { "aria-label": "Change of the scores" }, ...cards),
  );
}

/** The classes that the matrix shows: all, or those with the largest changes, in the order of the file. */
function chosenClasses(changes: Changes): readonly number[] {
  const { size, background } = changes.ledger.confusion;
  if (size <= MOST + 1) return [...Array(size).keys()];
  const moved = new Float64Array(size);
  for (const { actual, predicted, was, is } of changes.cells) {
    moved[actual] = (moved[actual] as number) + Math.abs(is - was);
    moved[predicted] = (moved[predicted] as number) + Math.abs(is - was);
  }
  const order = [...moved.keys()].filter((index) => index !== background);
  order.sort((one, other) => (moved[other] as number) - (moved[one] as number) || one - other);
  return [...order.slice(0, MOST).sort((one, other) => one - other), background];
}

/** On the diagonal more is better, off it less. */
export function cellVerdict({ actual, predicted, was, is }: CellChange): "better" | "worse" | "same" {
  return verdict(actual === predicted ? is - was : was - is);
}

/** What came into a cell and what left it. */
export function cameAndWent(changes: Changes, actual: number, predicted: number): Listed {
  const { classes } = changes.ledger.head;
  const { entered, left } = changes.cell(actual, predicted);
  const words = `actual ${className(classes, actual)}, predicted ${className(classes, predicted)}`;
  return {
    title: `${words}: ${integer(entered.length)} came, ${integer(left.length)} went`,
    changes: [...entered, ...left],
  };
}

export function matrixChangeView(context: Context, changes: Changes, show: Show): HTMLElement {
  const { make, ledger, signal } = context;
  const { classes } = ledger.head;
  const chosen = chosenClasses(changes);
  const name = (index: number) => make("bdi", {}, className(classes, index));
  const known = new Map(changes.cells.map((cell) => [cell.actual * ledger.confusion.size + cell.predicted, cell]));
  const largest = Math.max(1, ...changes.cells.map(({ was, is }) => Math.abs(is - was)));
  const rows = chosen.map((actual) => {
    const cells = chosen.map((predicted) => {
      const cell = known.get(actual * ledger.confusion.size + predicted);
      if (!cell) return make("td");
      const delta = cell.is - cell.was;
      const button = make(
        "button.fl-cell-change",
        {
          "data-cell": `${actual},${predicted}`,
          "data-change": cellVerdict(cell),
          "data-delta": delta,
          title: `${cell.was} → ${cell.is}`,
          "aria-label": `${signed(delta, 0)}: actual ${className(classes, actual)}, predicted ${className(classes, predicted)}: ${cell.was} to ${cell.is}`,
        },
        signed(delta, 0),
      );
      button.style.setProperty("--fl-share", String(Math.sqrt(Math.abs(delta) / largest)));
      return make("td", {}, button);
    });
    return make("tr", {}, make("th", { scope: "row" }, name(actual)), ...cells);
  });
  const heads = chosen.map((index) => make("th", { scope: "col", title: className(classes, index) }, name(index)));
  const table = make(
    "table.fl-change-matrix",
    {},
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "actual ↓ predicted →"), ...heads)),
    make("tbody", {}, ...rows),
  );
  listen(
    table,
    "click",
    (event) => {
      const cell = (event.target as Element).closest<HTMLElement>("[data-cell]")?.dataset.cell;
      const [actual, predicted] = (cell ?? "").split(",").map(Number);
      if (actual === undefined || predicted === undefined) return;
      show(cameAndWent(changes, actual, predicted));
    },
    signal,
  );
  const left = classes.length - (chosen.length - 1);
  const note =
    left > 0
      ? `The ${MOST} classes that changed most. The list below has the cells of all ${integer(classes.length)}.`
      : "";
  return make(
    "section.fl-change-cells",
    {},
    headed(context, "Confusion matrix: model minus baseline", "Change of the matrix", {
      table: () => ({
        columns: ["actual", "predicted", "baseline", "model", "change"],
        rows: changes.cells.map(({ actual, predicted, was, is }) => [
          className(classes, actual),
          className(classes, predicted),
          was,
          is,
          is - was,
        ]),
      }),
    }),
    make("p.fl-gallery-note", { hidden: note === "" }, note),
    tableSpace(make, "Change of the confusion matrix", table),
  );
}
