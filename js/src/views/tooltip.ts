/** The box beside a cell: a sentence in words, the exact count and both shares. */
import type { CellPair } from "../host/model.ts";
import { cellsBehind } from "../ledger/groups.ts";
import { countKinds, KIND_WORDS, KINDS } from "../ledger/kinds.ts";
import { className, integer, intervalWords, sentence, share } from "../ledger/words.ts";
import { type Context, shownLedger } from "./context.ts";
import type { Shape } from "./matrix-shape.ts";

export interface Tooltip {
  readonly element: HTMLElement;
  /** `cell` is a pair of groups. */
  show(cell: CellPair | null, place: { x: number; y: number; edge: number } | null): void;
}

const AWAY = 8;

export function matrixTooltip(context: Context, stage: HTMLElement, shape: () => Shape): Tooltip {
  const { make } = context;
  const words = make("p.fl-tooltip-words");
  const count = make("dd.fl-tooltip-count");
  const rowName = make("dt");
  const row = make("dd.fl-tooltip-row");
  const interval = make("dd.fl-tooltip-interval");
  const columnName = make("dt");
  const column = make("dd.fl-tooltip-column");
  const more = make("p.fl-tooltip-more");
  const numbers = make(
    "dl",
    {},
    make("dt", {}, "count"),
    count,
    rowName,
    row,
    make("dt", {}, "95% interval"),
    interval,
    columnName,
    column,
  );
  const element = make("div.fl-tooltip", { role: "tooltip", hidden: true }, words, numbers, more);

  /** What a count is made of: kinds of false alarms, or confusions inside a group. */
  function detail(pair: CellPair): string {
    const { groups, confusion } = shape();
    const ledger = shownLedger(context);
    const cells = cellsBehind(shape(), ledger.confusion, pair);
    if (pair[0] === confusion.background) {
      if (confusion.partial) return "";
      const kinds = countKinds(ledger, ledger.confusion.examplesOf(cells));
      const found = KINDS.filter((kind) => kinds[kind] > 0);
      return found.map((kind) => `${integer(kinds[kind])} ${KIND_WORDS[kind]}`).join(" · ");
    }
    if (pair[0] !== pair[1] || (groups[pair[0]]?.members.length ?? 0) < 2) return "";
    const wrong = cells.filter((cell) => cell[0] !== cell[1]);
    const inside = wrong.reduce((sum, cell) => sum + ledger.confusion.count(...cell), 0);
    return inside === 0 ? "" : `${integer(inside)} of them as another class of the group`;
  }

  function write(pair: CellPair): void {
    const { confusion, labels, toClasses } = shape();
    const names = labels.slice(0, -1);
    const [actual, predicted] = pair;
    const number = confusion.count(actual, predicted);
    words.textContent = sentence(confusion, names, actual, predicted);
    count.textContent = integer(number);
    rowName.textContent = `of actual ${className(names, actual)}`;
    row.textContent = share(number, confusion.rowSum[actual] as number);
    interval.textContent = intervalWords(number, confusion.rowSum[actual] as number);
    columnName.textContent = `of predicted ${className(names, predicted)}`;
    column.textContent = share(number, confusion.columnSum[predicted] as number);
    more.textContent = detail(pair);
    more.hidden = more.textContent === "";
    const [first, second] = toClasses(pair);
    Object.assign(element.dataset, { count: String(number), actual: String(first), predicted: String(second) });
  }

  /** Below the cell and to its right, on the other side where that would leave the stage. */
  function put({ x, y, edge }: { x: number; y: number; edge: number }): void {
    const right = x + edge + AWAY;
    const fits = right + element.offsetWidth <= stage.clientWidth;
    element.style.left = `${Math.max(0, fits ? right : x - AWAY - element.offsetWidth)}px`;
    const below = y + edge + AWAY;
    const roomBelow = below + element.offsetHeight <= stage.clientHeight;
    element.style.top = `${roomBelow ? below : Math.max(0, y - AWAY - element.offsetHeight)}px`;
  }

  return {
    element,
    show(cell, place) {
      element.hidden = !cell || !place;
      if (!cell || !place) return;
      write(cell);
      put(place);
    },
  };
}
