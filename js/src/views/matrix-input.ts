/** Pointer and keyboard of the matrix: hover, selection of cells, blocks, rows and columns, and what is spoken. */

import { listen } from "../draw/dom.ts";
import type { Place } from "../draw/facing.ts";
import { hit, hitLabel } from "../draw/layout.ts";
import type { CellPair } from "../host/model.ts";
import { cellsBehind } from "../ledger/groups.ts";
import { spoken } from "../ledger/words.ts";
import type { Context } from "./context.ts";
import { moveCursor, strongestAt } from "./matrix-cursor.ts";
import type { MatrixPainter } from "./matrix-painter.ts";
import type { Shape } from "./matrix-shape.ts";
import { join, samePair, toggle } from "./store.ts";

type Axis = "actual" | "predicted";
/** A row or column of groups. */
type Line = readonly [axis: Axis, group: number];

const adding = (event: MouseEvent | KeyboardEvent) => event.ctrlKey || event.metaKey || event.shiftKey;

export class MatrixInput {
  readonly #context: Context;
  readonly #painter: MatrixPainter;
  readonly #shape: () => Shape;
  readonly #live: HTMLElement;
  /** The cell of classes that the keyboard is on. */
  #cursor: CellPair;
  /** Where a drag began, or a block by keyboard. */
  #corner: Place | null = null;
  #dragged = false;

  constructor(context: Context, painter: MatrixPainter, shape: () => Shape, live: HTMLElement) {
    this.#context = context;
    this.#painter = painter;
    this.#shape = shape;
    this.#live = live;
    const { facing, toClasses } = shape();
    this.#cursor = toClasses(facing.cell([0, 0]));
    const { stage } = painter;
    const { store, signal } = context;
    listen(stage, "pointermove", (event) => this.#point(event), signal);
    listen(stage, "pointerdown", (event) => this.#hold(event), signal);
    listen(stage, "pointerup", (event) => this.#drop(event), signal);
    listen(stage, "pointercancel", () => this.#endBlock(), signal);
    listen(stage, "pointerleave", () => store.set({ hover: null, category: null }), signal);
    listen(stage, "blur", () => store.set({ hover: null }), signal);
    listen(stage, "click", (event) => this.#click(event), signal);
    listen(stage, "dblclick", (event) => this.#open(event), signal);
    listen(stage, "focus", () => stage.matches(":focus-visible") && this.#moveTo(this.#cursor), signal);
    listen(stage, "keydown", (event) => this.#press(event), signal);
  }

  /** The cell of groups under the pointer, or the row or column whose label is. */
  #under(event: MouseEvent): { cell: CellPair | null; line: Line | null } {
    const { layout, stage } = this.#painter;
    const { facing, confusion } = this.#shape();
    if (!layout) return { cell: null, line: null };
    const bounds = stage.getBoundingClientRect();
    const [x, y] = [event.clientX - bounds.left, event.clientY - bounds.top];
    const place = hit(layout, x, y);
    if (place) {
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
    const { toClasses, groups, facing } = this.#shape();
    const over = cell && toClasses(cell);
    // The same object while the pointer stays in one cell, so that nothing is drawn again.
    const hover = samePair(store.state.hover, over) ? store.state.hover : over;
    this.#painter.stage.dataset.over = cell ? "cell" : line ? "label" : "";
    const members = line ? groups[line[1]]?.members : undefined;
    store.set({ hover, category: members?.length === 1 ? (members[0] as number) : null });
    if (this.#corner && cell && event.buttons === 1) this.#stretch(facing.place(cell));
  }

  #hold(event: PointerEvent): void {
    this.#dragged = false;
    const { cell } = this.#under(event);
    this.#corner =
      cell && event.button === 0 && event.pointerType !== "touch" ? this.#shape().facing.place(cell) : null;
  }

  #drop(event: PointerEvent): void {
    const { block } = this.#painter;
    this.#dragged = block !== null;
    if (block) this.#selectBlock(block, adding(event));
    this.#endBlock();
  }

  #stretch(to: Place): void {
    const corner = this.#corner;
    if (!corner || (samePair(corner, to) && !this.#painter.block)) return;
    this.#painter.block = [corner, to];
    this.#painter.refresh();
  }

  #endBlock(): void {
    this.#corner = null;
    if (!this.#painter.block) return;
    this.#painter.block = null;
    this.#painter.refresh();
  }

  /** Selects what is not empty in a block of places. */
  #selectBlock([one, other]: readonly [Place, Place], more: boolean): void {
    const { store } = this.#context;
    const { facing, groupOf } = this.#shape();
    const within = (at: number, axis: 0 | 1) => {
      const [low, high] = [Math.min(one[axis], other[axis]), Math.max(one[axis], other[axis])];
      return at >= low && at <= high;
    };
    const found = store.state.confusion.where((actual, predicted) => {
      const [row, column] = facing.place([groupOf[actual] as number, groupOf[predicted] as number]);
      return within(row, 0) && within(column, 1);
    });
    store.set({ cells: more ? join(store.state.cells, found) : found });
  }

  #click(event: MouseEvent): void {
    if (this.#dragged) {
      this.#dragged = false;
      return;
    }
    const { cell, line } = this.#under(event);
    if (cell) this.#select(cell, adding(event));
    else if (line) this.#selectLine(line, adding(event));
  }

  /** Takes the classes of a group apart. */
  #open(event: MouseEvent): void {
    const { line } = this.#under(event);
    if (line) this.#unfold(line[1]);
  }

  #unfold(group: number): boolean {
    const { store, ledger } = this.#context;
    const { kind, members } = this.#shape().groups[group] ?? {};
    if (kind === "other") store.set({ top: null, chosen: [] });
    else if (kind === "folded") {
      const name = ledger.head.supercategories?.[members?.[0] ?? -1];
      store.set({ folded: store.state.folded.filter((one) => one !== name) });
    } else return false;
    return true;
  }

  #select(cell: CellPair, more: boolean): void {
    const { store } = this.#context;
    const shape = this.#shape();
    this.#cursor = shape.toClasses(cell);
    store.set({ cells: toggle(store.state.cells, cellsBehind(shape, store.state.confusion, cell), more) });
  }

  #selectLine([axis, group]: Line, more: boolean): void {
    const { store } = this.#context;
    const members = this.#shape().groups[group]?.members ?? [];
    const line = members.flatMap((index) => store.state.confusion.line(axis, index));
    store.set({ cells: more ? join(store.state.cells, line) : line });
  }

  #moveTo(cell: CellPair): void {
    const { store } = this.#context;
    const { confusion, labels, toGroups } = this.#shape();
    this.#cursor = cell;
    store.set({ hover: cell });
    this.#live.textContent = spoken(confusion, labels.slice(0, -1), ...toGroups(cell));
  }

  #press(event: KeyboardEvent): void {
    if (!this.#act(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Does what a key means here; false when it means nothing. */
  #act(event: KeyboardEvent): boolean {
    const { facing, toGroups } = this.#shape();
    const cursor = toGroups(this.#cursor);
    if (event.key === " " && (event.shiftKey || event.ctrlKey)) {
      const axis = facing.axis(event.shiftKey ? "row" : "column");
      this.#selectLine([axis, cursor[axis === "actual" ? 0 : 1]], false);
    } else if (event.key === "Enter" || event.key === " ") this.#select(cursor, adding(event));
    else if (event.key === "Escape") this.#context.store.set({ cells: [], picked: null, hover: null });
    else if (event.key === "o") return this.#unfold(cursor[0]) || this.#unfold(cursor[1]);
    else return this.#walk(event, cursor);
    return true;
  }

  /** Moves the cursor; with Shift the cells between where that began and here are selected. */
  #walk(event: KeyboardEvent, cursor: CellPair): boolean {
    const { facing, toClasses } = this.#shape();
    const moved = moveCursor(cursor, event, facing);
    if (!moved) return false;
    this.#moveTo(toClasses(moved));
    if (!event.shiftKey) this.#corner = null;
    else {
      this.#corner ??= facing.place(cursor);
      this.#selectBlock([this.#corner, facing.place(moved)], false);
    }
    return true;
  }
}
