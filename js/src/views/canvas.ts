/** Canvases that are sharp, give their memory back, and draw at most once a frame. */

import type { Html } from "../draw/dom.ts";
import type { Inks } from "../draw/matrix.ts";
import { onAbort } from "../host/life.ts";

export interface Surface {
  readonly canvas: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D | null;
  /** Sets the size in CSS pixels; returns device pixels per CSS pixel. */
  resize(width: number, height: number): number;
  ratio(): number;
}

export function canvasSurface(make: Html, name: string, signal: AbortSignal): Surface {
  const canvas = make("canvas", { class: name, "aria-hidden": "true", width: 0, height: 0 });
  const ratio = () => Math.min(3, Math.max(1, canvas.ownerDocument.defaultView?.devicePixelRatio ?? 1));
  onAbort(signal, () => {
    // Browsers keep the bitmap of a detached canvas for a while; a size of nothing frees it now.
    canvas.width = 0;
    canvas.height = 0;
  });
  return {
    canvas,
    context: canvas.getContext("2d"),
    ratio,
    resize(width, height) {
      const scale = ratio();
      const [deviceWidth, deviceHeight] = [Math.round(width * scale), Math.round(height * scale)];
      if (canvas.width !== deviceWidth) canvas.width = deviceWidth;
      if (canvas.height !== deviceHeight) canvas.height = deviceHeight;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
      return scale;
    },
  };
}

/** Colours and font of the widget's CSS, as a canvas wants them. */
export function canvasInks(element: HTMLElement): Inks {
  const style = element.ownerDocument.defaultView?.getComputedStyle(element);
  const read = (name: string, fallback: string) => style?.getPropertyValue(name).trim() || fallback;
  return {
    text: read("--fl-ink", "#222"),
    muted: read("--fl-muted", "#666"),
    empty: read("--fl-empty", "#f2f3f5"),
    accent: read("--fl-accent", "#7a3ff2"),
    font: style?.fontFamily || "sans-serif",
  };
}

/**
 * Returns a function that runs `draw` once in the next frame, however often it is called. Paper waits for no frame: what
 * is still to be drawn is drawn before printing.
 */
export function frameScheduler(draw: () => void, signal: AbortSignal): () => void {
  let frame = 0;
  const run = () => {
    frame = 0;
    draw();
  };
  onAbort(signal, () => cancelAnimationFrame(frame));
  const flush = () => {
    if (frame === 0) return;
    cancelAnimationFrame(frame);
    run();
  };
  globalThis.addEventListener?.("beforeprint", flush, { signal });
  return () => {
    if (frame !== 0 || signal.aborted) return;
    frame = requestAnimationFrame(run);
  };
}

/** Milliseconds; a page in the background gets no frames. */
const NO_FRAME = 400;

/** When what stands now has been painted. */
export function painted(): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, NO_FRAME);
    requestAnimationFrame(() => setTimeout(done, 0));
  });
}

/** Calls `changed` when the width of `element` changes; also when it gets a size for the first time. */
export function watchSize(element: HTMLElement, changed: () => void, signal: AbortSignal): void {
  if (signal.aborted) return;
  let width = -1;
  const observer = new ResizeObserver((entries) => {
    const now = entries.at(-1)?.contentRect.width ?? 0;
    if (now === width || now === 0) return;
    width = now;
    changed();
  });
  onAbort(signal, () => observer.disconnect());
  observer.observe(element);
}
