/** Where the cells of a matrix stand, in CSS pixels. Pure numbers, no document. */

export interface MatrixLayout {
  /** Rows and columns, background among them. */
  readonly size: number;
  /** Edge of a cell; a whole number from 3 pixels up, below it as small as it must be. */
  readonly cell: number;
  /** Space before the background row and column. */
  readonly gap: number;
  /** Edge of the background row and column across; they stay visible where cells are smaller than a pixel. */
  readonly lastCell: number;
  /** Left and top edge of the first cell. */
  readonly left: number;
  readonly top: number;
  /** Edge of the whole grid. */
  readonly extent: number;
  readonly width: number;
  readonly height: number;
  /** Column labels stand upright because they are wider than a cell. */
  readonly upright: boolean;
  /** Every how many rows a label fits. */
  readonly labelStep: number;
  /** Room for the text of a row label and of a column label. */
  readonly rowLabel: number;
  readonly columnLabel: number;
}

interface LayoutInput {
  readonly size: number;
  /** Width that is free. */
  readonly width: number;
  /** Widest row and column label. */
  readonly rowLabel: number;
  readonly columnLabel: number;
  /** Largest edge of the grid. */
  readonly largest?: number;
}

const AXIS_TITLE = 20;
const PAD = 6;
const LARGEST_CELL = 46;
const LARGEST_OF_FEW = 64;
const FEW = 6;
const LARGEST_EXTENT = 720;
const LABEL_LINE = 12;
const THINNEST_BACKGROUND = 8;

function chooseCell(free: number, size: number): number {
  const cell = Math.min(size <= FEW ? LARGEST_OF_FEW : LARGEST_CELL, free / size);
  return cell >= 3 ? Math.floor(cell) : Math.max(cell, 0.05);
}

export function layoutMatrix({
  size,
  width,
  rowLabel,
  columnLabel,
  largest = LARGEST_EXTENT,
}: LayoutInput): MatrixLayout {
  const largestLabel = Math.max(24, Math.min(150, 0.28 * width));
  const rowRoom = Math.min(rowLabel, largestLabel);
  const gap = size > 1 ? 6 : 0;
  const left = AXIS_TITLE + rowRoom + PAD;
  const room = Math.max(10, Math.min(width - left - gap - 2, largest));
  const free = room / size < THINNEST_BACKGROUND ? room - THINNEST_BACKGROUND : room;
  const cell = chooseCell(free, size);
  const upright = columnLabel > cell - 4;
  const columnRoom = upright ? Math.min(columnLabel, largestLabel) : LABEL_LINE;
  const top = AXIS_TITLE + columnRoom + PAD;
  const lastCell = size > 1 ? Math.max(cell, THINNEST_BACKGROUND) : cell;
  const extent = cell * (size - 1) + gap + lastCell;
  return {
    size,
    cell,
    gap,
    lastCell,
    left,
    top,
    extent,
    width: left + extent + 2,
    height: top + extent + 4,
    upright,
    labelStep: Math.max(1, Math.ceil(LABEL_LINE / cell)),
    rowLabel: rowRoom,
    columnLabel: columnRoom,
  };
}

/** Distance of a row or column from the first one. */
export function offsetOf(layout: MatrixLayout, index: number): number {
  return index * layout.cell + (index === layout.size - 1 ? layout.gap : 0);
}

/** Left and top edge of the cell in a row and column. */
export function cornerOf(layout: MatrixLayout, row: number, column: number): readonly [x: number, y: number] {
  return [layout.left + offsetOf(layout, column), layout.top + offsetOf(layout, row)];
}

/** Length of a row or column across. */
export function edgeOf(layout: MatrixLayout, index: number): number {
  return index === layout.size - 1 ? layout.lastCell : layout.cell;
}

function indexAt(layout: MatrixLayout, distance: number): number {
  const last = layout.size - 1;
  if (distance < 0 || distance >= layout.extent) return -1;
  if (distance >= offsetOf(layout, last)) return last;
  const index = Math.floor(distance / layout.cell);
  return index < last ? index : -1;
}

/** Row and column on the screen under a point of the canvas, or null beside the cells. */
export function hit(layout: MatrixLayout, x: number, y: number): readonly [row: number, column: number] | null {
  const row = indexAt(layout, y - layout.top);
  const column = indexAt(layout, x - layout.left);
  return row < 0 || column < 0 ? null : [row, column];
}

/** The row or column whose label lies under a point of the canvas, or null. */
export function hitLabel(
  layout: MatrixLayout,
  x: number,
  y: number,
): readonly [axis: "row" | "column", index: number] | null {
  const [row, column] = [indexAt(layout, y - layout.top), indexAt(layout, x - layout.left)];
  if (x < layout.left && x > AXIS_TITLE && row >= 0) return ["row", row];
  if (y < layout.top && y > AXIS_TITLE && column >= 0) return ["column", column];
  return null;
}

/** Which rows a label is drawn for: every `labelStep`-th, and always the background. */
export function labelled(layout: MatrixLayout): number[] {
  const last = layout.size - 1;
  const rows: number[] = [];
  for (let row = 0; row < last; row += layout.labelStep) rows.push(row);
  return last > 0 ? [...rows, last] : [last];
}
