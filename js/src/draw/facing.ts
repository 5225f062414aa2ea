/** How the cells of a matrix stand on the screen: in which order, and which way round. */
import type { CellPair } from "../host/model.ts";

/** A place on the screen; the numbers of a cell never change with it. */
export type Place = readonly [row: number, column: number];

/**
 * Translates between cells (actual, predicted) and places (row, column).
 *
 * Every view of a matrix asks here, so that order and orientation are known in one place. Background stays last.
 */
export class Facing {
  readonly transpose: boolean;
  /** Class that stands at each place of both axes, background last. */
  readonly classAt: Int32Array;
  readonly #placeOf: Int32Array;

  /** `classAt` holds every class once and background at its end. */
  constructor(classAt: Int32Array, transpose: boolean) {
    this.transpose = transpose;
    this.classAt = classAt;
    this.#placeOf = new Int32Array(classAt.length);
    for (const [place, index] of classAt.entries()) this.#placeOf[index] = place;
  }

  get size(): number {
    return this.classAt.length;
  }

  /** Place of a class or of background on either axis. */
  placeOf(index: number): number {
    return this.#placeOf[index] as number;
  }

  /** Where a cell stands. */
  place([actual, predicted]: CellPair): Place {
    const [row, column] = [this.placeOf(actual), this.placeOf(predicted)];
    return this.transpose ? [column, row] : [row, column];
  }

  /** The axis of the confusion matrix that a side of the screen shows. */
  axis(side: "row" | "column"): "actual" | "predicted" {
    return (side === "row") === this.transpose ? "predicted" : "actual";
  }

  /** Which cell stands there. */
  cell([row, column]: Place): CellPair {
    const [first, second] = [this.classAt[row] as number, this.classAt[column] as number];
    return this.transpose ? [second, first] : [first, second];
  }
}
