/** Says which epoch of the run the matrix shows, and why it is not the chosen one. */
import type { History } from "../ledger/schema.ts";
import { printable } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";

interface EpochStatus {
  readonly words: string;
  /** Python was asked for another epoch and has not answered yet. */
  readonly waiting: boolean;
}

/** `inPage`: the page has no Python to ask. */
export function epochStatus(history: History, chosen: number | null, inPage: boolean): EpochStatus {
  const { matrix_epoch: matrix, best_epoch: best, saved_epochs: saved = [], epoch_problem: problem } = history;
  const still = (words: string) => ({ words, waiting: false });
  if (matrix === null || matrix === undefined) return still("It was not stated which epoch the matrix belongs to");
  const shown = `the matrix shows epoch ${matrix}${matrix === best ? " (best)" : ""}`;
  if (chosen === null || chosen === matrix) return still(`T${shown.slice(1)}`);
  if (!saved.includes(chosen)) return still(`There are no predictions of epoch ${chosen}; ${shown}`);
  if (problem) return still(`Epoch ${chosen}: ${printable(problem, 200)}; ${shown}`);
  if (inPage) return still(`The predictions of epoch ${chosen} are not stored in this page; ${shown}`);
  return { words: `Reading the predictions of epoch ${chosen} …`, waiting: true };
}

/** Keeps `element` (a live region) in step with the chosen epoch. */
export function showEpochStatus({ ledger, store, rpc, stored, signal }: Context, element: HTMLElement): void {
  const { history, classes } = ledger.head;
  // A run that stands alone has no matrix.
  if (!history || history.epochs.length === 0 || classes.length === 0) return;
  store.watch(
    ["epoch"],
    ({ epoch }) => {
      const { words, waiting } = epochStatus(history, epoch, stored !== undefined);
      element.textContent = words;
      element.dataset.waiting = String(waiting);
      if (!waiting) return;
      rpc.request("ping", {}, signal).catch(() => {
        if (signal.aborted || store.state.epoch !== epoch) return;
        element.dataset.waiting = "false";
        element.textContent = `Python does not answer; the matrix still shows epoch ${history.matrix_epoch}`;
      });
    },
    signal,
  );
}
