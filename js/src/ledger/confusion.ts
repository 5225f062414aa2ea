import { PayloadError } from "./schema.ts";

/** The non-empty cells in row-major order; cell c holds examples `start[c]` up to `start[c + 1]`. */
export interface Cells {
  readonly actual: Int32Array;
  readonly predicted: Int32Array;
  readonly start: Int32Array;
  /** How many boxes each cell counts, where the payload holds examples of some of them only. */
  readonly count?: Int32Array;
}

/** One row per thing that stands in a cell; `object` or `detection` is -1 where there is none. */
export interface Examples {
  readonly object: Int32Array;
  readonly detection: Int32Array;
  readonly iou: Float32Array;
}

/**
 * A sparse confusion matrix with the examples behind every cell.
 *
 * Rows are the actual class, columns the predicted class; the last of each is background. The count of a cell is the
 * number of its examples, so a number and what a click on it brings cannot differ.
 */
export class Confusion {
  /** Number of rows and of columns: classes + 1. */
  readonly size: number;
  readonly cells: Cells;
  readonly examples: Examples;
  readonly rowSum: Float64Array;
  readonly columnSum: Float64Array;
  /** Largest count of one cell, and of one off the diagonal; 0 where there is none. */
  readonly max: number;
  readonly maxError: number;
  readonly total: number;
  readonly #places: { object?: Int32Array; detection?: Int32Array } = {};

  constructor(size: number, cells: Cells, examples: Examples, rows = examples.object.length) {
    checkCells(size, cells, rows);
    this.size = size;
    this.cells = cells;
    this.examples = examples;
    this.rowSum = new Float64Array(size);
    this.columnSum = new Float64Array(size);
    let max = 0;
    let maxError = 0;
    this.each((row, column, count) => {
      this.rowSum[row] = (this.rowSum[row] as number) + count;
      this.columnSum[column] = (this.columnSum[column] as number) + count;
      max = Math.max(max, count);
      if (row !== column) maxError = Math.max(maxError, count);
    });
    this.max = max;
    this.maxError = maxError;
    this.total = this.rowSum.reduce((sum, count) => sum + count, 0);
  }

  /** Index of the background row and column. */
  get background(): number {
    return this.size - 1;
  }

  /** Number of non-empty cells. */
  get length(): number {
    return this.cells.actual.length;
  }

  /** Calls `visit` with each non-empty cell, in row-major order. */
  each(visit: (actual: number, predicted: number, count: number, cell: number) => void): void {
    const { actual, predicted } = this.cells;
    for (let cell = 0; cell < actual.length; cell++) {
      visit(actual[cell] as number, predicted[cell] as number, this.countAt(cell), cell);
    }
  }

  /** The non-empty cells that `keep` lets through, in row-major order. */
  where(keep: (actual: number, predicted: number) => boolean): (readonly [actual: number, predicted: number])[] {
    const found: (readonly [number, number])[] = [];
    this.each((actual, predicted) => keep(actual, predicted) && found.push([actual, predicted]));
    return found;
  }

  /** Count of the non-empty cell with this index. */
  countAt(cell: number): number {
    return this.cells.count?.[cell] ?? this.#heldAt(cell);
  }

  /** Whether some of what is counted has no example: a saved view that had no room for all boxes. */
  get partial(): boolean {
    return this.cells.count !== undefined;
  }

  #heldAt(cell: number): number {
    return (this.cells.start[cell + 1] as number) - (this.cells.start[cell] as number);
  }

  /** Index of a non-empty cell, or -1 where nothing stands. */
  find(actual: number, predicted: number): number {
    const key = actual * this.size + predicted;
    let low = 0;
    let high = this.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const here = (this.cells.actual[middle] as number) * this.size + (this.cells.predicted[middle] as number);
      if (here === key) return middle;
      if (here < key) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  count(actual: number, predicted: number): number {
    const cell = this.find(actual, predicted);
    return cell < 0 ? 0 : this.countAt(cell);
  }

  /** Rows of `examples` behind these cells, cell by cell in the order given. */
  examplesOf(pairs: Iterable<readonly [number, number]>): Int32Array {
    const found = Array.from(pairs, ([actual, predicted]) => this.find(actual, predicted)).filter((cell) => cell >= 0);
    const rows = new Int32Array(found.reduce((sum, cell) => sum + this.#heldAt(cell), 0));
    let next = 0;
    for (const cell of found) {
      const end = this.cells.start[cell + 1] as number;
      for (let row = this.cells.start[cell] as number; row < end; row++) rows[next++] = row;
    }
    return rows;
  }

  /** The non-empty cells of one class on one axis, in row-major order. */
  line(axis: "actual" | "predicted", index: number): (readonly [actual: number, predicted: number])[] {
    return this.where((actual, predicted) => (axis === "actual" ? actual : predicted) === index);
  }

  /** The example that an object or a detection stands in, or -1 where it stands in no cell. */
  exampleWith(source: "object" | "detection", row: number): number {
    this.#places[source] ??= placesOf(this.examples[source]);
    return this.#places[source][row] ?? -1;
  }

  /** The non-empty cell that an example stands in. */
  cellOf(example: number): readonly [actual: number, predicted: number] {
    let low = 0;
    let high = this.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.cells.start[middle] as number) <= example) low = middle;
      else high = middle - 1;
    }
    return [this.cells.actual[low] as number, this.cells.predicted[low] as number];
  }

  /** The cells off the diagonal with the highest counts, most first; equal counts keep row-major order. */
  worst(limit: number): { actual: number; predicted: number; count: number }[] {
    const errors: { actual: number; predicted: number; count: number }[] = [];
    this.each((actual, predicted, count) => actual !== predicted && errors.push({ actual, predicted, count }));
    return errors.sort((one, other) => other.count - one.count).slice(0, limit);
  }
}

/** For each row of a column of examples the example that holds it, -1 where none does. */
function placesOf(rows: Int32Array): Int32Array {
  const places = new Int32Array(rows.reduce((most, row) => Math.max(most, row), -1) + 1).fill(-1);
  for (let example = 0; example < rows.length; example++) {
    const row = rows[example] as number;
    if (row >= 0) places[row] = example;
  }
  return places;
}

function checkCells(size: number, { actual, predicted, start, count }: Cells, examples: number): void {
  if (start.length !== actual.length + 1) {
    throw new PayloadError(`column "cell_start" has ${start.length} rows, expected ${actual.length + 1}`);
  }
  if (start[0] !== 0 || start[actual.length] !== examples) {
    throw new PayloadError(`column "cell_start" does not run from 0 to the ${examples} examples`);
  }
  let before = -1;
  for (let cell = 0; cell < actual.length; cell++) {
    const key = (actual[cell] as number) * size + (predicted[cell] as number);
    if (key <= before) throw new PayloadError(`cell ${cell} is out of row-major order`);
    const held = (start[cell + 1] as number) - (start[cell] as number);
    if (held < 0 || (count?.[cell] ?? held) < Math.max(held, 1)) throw new PayloadError(`cell ${cell} is empty`);
    before = key;
  }
}
