/** Runs `ended` once when `signal` aborts. */
export function onAbort(signal: AbortSignal, ended: () => void): void {
  signal.addEventListener("abort", ended, { once: true });
}
