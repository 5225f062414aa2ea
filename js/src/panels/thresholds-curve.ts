/** Precision, recall and F1 over the confidence, small, below its slider. */
import { listen, svg } from "../draw/dom.ts";
import { type Curve, curveOf } from "../ledger/curve.ts";
import { shown } from "../ledger/words.ts";
import { frameScheduler } from "../views/canvas.ts";
import type { Context } from "../views/context.ts";
import { goTo } from "./counting.ts";
import { atRest } from "./rest.ts";

const [WIDTH, HEIGHT, STEPS] = [240, 40, 120];
const LINES = [
  { field: "precision", words: "precision" },
  { field: "recall", words: "recall" },
  { field: "f1", words: "F1" },
] as const;

/** Points of a curve from right (high confidence) to left; a gap where it is undefined. */
function pathOf({ confidence, ...curve }: Curve, field: "precision" | "recall" | "f1", low: number, high: number) {
  const parts: string[] = [];
  const values = curve[field];
  const last = confidence.length - 1;
  let place = -1;
  for (let row = 0; row <= last; row++) {
    const at = confidence[row] as number;
    const step = Math.floor((STEPS * (at - low)) / (high - low || 1));
    // One point for each step across, and the last of all.
    if (step === place && row < last) continue;
    const value = values[row] as number;
    if (!Number.isFinite(value)) continue;
    place = step;
    const x = (WIDTH * (at - low)) / (high - low || 1);
    parts.push(`${parts.length === 0 ? "M" : "L"}${x.toFixed(1)} ${(HEIGHT * (1 - value)).toFixed(1)}`);
  }
  return parts.join("");
}

export function confidenceCurve(context: Context): HTMLElement {
  const { make, document, ledger, store, signal } = context;
  const paths = LINES.map(({ field }) => svg(document, "path", { class: "fl-curve", "data-rate": field }));
  const needle = svg(document, "line", { class: "fl-curve-here", y1: 0, y2: HEIGHT });
  const picture = svg(
    document,
    "svg",
    { class: "fl-curves", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    ...paths,
    needle,
  );
  const best = make("button.fl-button.fl-best-here", {});
  const key = LINES.map(({ field, words }) =>
    make("span.fl-curve-key", { "data-rate": field }, make("i", { "aria-hidden": "true" }), words),
  );
  let curve: Curve | undefined;
  const ends = () => {
    const { score } = ledger.detections;
    const [least, most] = [score[score.length - 1] ?? 0, score[0] ?? 1];
    return least >= 0 && most <= 1 ? ([0, 1] as const) : ([least, most] as const);
  };
  const draw = () => {
    const { point, filter } = store.state;
    curve = curveOf(ledger, point.iou, filter?.mask ?? null);
    const [low, high] = ends();
    for (const [index, { field }] of LINES.entries()) {
      paths[index]?.setAttribute("d", pathOf(curve, field, low, high));
    }
    best.hidden = curve.best === null;
    best.textContent = `Best F1 at IoU ${point.iou.toFixed(2)}: ${shown(curve.best ?? 0)}`;
  };
  // Every confidence of an IoU is counted for it, which no move of the slider should wait for.
  const later = atRest(draw, signal, frameScheduler(draw, signal));
  let floor = ledger.head.recount?.floor;
  let [iou, filter] = [Number.NaN, store.state.filter];
  store.watch(
    ["point", "filter"],
    (state) => {
      const [low, high] = ends();
      const x = (WIDTH * ((state.point.confidence ?? low) - low)) / (high - low || 1);
      for (const name of ["x1", "x2"]) needle.setAttribute(name, x.toFixed(1));
      const now = ledger.head.recount?.floor;
      if (state.point.iou === iou && state.filter === filter && now === floor) return;
      [iou, filter, floor] = [state.point.iou, state.filter, now];
      later();
    },
    signal,
  );
  const go = () => {
    if (curve?.best !== null && curve) void goTo(context, { ...store.state.point, confidence: curve.best });
  };
  listen(best, "click", go, signal);
  return make("div.fl-curve-space", {}, picture, make("p.fl-curve-words", {}, ...key, best));
}
