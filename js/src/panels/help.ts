/** All keys, and what the marks mean. */
import type { Context } from "../views/context.ts";
import { createDialog } from "./dialog.ts";

const KEYS: readonly (readonly [title: string, keys: readonly (readonly [key: string, meaning: string])[]])[] = [
  [
    "Matrix",
    [
      ["Arrows", "move to the next cell; with Control to the edge"],
      ["Home, End", "first and last cell of the row; with Control of the matrix"],
      ["Enter", "select the cell; with Control or Shift add it"],
      ["Shift + arrows, drag", "select a block of cells"],
      ["Shift + Space, row label", "select the row"],
      ["Control + Space, column label", "select the column"],
      ["O, double click on a label", "open a folded group or (other)"],
      ["Escape", "select nothing"],
    ],
  ],
  [
    "Examples",
    [
      ["Arrows", "walk over the pictures"],
      ["Page Up, Page Down", "turn the page"],
      ["Enter", "open the whole frame"],
      ["L, H, I", "mark as label error, hard, to ignore; again takes it back"],
      ["Escape", "back to the matrix"],
    ],
  ],
  [
    "Whole frame",
    [
      ["Left, Right", "example before and after"],
      ["+, −, 0, wheel", "zoom in, zoom out, whole frame"],
      ["Z", "zoom to the boxes"],
      ["L, H, I", "mark the example"],
      ["Shift + arrows, drag", "move the picture"],
      ["A, G, P, D", "all boxes, ground truth, predictions, difference"],
      ["Escape", "close"],
    ],
  ],
];

export function helpDialog(context: Context): HTMLDialogElement {
  const { make } = context;
  const parts = KEYS.map(([title, keys]) =>
    make(
      "section",
      {},
      make("h3.fl-heading", {}, title),
      make("dl.fl-keys", {}, ...keys.flatMap(([key, meaning]) => [make("dt", {}, key), make("dd", {}, meaning)])),
    ),
  );
  const { element } = createDialog(context, "fl-help-dialog", "Keys");
  element.append(...parts);
  return element;
}
