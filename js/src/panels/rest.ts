/** What is large and not looked at while a slider moves is written when it rests. */
import { onAbort } from "../host/life.ts";

/** Milliseconds: longer than a frame of a busy machine, shorter than the way of the eye to the table. */
const REST = 250;

/**
 * Returns a function that runs `first` at its first call, and later `write` once it has not been called for a moment.
 * Paper waits for no rest.
 */
export function atRest(write: () => void, signal: AbortSignal, first = write): () => void {
  let begun = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = () => {
    timer = undefined;
    write();
  };
  onAbort(signal, () => clearTimeout(timer));
  const flush = () => {
    if (timer === undefined) return;
    clearTimeout(timer);
    run();
  };
  globalThis.addEventListener?.("beforeprint", flush, { signal });
  return () => {
    if (signal.aborted) return;
    if (!begun) {
      begun = true;
      first();
      return;
    }
    clearTimeout(timer);
    timer = setTimeout(run, REST);
  };
}
