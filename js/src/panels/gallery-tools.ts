/** Sorting, filters, crops or whole frames: what stands above the thumbnails. */
import { chooser, segments } from "../draw/controls.ts";
import { listen } from "../draw/dom.ts";
import { onAbort } from "../host/life.ts";
import { MORE_OUTCOMES, OUTCOME_WORDS, OUTCOMES, type Outcome } from "../ledger/outcome.ts";
import type { Sift } from "../ledger/sift.ts";
import type { Context } from "../views/context.ts";

const SORT_WORDS: Readonly<Record<Sift["sort"], string>> = {
  listed: "as listed",
  worst: "worst first",
  score: "highest score",
  "score-low": "lowest score",
  iou: "highest IoU",
  "iou-low": "lowest IoU",
  size: "largest",
  "size-small": "smallest",
};

/** Text while it is typed comes to rest before the list follows it. */
const REST = 150;

export function galleryTools(context: Context): HTMLElement {
  const { make, store, signal } = context;
  const change = (patch: Partial<Sift>) => store.set({ sift: { ...store.state.sift, ...patch } });
  const shape = segments(
    make,
    {
      label: "Pictures",
      name: "shape",
      words: { crop: ["Crops", "The boxes and what is around them"], frame: ["Frames", "Whole frames with every box"] },
    },
    (value) => store.set({ wholeFrames: value === "frame" }),
    signal,
  );
  const sort = chooser(
    make,
    { label: "Sort", kind: "fl-sort", words: SORT_WORDS },
    (value) => change({ sort: value }),
    signal,
  );
  const outcomes: Record<string, string> = { "": "every outcome" };
  for (const one of [...OUTCOMES, ...MORE_OUTCOMES]) outcomes[one] = OUTCOME_WORDS[one];
  const outcome = chooser(
    make,
    { label: "Show", kind: "fl-outcome", words: outcomes },
    (value) => change({ outcome: value as Outcome | "" }),
    signal,
  );
  const search = make("input.fl-button.fl-search", {
    type: "search",
    placeholder: "frame name",
    "aria-label": "Part of the name of a frame",
  });
  let timer = 0;
  const type = () => {
    clearTimeout(timer);
    timer = setTimeout(() => change({ search: search.value.trim() }), REST) as unknown as number;
  };
  listen(search, "input", type, signal);
  onAbort(signal, () => clearTimeout(timer));
  const ends = (["low", "high"] as const).map((end) => {
    const words = end === "low" ? "Lowest score" : "Highest score";
    const input = make("input.fl-button.fl-score", {
      type: "number",
      min: 0,
      max: 1,
      step: 0.05,
      "aria-label": words,
      "data-end": end,
    });
    listen(
      input,
      "change",
      () => change({ [end]: Number.isFinite(input.valueAsNumber) ? input.valueAsNumber : null }),
      signal,
    );
    return { end, input };
  });
  store.watch(
    ["sift", "wholeFrames"],
    ({ sift, wholeFrames }) => {
      shape.show(wholeFrames ? "frame" : "crop");
      sort.show(sift.sort);
      outcome.show(sift.outcome);
      if (search.value.trim() !== sift.search) search.value = sift.search;
      for (const { end, input } of ends) input.value = sift[end] === null ? "" : String(sift[end]);
    },
    signal,
  );
  const [low, high] = ends.map(({ input }) => input);
  const range = make("span.fl-choice", {}, "Score ", low, " to ", high);
  return make("div.fl-controls", {}, shape.element, sort.element, outcome.element, search, range);
}
