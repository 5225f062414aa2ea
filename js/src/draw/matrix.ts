/** Paints the matrix: one base picture, and an overlay for what follows the pointer. */
import type { Normalize } from "../host/model.ts";
import type { Confusion } from "../ledger/confusion.ts";
import { integer } from "../ledger/words.ts";
import type { Facing } from "./facing.ts";
import { cornerOf, edgeOf, labelled, type MatrixLayout, offsetOf } from "./layout.ts";
import { cssColor, inkOn, type Palette } from "./palette.ts";

export interface Inks {
  readonly text: string;
  readonly muted: string;
  readonly empty: string;
  readonly accent: string;
  readonly font: string;
}

export interface MatrixPicture {
  readonly layout: MatrixLayout;
  readonly confusion: Confusion;
  /** Labels of the rows and columns; the last one is background, which says on each axis what it means there. */
  readonly labels: readonly string[];
  readonly normalize: Normalize;
  readonly colorScale: ColorScale;
  /** Whether the diagonal is left uncoloured. */
  readonly hideDiagonal: boolean;
  readonly facing: Facing;
  readonly palette: Palette;
  readonly inks: Inks;
  /** Device pixels per CSS pixel. */
  readonly ratio: number;
}

/** What the matrix is painted with: a canvas, or what writes the same down. */
export type Pen = Pick<
  CanvasRenderingContext2D,
  | "fillStyle"
  | "strokeStyle"
  | "globalAlpha"
  | "lineWidth"
  | "font"
  | "textAlign"
  | "textBaseline"
  | "imageSmoothingEnabled"
  | "measureText"
  | "save"
  | "restore"
  | "setTransform"
  | "translate"
  | "rotate"
  | "clearRect"
  | "fillRect"
  | "beginPath"
  | "roundRect"
  | "fill"
  | "moveTo"
  | "lineTo"
  | "stroke"
  | "fillText"
> & {
  drawImage(sheet: CanvasImageSource, x: number, y: number, width: number, height: number): void;
};

/** What stands in background: detections where no object is, and objects without a detection. */
export const ENDS = ["nothing there", "not detected"] as const;

/** A share of fewer boxes says little: its interval is wider than 40 points. Such cells are hatched. */
export const FEW = 20;

/** Below this edge a cell is a dot in an image and no longer a rectangle with a margin. */
export const SMALLEST_RECTANGLE = 5;
const FONT_SIZE = 11;
/** Labels of rows that are closer than a line of text. */
const SMALL_FONT_SIZE = 10;

/** How a colour grows with a number: `log` keeps rare confusions visible, `linear` shows proportions. */
export type ColorScale = "log" | "linear";
export const COLOR_SCALES: readonly ColorScale[] = ["log", "linear"];

/** What a count is shared by; 1 for plain counts. */
function wholeOf(confusion: Confusion, normalize: Normalize, actual: number, predicted: number): number {
  if (normalize === "row") return confusion.rowSum[actual] as number;
  if (normalize === "column") return confusion.columnSum[predicted] as number;
  return normalize === "total" ? confusion.total : 1;
}

/**
 * Strength of a colour, 0..1, of the largest count or of a whole. `log` is logarithmic for counts and the square root for
 * shares, which have no natural unit.
 */
export function strengthOf(
  picture: Pick<MatrixPicture, "confusion" | "normalize" | "colorScale" | "hideDiagonal">,
  count: number,
  whole: number,
): number {
  const { confusion, normalize, colorScale, hideDiagonal } = picture;
  const most = hideDiagonal ? confusion.maxError : confusion.max;
  const plain = normalize === "count" || normalize === "total"; // shares of everything are counts in another unit
  const part = plain ? (most === 0 ? 0 : count / most) : whole === 0 ? 0 : count / whole;
  if (colorScale === "linear") return Math.min(1, part);
  return plain ? Math.min(1, Math.log1p(count) / Math.log1p(Math.max(most, 1))) : Math.sqrt(part);
}

/** The texts a cell may show, longest first. */
export function cellTexts(normalize: Normalize, count: number, whole: number): string[] {
  if (normalize === "count") {
    if (count < 10000) return [integer(count), String(count)];
    return [integer(count), count < 1e6 ? `${Math.round(count / 1e3)}k` : `${Math.round(count / 1e6)}M`];
  }
  if (whole === 0) return [];
  const percent = (100 * count) / whole;
  if (count > 0 && percent < 1) return ["<1%", "<1"];
  if (count < whole && percent > 99) return [">99%", ">99"];
  return [`${Math.round(percent)}%`, `${Math.round(percent)}`];
}

/** Shortens `text` to `room` pixels with an ellipsis. */
export function ellipsis(context: Pick<CanvasRenderingContext2D, "measureText">, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text;
  const characters = Array.from(text);
  let low = 0;
  let high = characters.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(`${characters.slice(0, middle).join("")}…`).width <= room) low = middle;
    else high = middle - 1;
  }
  return `${characters.slice(0, low).join("")}…`;
}

/** Colour of a cell and how strong it is, or null for the diagonal where it is not shown. */
function colorOf(picture: MatrixPicture, { actual, predicted, count, whole }: Standing) {
  const hue = actual === predicted ? "correct" : "error";
  if (hue === "correct" && picture.hideDiagonal) return null;
  const strength = strengthOf(picture, count, whole);
  return { hue, strength, color: picture.palette.at(hue, strength) };
}

/** A cell that is not empty, and where it stands. */
interface Standing {
  readonly actual: number;
  readonly predicted: number;
  readonly count: number;
  /** What its count is a share of; 1 for plain counts. */
  readonly whole: number;
  readonly row: number;
  readonly column: number;
}

function eachCell({ confusion, facing, normalize }: MatrixPicture, visit: (cell: Standing) => void): void {
  confusion.each((actual, predicted, count) => {
    const [row, column] = facing.place([actual, predicted]);
    const whole = wholeOf(confusion, normalize, actual, predicted);
    visit({ actual, predicted, count, whole, row, column });
  });
}

/** The ground of all cells at once; what lies between them is cut out. */
function paintGround(context: Pen, { layout, inks }: MatrixPicture, margin: number): void {
  const { left, top, extent } = layout;
  const last = layout.size - 1;
  context.fillStyle = inks.empty;
  context.fillRect(left, top, extent, offsetOf(layout, last) - layout.gap);
  context.fillRect(left, top + offsetOf(layout, last), offsetOf(layout, last) - layout.gap, layout.lastCell);
  for (let index = 0; index <= last; index++) {
    const end = offsetOf(layout, index) + edgeOf(layout, index) - margin;
    const wide = index === last - 1 ? margin + layout.gap : margin;
    context.clearRect(left + end, top, wide, extent);
    context.clearRect(left, top + end, extent, wide);
  }
}

function paintRectangles(context: Pen, picture: MatrixPicture): void {
  const { layout, inks } = picture;
  const margin = layout.cell >= 12 ? 2 : 1;
  const radius = layout.cell >= 20 ? 3 : 0;
  const block = (row: number, column: number, color: string) => {
    context.fillStyle = color;
    const [width, height] = [edgeOf(layout, column) - margin, edgeOf(layout, row) - margin];
    const [x, y] = cornerOf(layout, row, column);
    if (radius === 0) {
      // Six times as fast as a path, and small matrices have thousands of cells.
      context.fillRect(x, y, width, height);
      return;
    }
    context.beginPath();
    context.roundRect(x, y, width, height, radius);
    context.fill();
  };
  if (radius === 0) paintGround(context, picture, margin);
  else {
    for (let row = 0; row < layout.size; row++) {
      for (let column = 0; column < layout.size; column++) {
        if (row < layout.size - 1 || column < layout.size - 1) block(row, column, inks.empty);
      }
    }
  }
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.font = `${Math.min(12, Math.max(9, layout.cell * 0.32))}px ${inks.font}`;
  eachCell(picture, (cell) => {
    const color = colorOf(picture, cell)?.color;
    if (color) block(cell.row, cell.column, cssColor(color));
    if (layout.cell >= 16) paintNumber(context, picture, cell, color ? inkOn(color) : inks.muted);
  });
  if (layout.cell >= 12) paintHatches(context, picture);
}

/** How many boxes the shares of a cell are shares of: the objects of its row, or the detections where there is no object. */
function basisOf({ rowSum, columnSum, background }: Confusion, actual: number, predicted: number): number {
  return (actual === background ? columnSum[predicted] : rowSum[actual]) as number;
}

/** Lines across the cells whose numbers say little. */
function paintHatches(context: Pen, picture: MatrixPicture): void {
  const { layout, confusion, inks } = picture;
  const edge = layout.cell - 2;
  context.beginPath();
  eachCell(picture, ({ actual, predicted, row, column }) => {
    if (basisOf(confusion, actual, predicted) >= FEW) return;
    const [x, y] = cornerOf(layout, row, column);
    for (let along = 6; along < 2 * edge; along += 6) {
      const [low, high] = [Math.max(0, along - edge), Math.min(along, edge)];
      context.moveTo(x + low, y + high);
      context.lineTo(x + high, y + low);
    }
  });
  context.globalAlpha = 0.28;
  context.strokeStyle = inks.text;
  context.lineWidth = 1;
  context.stroke();
  context.globalAlpha = 1;
}

function paintNumber(
  context: Pen,
  { layout, normalize }: MatrixPicture,
  { count, whole, row, column }: Standing,
  ink: string,
): void {
  const texts = cellTexts(normalize, count, whole);
  const text = texts.find((candidate) => context.measureText(candidate).width <= layout.cell - 4);
  if (text === undefined) return;
  const middle = (layout.cell - 2) / 2;
  context.fillStyle = ink;
  const [x, y] = cornerOf(layout, row, column);
  context.fillText(text, x + middle, y + middle + 0.5);
}

/**
 * RGBA of the grid at `edge` x `edge` pixels. Where several cells share a pixel the strongest colour wins, and an error
 * before what is correct: a plain reduction would drop rare confusions.
 */
export function gridPixels(picture: MatrixPicture, edge: number, scale: number): Uint8ClampedArray<ArrayBuffer> {
  const { layout } = picture;
  const pixels = new Uint8ClampedArray(edge * edge * 4);
  const strongest = new Float32Array(edge * edge).fill(-1);
  const from = (index: number) => Math.min(edge - 1, Math.floor(offsetOf(layout, index) * scale));
  const to = (index: number, start: number) =>
    Math.min(edge, Math.max(start + 1, Math.floor((offsetOf(layout, index) + edgeOf(layout, index)) * scale)));
  eachCell(picture, (cell) => {
    const made = colorOf(picture, cell);
    if (!made) return;
    const { hue, strength, color } = made;
    const [top, left] = [from(cell.row), from(cell.column)];
    const [bottom, right] = [to(cell.row, top), to(cell.column, left)];
    const rank = hue === "correct" ? strength : strength + 1;
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const at = y * edge + x;
        if (rank <= (strongest[at] as number)) continue;
        strongest[at] = rank;
        pixels.set(color, 4 * at);
        pixels[4 * at + 3] = 255;
      }
    }
  });
  return pixels;
}

function paintImage(context: Pen, picture: MatrixPicture): void {
  const { layout, inks, ratio } = picture;
  const last = offsetOf(layout, layout.size - 1);
  const inner = last - layout.gap;
  context.fillStyle = inks.empty;
  const spans = [
    [0, Math.max(inner, 1)],
    [last, layout.lastCell],
  ] as const;
  for (const [y, height] of spans) {
    for (const [x, width] of spans) context.fillRect(layout.left + x, layout.top + y, width, height);
  }
  const edge = Math.max(1, Math.ceil(layout.extent * ratio));
  const image = new ImageData(gridPixels(picture, edge, ratio), edge, edge);
  const sheet = new OffscreenCanvas(edge, edge);
  sheet.getContext("2d")?.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(sheet, layout.left, layout.top, edge / ratio, edge / ratio);
}

function paintLabels(context: Pen, picture: MatrixPicture): void {
  const { layout, labels, inks, facing } = picture;
  const last = layout.size - 1;
  const ends = facing.transpose ? ([ENDS[1], ENDS[0]] as const) : ENDS;
  context.textBaseline = "middle";
  for (const index of labelled(layout)) {
    const size = layout.labelStep > 1 ? SMALL_FONT_SIZE : FONT_SIZE;
    context.font = `${index === last ? "italic " : ""}${size}px ${inks.font}`;
    context.fillStyle = index === last ? inks.muted : inks.text;
    const name = labels[facing.classAt[index] as number] ?? "";
    const [rowText, columnText] = index === last ? ends : [name, name];
    const along = offsetOf(layout, index) + Math.max(1, edgeOf(layout, index) - 1) / 2;
    context.textAlign = "right";
    context.fillText(ellipsis(context, rowText, layout.rowLabel), layout.left - 6, layout.top + along);
    context.save();
    context.translate(layout.left + along, layout.top - 6);
    if (layout.upright) {
      context.rotate(-Math.PI / 2);
      context.textAlign = "left";
    } else {
      context.translate(0, -5);
      context.textAlign = "center";
    }
    context.fillText(ellipsis(context, columnText, layout.upright ? layout.columnLabel : layout.cell), 0, 0);
    context.restore();
  }
  paintTitles(context, picture, facing.transpose ? ["predicted", "actual"] : ["actual", "predicted"]);
}

function paintTitles(context: Pen, { layout, inks }: MatrixPicture, [rows, columns]: readonly [string, string]): void {
  context.font = `600 ${FONT_SIZE}px ${inks.font}`;
  context.fillStyle = inks.muted;
  context.textAlign = "center";
  context.fillText(columns, layout.left + layout.extent / 2, 8);
  context.save();
  context.translate(8, layout.top + layout.extent / 2);
  context.rotate(-Math.PI / 2);
  context.fillText(rows, 0, 0);
  context.restore();
}

/** Widest label, in CSS pixels. Only the longest texts are measured. */
export function widestLabel(context: Pen, labels: readonly string[], font: string): number {
  context.font = `${FONT_SIZE}px ${font}`;
  const longest = [...labels].sort((one, other) => other.length - one.length).slice(0, 40);
  return Math.ceil(Math.max(0, ...longest.map((text) => context.measureText(text).width))) + 2;
}

/** Paints everything, or the cells alone where labels and titles still stand. */
export function paintMatrix(context: Pen, picture: MatrixPicture, cellsAlone = false): void {
  const { layout, ratio } = picture;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  if (cellsAlone) context.clearRect(layout.left - 1, layout.top - 1, layout.width, layout.height);
  else context.clearRect(0, 0, layout.width, layout.height);
  if (layout.cell >= SMALLEST_RECTANGLE) paintRectangles(context, picture);
  else paintImage(context, picture);
  if (!cellsAlone) paintLabels(context, picture);
}
