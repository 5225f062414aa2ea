/** From head and bytes to typed columns. Nothing here knows a document or a model. */
import { Confusion } from "./confusion.ts";
import { type ColumnSpec, type Dtype, type Head, PayloadError, readHead } from "./schema.ts";

/** Ground-truth objects, one row each. Boxes are x, y, width, height in `head.box_unit`. */
export interface Objects {
  readonly frame: Int32Array;
  readonly category: Int32Array;
  readonly box: Float32Array;
}

/** Detections that stand in a cell, one row each. */
export interface Detections extends Objects {
  readonly score: Float64Array;
}

/** Everything the browser knows about one evaluation. */
export interface Ledger {
  readonly head: Head;
  readonly objects: Objects;
  readonly detections: Detections;
  readonly confusion: Confusion;
}

const BYTES: Record<Dtype, number> = { i4: 4, f4: 4, f8: 8 };

interface Arrays {
  i4: Int32Array;
  f4: Float32Array;
  f8: Float64Array;
}

function make<D extends Dtype>(dtype: D, buffer: ArrayBufferLike, offset: number, length: number): Arrays[D] {
  const constructors = { i4: Int32Array, f4: Float32Array, f8: Float64Array };
  return new constructors[dtype](buffer as ArrayBuffer, offset, length) as Arrays[D];
}

/**
 * Returns one column as a typed array: a view of the bytes where they are aligned, else a copy.
 *
 * Columns are little-endian, as is every machine a browser of today runs on.
 */
export function column<D extends Dtype>(
  columns: Readonly<Record<string, ColumnSpec>>,
  data: DataView,
  name: string,
  dtype: D,
  width = 1,
): Arrays[D] {
  const spec = Object.hasOwn(columns, name) ? columns[name] : undefined;
  if (spec === undefined) throw new PayloadError(`payload has no column "${name}"`);
  if (spec.dtype !== dtype) throw new PayloadError(`column "${name}" is ${String(spec.dtype)}, expected ${dtype}`);
  if (!Array.isArray(spec.shape) || (width > 1 && spec.shape[1] !== width)) {
    throw new PayloadError(`column "${name}" has shape [${String(spec.shape)}], expected [n, ${width}]`);
  }
  const length = (spec.shape as number[]).reduce((product, size) => product * size, 1);
  const bytes = length * BYTES[dtype];
  const fits = Number.isSafeInteger(spec.offset) && spec.offset >= 0 && spec.offset + bytes <= data.byteLength;
  if (!Number.isSafeInteger(length) || length < 0 || !fits) {
    throw new PayloadError(`column "${name}" does not lie inside the ${data.byteLength} bytes of the payload`);
  }
  const start = data.byteOffset + spec.offset;
  if (start % BYTES[dtype] === 0) return make(dtype, data.buffer, start, length);
  return make(dtype, data.buffer.slice(start, start + bytes), 0, length);
}

function checkIndexes(values: Int32Array, low: number, high: number, name: string): void {
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    if (value < low || value >= high) {
      throw new PayloadError(`column "${name}" row ${row} is ${value}, allowed: ${low} to ${high - 1}`);
    }
  }
}

function checkLength(length: number, expected: number, name: string): void {
  if (length !== expected) throw new PayloadError(`column "${name}" has ${length} rows, expected ${expected}`);
}

function readBoxes(head: Head, data: DataView, kind: "object" | "detection"): Objects {
  const frame = column(head.columns, data, `${kind}_frame`, "i4");
  const category = column(head.columns, data, `${kind}_class`, "i4");
  const box = column(head.columns, data, `${kind}_box`, "f4", 4);
  checkLength(category.length, frame.length, `${kind}_class`);
  checkLength(box.length / 4, frame.length, `${kind}_box`);
  checkIndexes(frame, 0, head.frames.names.length, `${kind}_frame`);
  checkIndexes(category, 0, head.classes.length, `${kind}_class`);
  return { frame, category, box };
}

function readConfusion(head: Head, data: DataView, objects: number, detections: number): Confusion {
  const size = head.classes.length + 1;
  const read = (name: string) => column(head.columns, data, name, "i4");
  const examples = {
    object: read("example_object"),
    detection: read("example_detection"),
    iou: column(head.columns, data, "example_iou", "f4"),
  };
  checkLength(examples.detection.length, examples.object.length, "example_detection");
  checkLength(examples.iou.length, examples.object.length, "example_iou");
  checkIndexes(examples.object, -1, objects, "example_object");
  checkIndexes(examples.detection, -1, detections, "example_detection");
  const nothing = examples.object.findIndex((object, row) => object < 0 && (examples.detection[row] as number) < 0);
  if (nothing >= 0) throw new PayloadError(`example ${nothing} has neither an object nor a detection`);
  const actual = read("cell_actual");
  const predicted = read("cell_predicted");
  checkLength(predicted.length, actual.length, "cell_predicted");
  checkIndexes(actual, 0, size, "cell_actual");
  checkIndexes(predicted, 0, size, "cell_predicted");
  return new Confusion(size, { actual, predicted, start: read("cell_start") }, examples);
}

/**
 * Decodes a payload.
 *
 * Every index is checked once here, so the views may trust all of them. Throws a `PayloadError` with the column's name.
 */
export function decode(rawHead: unknown, data: DataView): Ledger {
  const head = readHead(rawHead);
  const objects = readBoxes(head, data, "object");
  const boxes = readBoxes(head, data, "detection");
  const score = column(head.columns, data, "detection_score", "f8");
  checkLength(score.length, boxes.frame.length, "detection_score");
  const confusion = readConfusion(head, data, objects.frame.length, boxes.frame.length);
  return { head, objects, detections: { ...boxes, score }, confusion };
}
