/** A space in which one picture is made larger and moved: by buttons, wheel, drag and keys. */
import { listen } from "../draw/dom.ts";
import type { Region } from "../host/pictures.ts";

const LARGEST = 16;
/** From here on the picture wants more pixels. */
const CLOSE = 1.6;
const STEP = 60;

const PAN: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [0, -STEP],
  ArrowDown: [0, STEP],
  ArrowLeft: [-STEP, 0],
  ArrowRight: [STEP, 0],
};

/**
 * Zooms by making the picture larger inside a space that scrolls. Scrolling is what touch, trackpads and screen readers
 * know; lines and labels over the picture keep their size.
 */
export class ZoomSpace {
  readonly #space: HTMLElement;
  readonly #onClose: () => void;
  #view: HTMLElement | undefined;
  #zoom = 1;

  /** `onClose` is called when the zoom passes the point where a larger picture helps. */
  constructor(space: HTMLElement, signal: AbortSignal, onClose: () => void) {
    this.#space = space;
    this.#onClose = onClose;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      this.by(Math.exp(-event.deltaY / 400), event);
    };
    space.addEventListener("wheel", wheel, { signal, passive: false });
    let held: number | null = null;
    const hold = (event: PointerEvent) => {
      if (event.button !== 0 || event.pointerType === "touch") return;
      held = event.pointerId;
      space.setPointerCapture(held);
      event.preventDefault();
      space.focus();
    };
    const move = (event: PointerEvent) => {
      if (event.pointerId === held) space.scrollBy(-event.movementX, -event.movementY);
    };
    const drop = () => {
      held = null;
    };
    listen(space, "pointerdown", hold, signal);
    listen(space, "pointermove", move, signal);
    listen(space, "pointerup", drop, signal);
    listen(space, "pointercancel", drop, signal);
  }

  /** Puts a picture in place of the one before; zoom and place stay. */
  put(view: HTMLElement): void {
    const { scrollLeft, scrollTop } = this.#space;
    this.#view = view;
    this.#space.replaceChildren(view);
    this.#apply();
    this.#space.scrollTo(scrollLeft, scrollTop);
  }

  fit(): void {
    this.#zoom = 1;
    this.#apply();
  }

  /** Multiplies the zoom; the point under the pointer, or the middle, stays where it is. */
  by(factor: number, pointer?: { readonly clientX: number; readonly clientY: number }): void {
    const space = this.#space;
    const before = this.#zoom;
    this.#zoom = Math.min(LARGEST, Math.max(1, before * factor));
    const bounds = space.getBoundingClientRect();
    const x = pointer ? pointer.clientX - bounds.left : space.clientWidth / 2;
    const y = pointer ? pointer.clientY - bounds.top : space.clientHeight / 2;
    const grown = this.#zoom / before;
    const [left, top] = [(space.scrollLeft + x) * grown - x, (space.scrollTop + y) * grown - y];
    this.#apply();
    space.scrollTo(left, top);
    if (before <= CLOSE && this.#zoom > CLOSE) this.#onClose();
  }

  pan(key: string): void {
    const [x, y] = PAN[key] ?? [0, 0];
    this.#space.scrollBy(x, y);
  }

  /** Zooms to boxes, given as fractions of the picture. */
  approach(places: readonly Region[]): void {
    if (places.length === 0) return;
    const left = Math.min(...places.map(([x]) => x));
    const top = Math.min(...places.map(([, y]) => y));
    const right = Math.max(...places.map(([x, , width]) => x + width));
    const bottom = Math.max(...places.map(([, y, , height]) => y + height));
    this.#zoom = 1;
    this.by(0.4 / Math.max(right - left, bottom - top, 0.4 / LARGEST));
    const { clientWidth, clientHeight } = this.#space;
    const view = this.#view;
    if (!view) return;
    this.#space.scrollTo(
      view.offsetLeft + ((left + right) / 2) * view.offsetWidth - clientWidth / 2,
      view.offsetTop + ((top + bottom) / 2) * view.offsetHeight - clientHeight / 2,
    );
  }

  #apply(): void {
    this.#space.dataset.zoom = this.#zoom.toFixed(2);
    this.#view?.style.setProperty("--fl-zoom", String(this.#zoom));
  }
}
