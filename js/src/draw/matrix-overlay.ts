/** Paints what follows the pointer and the selection, over the matrix. */
import type { CellPair } from "../host/model.ts";
import type { Facing, Place } from "./facing.ts";
import { edgeOf, type MatrixLayout, offsetOf } from "./layout.ts";
import { type Inks, SMALLEST_RECTANGLE } from "./matrix.ts";

interface OverlayPicture {
  readonly layout: MatrixLayout;
  readonly inks: Inks;
  readonly ratio: number;
  readonly facing: Facing;
  readonly selected: readonly CellPair[];
  readonly hover: CellPair | null;
  /** Row and column lit by another view. */
  readonly category: number | null;
  /** Corners of a block that is being chosen. */
  readonly block: readonly [Place, Place] | null;
}

/** Tints the labels of a row or column and rules its edges; the cells keep their colours. */
function paintBand(
  context: CanvasRenderingContext2D,
  layout: MatrixLayout,
  row: number | null,
  column: number | null,
): void {
  const across = (index: number) => Math.max(2, edgeOf(layout, index) - 1);
  const ruled = layout.cell >= SMALLEST_RECTANGLE;
  const band = (x: number, y: number, width: number, height: number, far: number, upright: boolean) => {
    context.globalAlpha = 0.16;
    context.fillRect(x, y, width, height);
    if (!ruled) return;
    context.globalAlpha = 0.45;
    context.lineWidth = 1;
    if (upright) context.strokeRect(x - 1, y + height, width + 1, far);
    else context.strokeRect(x + width, y - 1, far, height + 1);
  };
  if (row !== null) {
    band(AXIS, layout.top + offsetOf(layout, row), layout.left - AXIS - 2, across(row), layout.extent + 2, false);
  }
  if (column !== null) {
    band(layout.left + offsetOf(layout, column), AXIS, across(column), layout.top - AXIS - 2, layout.extent + 2, true);
  }
}

const AXIS = 18;

function paintFrame(context: CanvasRenderingContext2D, layout: MatrixLayout, row: number, column: number): void {
  const margin = layout.cell >= 12 ? 2 : 0;
  const side = (index: number) => {
    const length = Math.max(5, edgeOf(layout, index) - margin);
    return { start: offsetOf(layout, index) + (edgeOf(layout, index) - margin - length) / 2, length };
  };
  const [across, down] = [side(column), side(row)];
  context.beginPath();
  const [x, y] = [layout.left + across.start, layout.top + down.start];
  context.roundRect(x, y, across.length, down.length, layout.cell >= 20 ? 3 : 0);
  context.stroke();
}

function paintBlock(
  context: CanvasRenderingContext2D,
  layout: MatrixLayout,
  [one, other]: readonly [Place, Place],
): void {
  const span = (axis: 0 | 1) => {
    const [from, to] = [Math.min(one[axis], other[axis]), Math.max(one[axis], other[axis])];
    const start = offsetOf(layout, from);
    return [start, offsetOf(layout, to) + edgeOf(layout, to) - start] as const;
  };
  const [[y, height], [x, width]] = [span(0), span(1)];
  context.globalAlpha = 0.2;
  context.fillRect(layout.left + x, layout.top + y, width, height);
  context.globalAlpha = 1;
  context.strokeRect(layout.left + x, layout.top + y, width, height);
}

export function paintOverlay(context: CanvasRenderingContext2D, picture: OverlayPicture): void {
  const { layout, inks, ratio, facing, hover, category } = picture;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, layout.width, layout.height);
  context.fillStyle = inks.accent;
  context.strokeStyle = inks.accent;
  if (hover) paintBand(context, layout, ...facing.place(hover));
  else if (category !== null) paintBand(context, layout, facing.placeOf(category), facing.placeOf(category));
  context.globalAlpha = 1;
  context.lineWidth = 3;
  for (const cell of picture.selected) paintFrame(context, layout, ...facing.place(cell));
  if (picture.block) paintBlock(context, layout, picture.block);
  if (!hover) return;
  context.strokeStyle = inks.text;
  context.lineWidth = 1.5;
  paintFrame(context, layout, ...facing.place(hover));
}
