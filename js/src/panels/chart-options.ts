/** How the curves of one widget are looked at. Shared by its charts, and kept when the payload changes. */
import { onAbort } from "../host/life.ts";

export interface ChartOptions {
  /** Keys of lines that are switched off. */
  readonly hidden: ReadonlySet<string>;
  /** Epochs on both sides that a smoothed value is the mean of; 0 draws the values themselves. */
  readonly reach: number;
  readonly log: boolean;
  /** First and last epoch in sight; null shows all. */
  readonly window: readonly [number, number] | null;
  /** Charts on demand that are shown. */
  readonly more: ReadonlySet<string>;
}

const START: ChartOptions = { hidden: new Set(), reach: 0, log: false, window: null, more: new Set() };

export class OptionStore {
  #state: ChartOptions = START;
  readonly #listeners = new Set<(state: ChartOptions) => void>();

  get state(): ChartOptions {
    return this.#state;
  }

  set(patch: Partial<ChartOptions>): void {
    this.#state = { ...this.#state, ...patch };
    for (const listener of [...this.#listeners]) listener(this.#state);
  }

  watch(listener: (state: ChartOptions) => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#listeners.add(listener);
    onAbort(signal, () => this.#listeners.delete(listener));
    listener(this.#state);
  }
}

/** The set without `key`, or with it where it was missing. */
export function toggled(set: ReadonlySet<string>, key: string): ReadonlySet<string> {
  return set.has(key) ? new Set([...set].filter((known) => known !== key)) : new Set([...set, key]);
}

/** Each widget loads its panels by a function of its own, for as long as it lives. */
const kept = new WeakMap<object, OptionStore>();

export function optionsOf(widget: object): OptionStore {
  const known = kept.get(widget) ?? new OptionStore();
  kept.set(widget, known);
  return known;
}
