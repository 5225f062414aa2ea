/** Pointer and keyboard on a chart: read an epoch, choose it, or drag over the epochs to look at. */
import { listen } from "../draw/dom.ts";
import type { Store } from "../views/store.ts";
import { type ChartLayout, nearestEpoch } from "./chart-geometry.ts";
import type { OptionStore } from "./chart-options.ts";

interface Target {
  readonly plot: HTMLElement;
  readonly layout: ChartLayout;
  readonly epochs: readonly number[];
  /** The epoch that is written out now. */
  shown(): number | null;
  /** Draws the stretch that is being dragged over; null takes it away. */
  showBrush(ends: readonly [number, number] | null): void;
}

/** Pixels that the pointer moves before a click becomes a drag. */
const DRAG = 5;

export class ChartInput {
  readonly #target: Target;
  readonly #store: Store;
  readonly #options: OptionStore;
  #from: number | null = null;
  #dragged = false;

  constructor(target: Target, store: Store, options: OptionStore, signal: AbortSignal) {
    [this.#target, this.#store, this.#options] = [target, store, options];
    const { plot } = target;
    listen(plot, "pointerdown", (event) => this.#down(event), signal);
    listen(plot, "pointermove", (event) => this.#move(event), signal);
    listen(plot, "pointerup", (event) => this.#up(event), signal);
    listen(plot, "pointercancel", () => this.#end(), signal);
    listen(plot, "pointerleave", () => store.set({ hoverEpoch: null }), signal);
    listen(plot, "blur", () => store.set({ hoverEpoch: null }), signal);
    listen(plot, "click", (event) => this.#click(event), signal);
    listen(plot, "keydown", (event) => this.#key(event), signal);
  }

  /** In the pixels of the drawing. */
  #x(event: MouseEvent): number {
    const bounds = this.#target.plot.getBoundingClientRect();
    return (event.clientX - bounds.left) * (bounds.width === 0 ? 1 : this.#target.layout.width / bounds.width);
  }

  #epochAt(x: number): number | null {
    const { layout, epochs } = this.#target;
    return epochs[nearestEpoch(layout, epochs, x)] ?? null;
  }

  #down(event: PointerEvent): void {
    if (event.button !== 0 || event.pointerType === "touch") return;
    [this.#from, this.#dragged] = [this.#x(event), false];
  }

  #move(event: PointerEvent): void {
    const x = this.#x(event);
    this.#store.set({ hoverEpoch: this.#epochAt(x) });
    if (this.#from === null) return;
    if (event.buttons === 0) {
      this.#end(); // the button was let go outside
      return;
    }
    if (!this.#dragged && Math.abs(x - this.#from) > DRAG) {
      this.#dragged = true;
      this.#target.plot.setPointerCapture?.(event.pointerId);
    }
    if (this.#dragged) this.#target.showBrush([Math.min(this.#from, x), Math.max(this.#from, x)]);
  }

  #up(event: PointerEvent): void {
    if (this.#from !== null && this.#dragged) {
      const [one, other] = [this.#epochAt(this.#from), this.#epochAt(this.#x(event))];
      if (one !== null && other !== null && one !== other) this.#zoom(Math.min(one, other), Math.max(one, other));
    }
    this.#from = null;
    this.#target.showBrush(null);
  }

  #end(): void {
    [this.#from, this.#dragged] = [null, false];
    this.#target.showBrush(null);
  }

  #click(event: MouseEvent): void {
    if (this.#dragged) this.#dragged = false;
    else this.#choose(this.#epochAt(this.#x(event)));
  }

  #choose(epoch: number | null): void {
    this.#store.set({ epoch: epoch === this.#store.state.epoch ? null : epoch });
  }

  #zoom(first: number, last: number): void {
    const { epochs } = this.#target;
    const all = first <= (epochs[0] ?? 0) && last >= (epochs.at(-1) ?? 0);
    this.#options.set({ window: all ? null : [first, last] });
  }

  /** Halves or doubles what is in sight, around the epoch that is written out. */
  #zoomBy(factor: number): void {
    const { epochs } = this.#target;
    const [lowest, highest] = [epochs[0] ?? 0, epochs.at(-1) ?? 0];
    const [first, last] = this.#options.state.window ?? [lowest, highest];
    const middle = this.#target.shown() ?? (first + last) / 2;
    const half = Math.max(1, ((last - first) * factor) / 2);
    this.#zoom(Math.max(lowest, Math.round(middle - half)), Math.min(highest, Math.round(middle + half)));
  }

  #key(event: KeyboardEvent): void {
    const { epochs } = this.#target;
    const at = epochs.indexOf(this.#target.shown() ?? Number.NaN);
    const last = epochs.length - 1;
    const steps: Record<string, number> = {
      ArrowLeft: at - 1,
      ArrowDown: at - 1,
      ArrowRight: at + 1,
      ArrowUp: at + 1,
      Home: 0,
      End: last,
    };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (Object.hasOwn(steps, event.key)) {
      const to = Math.min(last, Math.max(0, steps[event.key] as number));
      this.#store.set({ hoverEpoch: epochs[to] ?? null });
    } else if (event.key === "Enter" || event.key === " ") this.#choose(this.#target.shown());
    else if (event.key === "Escape") this.#store.set({ epoch: null, hoverEpoch: null });
    else if (event.key === "+" || event.key === "=") this.#zoomBy(0.5);
    else if (event.key === "-") this.#zoomBy(2);
    else if (event.key === "0") this.#options.set({ window: null });
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
