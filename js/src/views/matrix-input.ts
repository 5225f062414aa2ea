/** Pointer and keyboard of the matrix: hover, selection of cells, rows and columns, and what is spoken. */
import { listen } from "../draw/dom.ts";
import { hit, hitLabel } from "../draw/layout.ts";
import type { CellPair } from "../host/model.ts";
import { spoken } from "../ledger/words.ts";
import type { Context } from "./context.ts";
import { moveCursor, strongestAt } from "./matrix-cursor.ts";
import type { MatrixPainter } from "./matrix-painter.ts";
import { join, samePair, toggle } from "./store.ts";

type Axis = "actual" | "predicted";
type Line = readonly [axis: Axis, index: number];

const adding = (event: MouseEvent | KeyboardEvent) => event.ctrlKey || event.metaKey || event.shiftKey;

export class MatrixInput {
  readonly #context: Context;
  readonly #painter: MatrixPainter;
  readonly #live: HTMLElement;
  /** The cell that the keyboard is on. */
  #cursor: CellPair;

  constructor(context: Context, painter: MatrixPainter, live: HTMLElement) {
    this.#context = context;
    this.#painter = painter;
    this.#live = live;
    this.#cursor = painter.facing.cell([0, 0]);
    const { stage } = painter;
    const { store, signal } = context;
    listen(stage, "pointermove", (event) => this.#point(event), signal);
    listen(stage, "pointerleave", () => store.set({ hover: null, category: null }), signal);
    listen(stage, "blur", () => store.set({ hover: null }), signal);
    listen(stage, "click", (event) => this.#click(event), signal);
    listen(stage, "focus", () => stage.matches(":focus-visible") && this.#moveTo(this.#cursor), signal);
    listen(stage, "keydown", (event) => this.#press(event), signal);
  }

  #under(event: MouseEvent): { cell: CellPair | null; line: Line | null } {
    const { layout, facing, stage } = this.#painter;
    if (!layout) return { cell: null, line: null };
    const bounds = stage.getBoundingClientRect();
    const [x, y] = [event.clientX - bounds.left, event.clientY - bounds.top];
    const place = hit(layout, x, y);
    if (place) {
      const { confusion } = this.#context.store.state;
      const cell = strongestAt(confusion, layout, place, facing);
      const empty = cell[0] === confusion.background && cell[1] === confusion.background;
      return { cell: empty ? null : cell, line: null };
    }
    const label = hitLabel(layout, x, y);
    return { cell: null, line: label && [facing.axis(label[0]), facing.classAt[label[1]] as number] };
  }

  #point(event: MouseEvent): void {
    const { store } = this.#context;
    const { cell, line } = this.#under(event);
    // The same object while the pointer stays in one cell, so that nothing is drawn again.
    const hover = samePair(store.state.hover, cell) ? store.state.hover : cell;
    this.#painter.stage.dataset.over = cell ? "cell" : line ? "label" : "";
    store.set({ hover, category: line ? line[1] : null });
  }

  #click(event: MouseEvent): void {
    const { cell, line } = this.#under(event);
    if (cell) this.#select(cell, adding(event));
    else if (line) this.#selectLine(line, adding(event));
  }

  #select(cell: CellPair, more: boolean): void {
    const { store } = this.#context;
    this.#cursor = cell;
    store.set({ cells: toggle(store.state.cells, cell, more) });
  }

  #selectLine([axis, index]: Line, more: boolean): void {
    const { store } = this.#context;
    const line = store.state.confusion.line(axis, index);
    store.set({ cells: more ? join(store.state.cells, line) : line });
  }

  #moveTo(cell: CellPair): void {
    const { store, ledger } = this.#context;
    this.#cursor = cell;
    store.set({ hover: cell });
    this.#live.textContent = spoken(store.state.confusion, ledger.head.classes, ...cell);
  }

  #press(event: KeyboardEvent): void {
    if (!this.#act(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Does what a key means here; false when it means nothing. */
  #act(event: KeyboardEvent): boolean {
    const { facing } = this.#painter;
    if (event.key === " " && (event.shiftKey || event.ctrlKey)) {
      const axis = facing.axis(event.shiftKey ? "row" : "column");
      this.#selectLine([axis, this.#cursor[axis === "actual" ? 0 : 1]], false);
    } else if (event.key === "Enter" || event.key === " ") this.#select(this.#cursor, adding(event));
    else if (event.key === "Escape") this.#context.store.set({ cells: [], hover: null });
    else {
      const moved = moveCursor(this.#cursor, event, facing);
      if (!moved) return false;
      this.#moveTo(moved);
    }
    return true;
  }
}
