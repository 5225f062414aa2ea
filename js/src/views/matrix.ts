/** The confusion matrix: base canvas, overlay canvas, tooltip, keyboard and what a screen reader hears. */
import { Facing, type Place } from "../draw/facing.ts";
import { hit, layoutMatrix, type MatrixLayout, offsetOf } from "../draw/layout.ts";
import { type Inks, paintMatrix, paintOverlay, widestLabel } from "../draw/matrix.ts";
import { Palette } from "../draw/palette.ts";
import type { CellPair } from "../host/model.ts";
import { arrange } from "../ledger/order.ts";
import { BACKGROUND, className, spoken } from "../ledger/words.ts";
import { canvasInks, canvasSurface, frameScheduler, watchSize } from "./canvas.ts";
import type { Context } from "./context.ts";
import { moveCursor, strongestAt } from "./matrix-cursor.ts";
import { matrixToolbar } from "./matrix-toolbar.ts";
import type { State } from "./store.ts";
import { toggle } from "./store.ts";
import { matrixTooltip } from "./tooltip.ts";

const pairText = (pair: CellPair | null) => (pair ? `${pair[0]},${pair[1]}` : null);

function setData(element: HTMLElement, name: string, value: string | null): void {
  if (value === null) delete element.dataset[name];
  else element.dataset[name] = value;
}

/** Numbers from which a script finds a cell: x = left + column * cell (+ gap in the last column, lastCell wide). */
function describeLayout(stage: HTMLElement, layout: MatrixLayout): void {
  for (const name of ["size", "cell", "gap", "lastCell", "left", "top"] as const)
    stage.dataset[name] = String(layout[name]);
}

function stageElement({ make, ledger }: Context): HTMLElement {
  const { classes, counts } = ledger.head;
  const label = `Confusion matrix of ${classes.length} classes and background, ${counts.objects} objects. Arrow keys move, Enter selects, Escape clears.`;
  return make("div", {
    class: "fl-matrix-stage",
    tabindex: 0,
    role: "application",
    "aria-roledescription": "confusion matrix",
    "aria-label": label,
  });
}

export function matrixView(context: Context): HTMLElement {
  const { make, ledger, store, signal } = context;
  const classes = ledger.head.classes;
  const labels = [...classes.map((_, index) => className(classes, index)), BACKGROUND];
  const stage = stageElement(context);
  const base = canvasSurface(make, "fl-matrix-base", signal);
  const overlay = canvasSurface(make, "fl-matrix-overlay", signal);
  const tooltip = matrixTooltip(context, stage);
  const live = make("p", { class: "fl-unseen fl-live", "aria-live": "polite" });
  stage.append(base.canvas, overlay.canvas, tooltip.element);

  let layout: MatrixLayout | undefined;
  let inks: Inks | undefined;
  let facing = facingOf(store.state, classes);
  let cursor: CellPair = facing.cell([0, 0]);

  function drawBase(state: State): void {
    const width = stage.clientWidth;
    if (width === 0) return;
    inks = canvasInks(stage);
    const widest = base.context ? widestLabel(base.context, labels, inks.font) : 0;
    layout = layoutMatrix({ size: state.confusion.size, width, rowLabel: widest, columnLabel: widest });
    describeLayout(stage, layout);
    stage.style.height = `${layout.height}px`;
    const ratio = base.resize(layout.width, layout.height);
    overlay.resize(layout.width, layout.height);
    if (!base.context) return;
    const palette = new Palette(state.theme.dark);
    const { confusion, normalize } = state;
    paintMatrix(base.context, { layout, confusion, labels, normalize, facing, palette, inks, ratio });
  }

  function drawOverlay(state: State): void {
    setData(stage, "hover", pairText(state.hover));
    setData(stage, "selected", state.cells.map(pairText).join(" ") || null);
    if (!layout || !inks) return;
    const { cells: selected, hover, category } = state;
    const ratio = overlay.ratio();
    if (overlay.context) paintOverlay(overlay.context, { layout, inks, ratio, facing, selected, hover, category });
    tooltip.show(hover, hover && placeOf(layout, facing.place(hover)));
  }

  const scheduleOverlay = frameScheduler(() => drawOverlay(store.state), signal);
  const scheduleBase = frameScheduler(() => {
    drawBase(store.state);
    drawOverlay(store.state);
  }, signal);
  const face = (state: State) => {
    facing = facingOf(state, classes);
    stage.dataset.order = state.order;
  };
  store.watch(["confusion", "order", "transpose"], face, signal);
  store.watch(["confusion", "normalize", "order", "transpose", "theme"], scheduleBase, signal);
  store.watch(["hover", "cells", "category"], scheduleOverlay, signal);
  watchSize(stage, scheduleBase, signal);

  function cellUnder(event: MouseEvent): CellPair | null {
    if (!layout) return null;
    const bounds = stage.getBoundingClientRect();
    const place = hit(layout, event.clientX - bounds.left, event.clientY - bounds.top);
    if (!place) return null;
    const { confusion } = store.state;
    const pair = strongestAt(confusion, layout, place, facing);
    return pair[0] === confusion.background && pair[1] === confusion.background ? null : pair;
  }

  function select(pair: CellPair, adding: boolean): void {
    cursor = pair;
    store.set({ cells: toggle(store.state.cells, pair, adding) });
  }

  function speak(): void {
    live.textContent = spoken(store.state.confusion, classes, ...cursor);
  }

  stage.addEventListener(
    "pointermove",
    (event) => store.set({ hover: keepPair(store.state.hover, cellUnder(event)) }),
    { signal },
  );
  stage.addEventListener("pointerleave", () => store.set({ hover: null }), { signal });
  stage.addEventListener(
    "click",
    (event) => {
      const pair = cellUnder(event);
      if (pair) select(pair, event.ctrlKey || event.metaKey || event.shiftKey);
    },
    { signal },
  );
  stage.addEventListener(
    "focus",
    () => {
      if (!stage.matches(":focus-visible")) return;
      store.set({ hover: cursor });
      speak();
    },
    { signal },
  );
  stage.addEventListener("blur", () => store.set({ hover: null }), { signal });
  stage.addEventListener(
    "keydown",
    (event) => {
      if (event.key === "Enter" || event.key === " ") select(cursor, event.ctrlKey || event.metaKey || event.shiftKey);
      else if (event.key === "Escape") store.set({ cells: [], hover: null });
      else {
        const moved = moveCursor(cursor, event, facing);
        if (!moved) return;
        cursor = moved;
        store.set({ hover: cursor });
        speak();
      }
      event.preventDefault();
      event.stopPropagation();
    },
    { signal },
  );

  return make("section", { class: "fl-matrix", "aria-label": "Confusion matrix" }, matrixToolbar(context), stage, live);
}

function facingOf({ order, confusion, transpose }: State, classes: readonly string[]): Facing {
  return new Facing(arrange(order, confusion, classes), transpose);
}

/** The same object while the pointer stays in one cell, so that nothing is drawn again. */
function keepPair(known: CellPair | null, next: CellPair | null): CellPair | null {
  return known && next && known[0] === next[0] && known[1] === next[1] ? known : next;
}

function placeOf(layout: MatrixLayout, [row, column]: Place): { x: number; y: number; edge: number } {
  return { x: layout.left + offsetOf(layout, column), y: layout.top + offsetOf(layout, row), edge: layout.cell };
}
