/** From head and bytes to typed columns. Nothing here knows a document or a model. */
import { type Cells, Confusion, type Examples } from "./confusion.ts";
import { type ColumnSpec, type Dtype, type Head, PayloadError, type Recount, readHead } from "./schema.ts";

/** Boxes, one row each: x, y, width, height in `head.box_unit`. */
interface Boxes {
  readonly frame: Int32Array;
  readonly category: Int32Array;
  readonly box: Float32Array;
}

/** Flags of objects are not 0 where they stand in no cell and absorb detections of their class; this bit: any number of them. */
export const CROWD = 2;

/** All ground-truth objects, also crowd regions and ignored ones: see `flags`. */
export interface Objects extends Boxes {
  readonly flags: Uint8Array;
}

/**
 * Detections by falling score, so those over a confidence are the first ones; also those under the confidence that is
 * shown, down to `head.recount.floor`.
 */
export interface Detections extends Boxes {
  readonly score: Float64Array;
}

/** Detections and objects that overlap; those of detection d are rows `start[d]` up to `start[d + 1]`, best first. */
export interface Pairs {
  readonly start: Int32Array;
  readonly object: Int32Array;
  /** The highest of `head.recount.steps` that the pair passes. */
  readonly level: Uint8Array;
  /** Rows by falling IoU. */
  readonly order: Int32Array;
}

/** Everything the browser knows about one evaluation. */
export interface Ledger {
  readonly head: Head;
  readonly objects: Objects;
  readonly detections: Detections;
  readonly confusion: Confusion;
  /** Null where the payload does not say how to count anew. */
  readonly pairs: Pairs | null;
  /** The bytes behind the columns, for panels that read columns of their own. */
  readonly data: DataView;
}

/** Bytes whose columns are made when they are first read. */
export interface LazyBytes {
  /** Makes a column, unless it stands. */
  need(column: string): void;
}

const BYTES: Record<Dtype, number> = { u1: 1, i4: 4, f4: 4, f8: 8 };

interface Arrays {
  u1: Uint8Array;
  i4: Int32Array;
  f4: Float32Array;
  f8: Float64Array;
}

function make<D extends Dtype>(dtype: D, buffer: ArrayBufferLike, offset: number, length: number): Arrays[D] {
  const constructors = { u1: Uint8Array, i4: Int32Array, f4: Float32Array, f8: Float64Array };
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
  (data as Partial<LazyBytes>).need?.(name);
  const start = data.byteOffset + spec.offset;
  if (start % BYTES[dtype] === 0) return make(dtype, data.buffer, start, length);
  return make(dtype, data.buffer.slice(start, start + bytes), 0, length);
}

export function checkIndexes(values: Int32Array | Uint8Array, low: number, high: number, name: string): void {
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    if (value < low || value >= high) {
      throw new PayloadError(`column "${name}" row ${row} is ${value}, allowed: ${low} to ${high - 1}`);
    }
  }
}

export function checkLength(length: number, expected: number, name: string): void {
  if (length !== expected) throw new PayloadError(`column "${name}" has ${length} rows, expected ${expected}`);
}

/** A column that must have so many rows. */
function columnOf<D extends Dtype>(head: Head, data: DataView, name: string, dtype: D, rows: number, width = 1) {
  const found = column(head.columns, data, name, dtype, width);
  checkLength(found.length / width, rows, name);
  return found;
}

/** Frame, class and box of the rows of one kind, such as "object". */
export function readBoxes(head: Head, data: DataView, kind: string): Boxes {
  const frame = column(head.columns, data, `${kind}_frame`, "i4");
  const category = columnOf(head, data, `${kind}_class`, "i4", frame.length);
  const box = columnOf(head, data, `${kind}_box`, "f4", frame.length, 4);
  checkIndexes(frame, 0, head.frames.names.length, `${kind}_frame`);
  checkIndexes(category, 0, head.classes.length, `${kind}_class`);
  return { frame, category, box };
}

/** Puts a property in its place that is made when it is first read. */
function later<Target extends object, Name extends keyof Target>(
  target: Target,
  name: Name,
  make: () => Target[Name],
): Target {
  const put = (value: Target[Name]) => Object.defineProperty(target, name, { value, writable: true });
  return Object.defineProperty(target, name, {
    configurable: true,
    enumerable: true,
    get: () => {
      const value = make();
      put(value);
      return value;
    },
    set: put,
  });
}

function rowsOf({ columns }: Head, name: string): number {
  return columns[name]?.shape[0] ?? 0;
}

function readObjects(head: Head, data: DataView): Objects {
  const boxes = readBoxes(head, data, "object");
  const { length } = boxes.frame;
  const flags = head.recount ? columnOf(head, data, "object_flags", "u1", length) : new Uint8Array(length);
  return { ...boxes, flags };
}

function readDetections(head: Head, data: DataView): Detections {
  const boxes = readBoxes(head, data, "detection");
  const score = columnOf(head, data, "detection_score", "f8", boxes.frame.length);
  return { ...boxes, score };
}

function readPairs(head: Head, data: DataView, objects: number, detections: number): Pairs | null {
  if (!head.recount) return null;
  const numbers = columnOf(head, data, "detection_pairs", "i4", detections);
  const object = column(head.columns, data, "pair_object", "i4");
  const level = columnOf(head, data, "pair_level", "u1", object.length);
  const order = columnOf(head, data, "pair_order", "i4", object.length);
  checkIndexes(numbers, 0, object.length + 1, "detection_pairs");
  const start = new Int32Array(detections + 1);
  for (let row = 0; row < detections; row++) start[row + 1] = (start[row] as number) + (numbers[row] as number);
  checkLength(object.length, start[detections] as number, "pair_object");
  checkIndexes(object, 0, objects, "pair_object");
  checkIndexes(level, 0, head.recount.steps.length, "pair_level");
  checkIndexes(order, 0, object.length, "pair_order");
  return { start, object, level, order };
}

/** The examples; what of them is not a matter of the count of a cell is read later. */
function readExamples(head: Head, data: DataView): Examples {
  const rows = rowsOf(head, "example_object");
  const read = (name: string, of: string) => {
    const found = columnOf(head, data, name, "i4", rows);
    checkIndexes(found, -1, rowsOf(head, of), name);
    return found;
  };
  const examples = {} as Examples;
  later(examples, "object", () => read("example_object", "object_frame"));
  later(examples, "detection", () => {
    const found = read("example_detection", "detection_frame");
    const nothing = found.findIndex((row, example) => row < 0 && (examples.object[example] as number) < 0);
    if (nothing >= 0) throw new PayloadError(`example ${nothing} has neither an object nor a detection`);
    return found;
  });
  later(examples, "iou", () => columnOf(head, data, "example_iou", "f4", rows));
  return examples;
}

function readConfusion(head: Head, data: DataView): Confusion {
  const size = head.classes.length + 1;
  const read = (name: string) => column(head.columns, data, name, "i4");
  const actual = read("cell_actual");
  const inEach = (name: string) => columnOf(head, data, name, "i4", actual.length);
  const predicted = inEach("cell_predicted");
  checkIndexes(actual, 0, size, "cell_actual");
  checkIndexes(predicted, 0, size, "cell_predicted");
  const cells: Cells = { actual, predicted, start: read("cell_start") };
  const counts = Object.hasOwn(head.columns, "cell_count") ? { count: inEach("cell_count") } : {};
  return new Confusion(size, { ...cells, ...counts }, readExamples(head, data), rowsOf(head, "example_object"));
}

/**
 * Decodes a payload.
 *
 * Every index is checked once here, so the views may trust all of them. Throws a `PayloadError` with the column's name.
 * Of {@link LazyBytes} only the matrix is read at once; boxes, scores and pairs are read and checked when a view asks
 * for them, so no view ever sees what has not been made.
 */
export function decode(rawHead: unknown, data: DataView): Ledger {
  const head = readHead(rawHead);
  const ledger = { head, data, confusion: readConfusion(head, data) } as Ledger;
  later(ledger, "objects", () => readObjects(head, data));
  later(ledger, "detections", () => readDetections(head, data));
  later(ledger, "pairs", () => readPairs(head, data, rowsOf(head, "object_frame"), rowsOf(head, "detection_frame")));
  if (!("need" in data)) readAll(ledger);
  return ledger;
}

/** Reads and checks what has not been read. */
function readAll({ objects, detections, confusion: { examples }, pairs }: Ledger): unknown {
  return [objects, detections, examples.object, examples.detection, examples.iou, pairs];
}

/**
 * Takes more detections, and the pairs that belong to them, in place of those that came with the payload.
 *
 * The first rows stay the same, so every row number that a view holds keeps its meaning.
 */
export function extend(ledger: Ledger, columns: Head["columns"], recount: Recount, data: DataView): void {
  const head = { ...ledger.head, recount, columns };
  const detections = readDetections(head, data);
  const pairs = readPairs(head, data, ledger.objects.frame.length, detections.frame.length);
  Object.assign(ledger, { head: { ...head, columns: ledger.head.columns }, detections, pairs });
}
