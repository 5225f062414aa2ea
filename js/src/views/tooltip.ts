/** The box beside a cell: a sentence in words, the exact count and both shares. */
import type { CellPair } from "../host/model.ts";
import { className, integer, intervalWords, sentence, share } from "../ledger/words.ts";
import type { Context } from "./context.ts";

export interface Tooltip {
  readonly element: HTMLElement;
  show(cell: CellPair | null, place: { x: number; y: number; edge: number } | null): void;
}

const AWAY = 8;

export function matrixTooltip({ make, ledger, store }: Context, stage: HTMLElement): Tooltip {
  const classes = ledger.head.classes;
  const words = make("p.fl-tooltip-words");
  const count = make("dd.fl-tooltip-count");
  const rowName = make("dt");
  const row = make("dd.fl-tooltip-row");
  const interval = make("dd.fl-tooltip-interval");
  const columnName = make("dt");
  const column = make("dd.fl-tooltip-column");
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
  const element = make("div.fl-tooltip", { role: "tooltip", hidden: true }, words, numbers);

  function write([actual, predicted]: CellPair): void {
    const { confusion } = store.state;
    const number = confusion.count(actual, predicted);
    words.textContent = sentence(confusion, classes, actual, predicted);
    count.textContent = integer(number);
    rowName.textContent = `of actual ${className(classes, actual)}`;
    row.textContent = share(number, confusion.rowSum[actual] as number);
    interval.textContent = intervalWords(number, confusion.rowSum[actual] as number);
    columnName.textContent = `of predicted ${className(classes, predicted)}`;
    column.textContent = share(number, confusion.columnSum[predicted] as number);
    Object.assign(element.dataset, { count: String(number), actual: String(actual), predicted: String(predicted) });
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
