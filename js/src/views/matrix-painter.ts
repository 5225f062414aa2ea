/** The two canvases of the matrix: what is drawn when, and where its cells stand. */
import type { Place } from "../draw/facing.ts";
import { cornerOf, edgeOf, layoutMatrix, type MatrixLayout } from "../draw/layout.ts";
import { ENDS, type Inks, paintMatrix, widestLabel } from "../draw/matrix.ts";
import { paintOverlay } from "../draw/matrix-overlay.ts";
import { Palette } from "../draw/palette.ts";
import type { CellPair } from "../host/model.ts";
import { canvasInks, canvasSurface, frameScheduler, type Surface, watchSize } from "./canvas.ts";
import type { Context } from "./context.ts";
import { SHAPE_KEYS, type Shape } from "./matrix-shape.ts";
import type { State } from "./store.ts";
import { matrixTooltip, type Tooltip } from "./tooltip.ts";

const pairText = (pair: CellPair | null) => (pair ? `${pair[0]},${pair[1]}` : null);

function setData(element: HTMLElement, name: string, value: string | null): void {
  if (value === null) delete element.dataset[name];
  else element.dataset[name] = value;
}

export class MatrixPainter {
  readonly stage: HTMLElement;
  /** Undefined until the stage has a size. */
  layout: MatrixLayout | undefined;
  /** Corners of a block that is being chosen. */
  block: readonly [Place, Place] | null = null;
  readonly #shape: () => Shape;
  readonly #base: Surface;
  readonly #overlay: Surface;
  readonly #tooltip: Tooltip;
  #inks: Inks | undefined;
  /** Width that was drawn last, and what the labels on the canvas depend on. */
  #width = 0;
  #labelled = "";

  constructor(context: Context, stage: HTMLElement, shape: () => Shape) {
    const { make, signal } = context;
    this.stage = stage;
    this.#shape = shape;
    this.#base = canvasSurface(make, "fl-matrix-base", signal);
    this.#overlay = canvasSurface(make, "fl-matrix-overlay", signal);
    this.#tooltip = matrixTooltip(context, stage, shape);
    stage.append(this.#base.canvas, this.#overlay.canvas, this.#tooltip.element);
    this.#follow(context);
  }

  /** Draws what follows the pointer, in the next frame. */
  refresh: () => void = () => undefined;

  #follow({ store, signal }: Context): void {
    const overlay = frameScheduler(() => this.#drawOverlay(store.state), signal);
    this.refresh = overlay;
    const base = frameScheduler(() => {
      this.#drawBase(store.state);
      this.#drawOverlay(store.state);
    }, signal);
    store.watch([...SHAPE_KEYS, "normalize", "colorScale", "hideDiagonal", "theme"], base, signal);
    store.watch(["hover", "cells", "category"], overlay, signal);
    // The first size is known before it is told.
    watchSize(this.stage, () => this.stage.clientWidth !== this.#width && base(), signal);
  }

  #drawBase(state: State): void {
    const width = this.stage.clientWidth;
    this.#width = width;
    if (width === 0) return;
    const inks = canvasInks(this.stage);
    this.#inks = inks;
    const { context } = this.#base;
    const { confusion, labels, facing } = this.#shape();
    const widest = context ? widestLabel(context, [...labels.slice(0, -1), ...ENDS], inks.font) : 0;
    const layout = layoutMatrix({ size: confusion.size, width, rowLabel: widest, columnLabel: widest });
    this.layout = layout;
    this.stage.dataset.order = state.order;
    this.#describe(layout);
    const ratio = this.#base.resize(layout.width, layout.height);
    this.#overlay.resize(layout.width, layout.height);
    if (!context) return;
    const { normalize, colorScale, hideDiagonal, theme } = state;
    const palette = new Palette(theme.dark);
    const labelled = [JSON.stringify([layout, inks, ratio, facing.transpose]), facing.classAt, labels].join();
    paintMatrix(
      context,
      { layout, confusion, labels, normalize, colorScale, hideDiagonal, facing, palette, inks, ratio },
      labelled === this.#labelled,
    );
    this.#labelled = labelled;
  }

  /** Numbers from which a script finds a cell: x = left + column * cell (+ gap in the last column, lastCell wide). */
  #describe(layout: MatrixLayout): void {
    for (const name of ["size", "cell", "gap", "lastCell", "left", "top"] as const) {
      this.stage.dataset[name] = String(layout[name]);
    }
    this.stage.style.height = `${layout.height}px`;
  }

  #drawOverlay({ cells: selected, hover, category }: State): void {
    setData(this.stage, "hover", pairText(hover));
    setData(this.stage, "selected", selected.map(pairText).join(" ") || null);
    const { layout, block } = this;
    const { facing, toGroups, groupOf } = this.#shape();
    if (!layout || !this.#inks) return;
    const { context } = this.#overlay;
    const ratio = this.#overlay.ratio();
    const over = hover && toGroups(hover);
    const lit = category === null ? null : (groupOf[category] ?? null);
    const chosen = selected.map(toGroups);
    const inks = this.#inks;
    if (context) {
      paintOverlay(context, { layout, inks, ratio, facing, selected: chosen, hover: over, category: lit, block });
    }
    this.#tooltip.show(over, over && boundsOf(layout, facing.place(over)));
  }
}

function boundsOf(layout: MatrixLayout, [row, column]: Place): { x: number; y: number; edge: number } {
  const [x, y] = cornerOf(layout, row, column);
  return { x, y, edge: edgeOf(layout, column) };
}
