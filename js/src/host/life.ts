/** Runs `ended` once when `signal` aborts. */
export function onAbort(signal: AbortSignal, ended: () => void): void {
  signal.addEventListener("abort", ended, { once: true });
}

/** Returns a function that ends the signal it gave before and gives the next; each ends with `signal` too. */
export function latest(signal: AbortSignal): () => AbortSignal {
  let last = new AbortController();
  return () => {
    last.abort();
    last = new AbortController();
    return AbortSignal.any([last.signal, signal]);
  };
}
