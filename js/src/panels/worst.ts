/** The largest errors of the matrix, as a place to start when nothing is selected. */
import { listen } from "../draw/dom.ts";
import { integer, sentence } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";

const LIMIT = 8;

export function worstView({ make, ledger, store, signal }: Context): HTMLElement {
  const list = make("ol.fl-worst-list");
  const lead = make("p.fl-worst-lead");
  store.watch(
    ["confusion"],
    ({ confusion }) => {
      const errors = confusion.worst(LIMIT);
      lead.textContent =
        errors.length === 0
          ? "No errors at this operating point. Click a cell to see the boxes behind it."
          : "Click a cell to see the boxes behind it. The largest errors:";
      const items = errors.map(({ actual, predicted, count }) =>
        make(
          "li",
          {},
          make(
            "button.fl-worst",
            { "data-cell": `${actual},${predicted}` },
            make("span.fl-worst-count", {}, integer(count)),
            make("span", {}, sentence(confusion, ledger.head.classes, actual, predicted)),
          ),
        ),
      );
      list.replaceChildren(...items);
    },
    signal,
  );
  const choose = (event: Event) => {
    const cell = (event.target as Element).closest<HTMLElement>(".fl-worst")?.dataset.cell;
    const [actual, predicted] = (cell ?? "").split(",").map(Number);
    if (actual !== undefined && predicted !== undefined) store.set({ cells: [[actual, predicted]] });
  };
  const light = (event: Event) => {
    const cell = (event.target as Element).closest<HTMLElement>(".fl-worst")?.dataset.cell;
    const [actual, predicted] = (cell ?? "").split(",").map(Number);
    store.set({ hover: actual === undefined || predicted === undefined ? null : [actual, predicted] });
  };
  listen(list, "click", choose, signal);
  listen(list, "pointerover", light, signal);
  listen(list, "pointerleave", () => store.set({ hover: null }), signal);
  return make("div.fl-worst-panel", {}, make("h2.fl-heading", {}, "Where to look"), lead, list);
}
