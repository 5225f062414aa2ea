/** Finding a cell with the pointer and walking over cells with the keyboard. */

import type { Facing, Place } from "../draw/facing.ts";
import type { MatrixLayout } from "../draw/layout.ts";
import type { CellPair } from "../host/model.ts";
import type { Confusion } from "../ledger/confusion.ts";

type Arrow = { readonly key: string; readonly ctrlKey: boolean; readonly metaKey: boolean };

const STEPS: Readonly<Record<string, CellPair>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

const clamp = (value: number, last: number) => Math.min(last, Math.max(0, value));

/** The cell that a key leads to, or undefined when the key means nothing here. */
export function moveCursor(cursor: CellPair, { key, ctrlKey, metaKey }: Arrow, facing: Facing): CellPair | undefined {
  const last = facing.size - 1;
  const [row, column] = facing.place(cursor);
  const far = ctrlKey || metaKey ? facing.size : 1;
  let moved: CellPair;
  if (key === "Home") moved = [ctrlKey ? 0 : row, 0];
  else if (key === "End") moved = [ctrlKey ? last : row, last];
  else {
    const step = Object.hasOwn(STEPS, key) ? STEPS[key] : undefined;
    if (!step) return undefined;
    moved = [row + far * step[0], column + far * step[1]];
  }
  return facing.cell([clamp(moved[0], last), clamp(moved[1], last)]);
}

/**
 * The cell meant by a point: where cells are smaller than the pointer can tell apart, the one with the highest count
 * near it.
 */
export function strongestAt(confusion: Confusion, layout: MatrixLayout, place: Place, facing: Facing): CellPair {
  const reach = layout.cell >= 3 ? 0 : Math.ceil(1 / layout.cell);
  if (reach === 0) return facing.cell(place);
  const last = confusion.background;
  let best = facing.cell(place);
  let most = 0;
  const bounds = (index: number) =>
    index === last ? [last, last] : [clamp(index - reach, last - 1), clamp(index + reach, last - 1)];
  const [top, bottom] = bounds(place[0]) as [number, number];
  const [left, right] = bounds(place[1]) as [number, number];
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const cell = facing.cell([row, column]);
      const count = confusion.count(...cell);
      if (count > most) {
        most = count;
        best = cell;
      }
    }
  }
  return best;
}
