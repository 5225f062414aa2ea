/** What the views of one widget share. No view knows another; they meet here. */

import type { ColorScale } from "../draw/matrix.ts";
import { onAbort } from "../host/life.ts";
import type { CellPair, Normalize } from "../host/model.ts";
import type { Theme } from "../host/theme.ts";
import type { PartAP } from "../ledger/average-precision.ts";
import type { BandRow } from "../ledger/bands.ts";
import type { Condition } from "../ledger/condition.ts";
import type { Confusion } from "../ledger/confusion.ts";
import type { Marking } from "../ledger/marking.ts";
import type { Order } from "../ledger/order.ts";
import type { Pairs } from "../ledger/outcome.ts";
import type { Mask, Pairing } from "../ledger/recount.ts";
import type { Scores } from "../ledger/scores.ts";
import type { Sift } from "../ledger/sift.ts";

/** Boxes to look at, with the heading of the gallery, such as "boat: score 0.3 to 0.4, nothing there". */
interface Picked extends Pairs {
  readonly title: string;
}

/** What is left out of the count, and words for it, such as "without 3 label errors". */
export interface Filter {
  /** What it was made of. */
  readonly conditions: readonly Condition[];
  readonly title: string;
  readonly mask: Mask;
  /** 1 for each frame that is counted; absent: all. */
  readonly frames?: Uint8Array;
}

/** How the boxes are counted. Setting any of it counts them anew, in the same change. */
export interface Counting {
  readonly point: { readonly confidence: number | null; readonly iou: number };
  readonly pairing: Pairing;
  /** Confidences of single classes in place of the one for all. */
  readonly perClass: ReadonlyMap<number, number> | null;
  readonly filter: Filter | null;
}

/** What the count gave: every number on the page comes from here. */
export interface Results {
  /** The matrix that is shown; replaced as a whole when the boxes are counted anew. */
  readonly confusion: Confusion;
  readonly scores: Scores;
  readonly ignored: { readonly objects: number; readonly detections: number };
  /** Average precision of what a filter leaves; null: that of the whole, as without a filter, or not known (yet). */
  readonly ap: PartAP | null;
  /** Whether anything of `Counting` differs from what Python was asked for. */
  readonly moved: boolean;
}

export interface State extends Counting, Results {
  /** Bands of good values that were set, of cards and of single classes. */
  readonly bands: readonly BandRow[];
  /** What a person said of single examples. */
  readonly marks: readonly Marking[];
  readonly cells: readonly CellPair[];
  /** Boxes that a panel brings to the gallery in place of those of the cells; choosing cells ends it. */
  readonly picked: Picked | null;
  readonly hover: CellPair | null;
  /** Class that is lit in every view. */
  readonly category: number | null;
  readonly normalize: Normalize;
  readonly colorScale: ColorScale;
  readonly transpose: boolean;
  /** Whether what is correct is left uncoloured, so that the errors use the whole range of colours. */
  readonly hideDiagonal: boolean;
  /** One order of the classes for every view. */
  readonly order: Order;
  /** How many classes stand alone in the matrix, the first by what the order counts; null for all. */
  readonly top: number | null;
  /** Super-categories that are one row and column. */
  readonly folded: readonly string[];
  /** Classes to look at; empty for all. The others share a row and a column. */
  readonly chosen: readonly number[];
  /** Order and filters of the gallery. */
  readonly sift: Sift;
  /** Whether the gallery shows whole frames instead of crops. */
  readonly wholeFrames: boolean;
  /** Slices by size: name, least and greatest area; null for COCO's. */
  readonly sizes: readonly (readonly [name: string, low: number, high: number])[] | null;
  /** Chosen tab; empty takes the first. */
  readonly panel: string;
  /** Chosen epoch and the one under the pointer. */
  readonly epoch: number | null;
  readonly hoverEpoch: number | null;
  readonly theme: Theme;
}

type Key = keyof State;
type Listener = (state: State) => void;
/** Adds to a change what follows from it. */
export type Derive = (patch: Partial<State>, state: State) => Partial<State>;

export class Store {
  #state: State;
  readonly #listeners = new Map<Key, Set<Listener>>();
  readonly #onError: (error: unknown) => void;
  /** Set when what counts the boxes has been loaded. */
  derive: Derive = (patch) => patch;

  /** `onError` hears what a listener throws, so that one broken view leaves the others alive. */
  constructor(initial: State, onError: (error: unknown) => void) {
    this.#state = initial;
    this.#onError = onError;
  }

  get state(): State {
    return this.#state;
  }

  set(patch: Partial<State>): void {
    if (patch.cells && patch.cells.length > 0 && !patch.picked) patch = { ...patch, picked: null };
    if (patch.picked && !patch.cells) patch = { ...patch, cells: [] };
    patch = this.derive(patch, this.#state);
    const changed = (Object.keys(patch) as Key[]).filter((key) => !Object.is(patch[key], this.#state[key]));
    if (changed.length === 0) return;
    this.#state = { ...this.#state, ...patch };
    const listeners = new Set(changed.flatMap((key) => [...(this.#listeners.get(key) ?? [])]));
    for (const listener of listeners) this.#call(listener);
  }

  /** Calls `listener` now and after each change of one of `keys`, until `signal` aborts. */
  watch(keys: readonly Key[], listener: Listener, signal: AbortSignal): void {
    if (signal.aborted) return;
    for (const key of keys) {
      const known = this.#listeners.get(key) ?? new Set();
      this.#listeners.set(key, known.add(listener));
    }
    const forget = () => {
      for (const key of keys) this.#listeners.get(key)?.delete(listener);
    };
    onAbort(signal, forget);
    this.#call(listener);
  }

  /** Number of listeners, for tests of leaks. */
  get listening(): number {
    return [...this.#listeners.values()].reduce((sum, known) => sum + known.size, 0);
  }

  #call(listener: Listener): void {
    try {
      listener(this.#state);
    } catch (error) {
      this.#onError(error);
    }
  }
}

export function samePair(one: CellPair | null | undefined, other: CellPair | null | undefined): boolean {
  if (!one || !other) return !one && !other;
  return one[0] === other[0] && one[1] === other[1];
}

function includesPair(cells: readonly CellPair[], pair: CellPair): boolean {
  return cells.some((cell) => samePair(cell, pair));
}

/** The selection with more cells; none is in it twice. */
export function join(cells: readonly CellPair[], more: readonly CellPair[]): readonly CellPair[] {
  return [...cells, ...more.filter((cell) => !includesPair(cells, cell))];
}

/** The selection after a click on what these cells stand for: a click on all that is selected clears, `adding` joins or removes. */
export function toggle(cells: readonly CellPair[], clicked: readonly CellPair[], adding: boolean): readonly CellPair[] {
  const without = cells.filter((cell) => !includesPair(clicked, cell));
  const all = cells.length - without.length === clicked.length;
  if (adding) return all ? without : join(cells, clicked);
  return all && without.length === 0 ? [] : clicked;
}
