/** The two canvases of the matrix: what is drawn when, and where its cells stand. */
import { Facing, type Place } from "../draw/facing.ts";
import { edgeOf, layoutMatrix, type MatrixLayout, offsetOf } from "../draw/layout.ts";
import { type Inks, paintMatrix, paintOverlay, widestLabel } from "../draw/matrix.ts";
import { Palette } from "../draw/palette.ts";
import type { CellPair } from "../host/model.ts";
import { arrange } from "../ledger/order.ts";
import { BACKGROUND, className } from "../ledger/words.ts";
import { canvasInks, canvasSurface, frameScheduler, type Surface, watchSize } from "./canvas.ts";
import type { Context } from "./context.ts";
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
  facing: Facing;
  readonly #classes: readonly string[];
  readonly #labels: readonly string[];
  readonly #base: Surface;
  readonly #overlay: Surface;
  readonly #tooltip: Tooltip;
  #inks: Inks | undefined;

  constructor(context: Context, stage: HTMLElement) {
    const { make, ledger, store, signal } = context;
    this.stage = stage;
    this.#classes = ledger.head.classes;
    this.#labels = [...this.#classes.map((_, index) => className(this.#classes, index)), BACKGROUND];
    this.#base = canvasSurface(make, "fl-matrix-base", signal);
    this.#overlay = canvasSurface(make, "fl-matrix-overlay", signal);
    this.#tooltip = matrixTooltip(context, stage);
    stage.append(this.#base.canvas, this.#overlay.canvas, this.#tooltip.element);
    this.facing = this.#face(store.state);
    this.#follow(context);
  }

  #face({ order, confusion, transpose }: State): Facing {
    return new Facing(arrange(order, confusion, this.#classes), transpose);
  }

  #follow({ store, signal }: Context): void {
    const overlay = frameScheduler(() => this.#drawOverlay(store.state), signal);
    const base = frameScheduler(() => {
      this.#drawBase(store.state);
      this.#drawOverlay(store.state);
    }, signal);
    const face = (state: State) => {
      this.facing = this.#face(state);
      this.stage.dataset.order = state.order;
    };
    store.watch(["confusion", "order", "transpose"], face, signal);
    store.watch(["confusion", "normalize", "colorScale", "hideDiagonal", "order", "transpose", "theme"], base, signal);
    store.watch(["hover", "cells", "category"], overlay, signal);
    watchSize(this.stage, base, signal);
  }

  #drawBase(state: State): void {
    const width = this.stage.clientWidth;
    if (width === 0) return;
    const inks = canvasInks(this.stage);
    this.#inks = inks;
    const { context } = this.#base;
    const widest = context ? widestLabel(context, this.#labels, inks.font) : 0;
    const layout = layoutMatrix({ size: state.confusion.size, width, rowLabel: widest, columnLabel: widest });
    this.layout = layout;
    this.#describe(layout);
    const ratio = this.#base.resize(layout.width, layout.height);
    this.#overlay.resize(layout.width, layout.height);
    if (!context) return;
    const { confusion, normalize, colorScale, hideDiagonal, theme } = state;
    const palette = new Palette(theme.dark);
    const { facing } = this;
    paintMatrix(context, {
      layout,
      confusion,
      labels: this.#labels,
      normalize,
      colorScale,
      hideDiagonal,
      facing,
      palette,
      inks,
      ratio,
    });
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
    const { layout, facing } = this;
    if (!layout || !this.#inks) return;
    const { context } = this.#overlay;
    const ratio = this.#overlay.ratio();
    if (context) paintOverlay(context, { layout, inks: this.#inks, ratio, facing, selected, hover, category });
    this.#tooltip.show(hover, hover && boundsOf(layout, facing.place(hover)));
  }
}

function boundsOf(layout: MatrixLayout, [row, column]: Place): { x: number; y: number; edge: number } {
  return {
    x: layout.left + offsetOf(layout, column),
    y: layout.top + offsetOf(layout, row),
    edge: edgeOf(layout, column),
  };
}
