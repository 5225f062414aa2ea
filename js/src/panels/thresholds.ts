/** Where the boxes are counted: confidence, IoU, who is matched first. Everything on the page follows at once. */

import { chooser } from "../draw/controls.ts";
import { listen } from "../draw/dom.ts";
import { reasonOf } from "../host/rpc.ts";
import { pairsOf } from "../ledger/outcome.ts";
import { movedExamples, PAIRING_WORDS, PAIRINGS, type Pairing, recount } from "../ledger/recount.ts";
import { amount, fraction, shown } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import { givenNumbers, givenPoint } from "../views/given.ts";
import type { State } from "../views/store.ts";
import { floorOf, goTo, stepOf } from "./counting.ts";
import { confidenceCurve } from "./thresholds-curve.ts";
import { ownConfidences } from "./thresholds-own.ts";

interface Preset {
  readonly words: string;
  readonly confidence: number;
  readonly iou: number;
  readonly pairing: Pairing;
}

const PRESETS: Readonly<Record<string, Preset>> = {
  ultralytics: { words: "Ultralytics: 0.25, IoU 0.45, any class", confidence: 0.25, iou: 0.45, pairing: "iou" },
  supervision: { words: "supervision: 0.30, IoU 0.50", confidence: 0.3, iou: 0.5, pairing: "class" },
  strict: { words: "Tight boxes: 0.50, IoU 0.75", confidence: 0.5, iou: 0.75, pairing: "class" },
};

interface Slider {
  readonly element: HTMLElement;
  show(value: number, spoken: string): void;
}

/** A slider and a number field for one value. */
function slider(
  { make, signal }: Context,
  { name, label, low, high, step }: { name: string; label: string; low: number; high: number; step: number },
  choose: (value: number) => void,
): Slider {
  const ends = { min: low, max: high, step };
  const range = make("input.fl-range", { type: "range", "data-slider": name, "aria-label": label, ...ends });
  const field = make("input.fl-button.fl-number", {
    type: "number",
    "data-number": name,
    "aria-label": label,
    ...ends,
  });
  listen(range, "input", () => choose(range.valueAsNumber), signal);
  const typed = () => Number.isFinite(field.valueAsNumber) && choose(field.valueAsNumber);
  listen(field, "change", typed, signal);
  return {
    element: make("div.fl-slider", {}, make("span.fl-slider-name", { "aria-hidden": "true" }, label), range, field),
    show(value, spoken) {
      range.value = String(value);
      range.setAttribute("aria-valuetext", spoken);
      const text = shown(value);
      if (field.value !== text) field.value = text;
    },
  };
}

/** The confidences between which the slider goes. */
function confidenceEnds({ ledger, stored }: Context): { low: number; high: number; step: number } {
  const { score } = ledger.detections;
  const least = ledger.head.recount?.least ?? 0;
  const most = score[0] ?? 1;
  const floor = stored ? floorOf(ledger) : null;
  if (least >= 0 && most <= 1) return { low: floor === null ? 0 : Math.ceil(100 * floor) / 100, high: 1, step: 0.01 };
  return { low: floor ?? least, high: most, step: (most - (floor ?? least)) / 200 };
}

function floorWords({ ledger, stored }: Context): string {
  const { floor, below } = ledger.head.recount ?? { floor: null, below: 0 };
  if (floor === null || floor === undefined || below === 0) return "";
  const many = `${amount(below, "detection")} under ${shown(floor)}`;
  return stored
    ? `${many} would make this page too large: the confidence ends there. A notebook shows them.`
    : `${many} are with the kernel, which sends them when asked.`;
}

/** Which boxes another matching moves, and the way to them. */
function movedView({ make, ledger, store, signal }: Context): HTMLElement {
  const words = make("span");
  const button = make("button.fl-button.fl-show-moved", {}, "Show them");
  const element = make("p.fl-moved", { role: "status", hidden: true }, words, " ", button);
  let rows: number[] = [];
  store.watch(
    ["pairing", "confusion"],
    ({ pairing, point, perClass, filter, confusion }) => {
      element.hidden = pairing === "class";
      if (pairing === "class") return;
      const usual = recount(ledger, { ...point, perClass, mask: filter?.mask ?? null }).confusion;
      rows = movedExamples(confusion, usual);
      element.dataset.count = String(rows.length);
      words.textContent =
        rows.length === 0
          ? `“${PAIRING_WORDS[pairing]}” moves no box.`
          : `“${PAIRING_WORDS[pairing]}” puts ${amount(rows.length, "example")} into other cells.`;
      button.hidden = rows.length === 0;
    },
    signal,
  );
  const show = () => {
    const { confusion, pairing } = store.state;
    const title = `Moved by “${PAIRING_WORDS[pairing]}”`;
    store.set({ picked: { title, ...pairsOf(confusion, Int32Array.from(rows)) } });
  };
  listen(button, "click", show, signal);
  return element;
}

function choices(context: Context, problem: (text: string) => void): HTMLElement {
  const { make, ledger, store, signal } = context;
  const { chosen } = ledger.head.operating_point;
  const given = givenPoint(ledger);
  const words = chosen === "best mean F1" ? "Back to best F1" : `Back to ${shown(given.confidence ?? 0)} (${chosen})`;
  const back = make("button.fl-button.fl-back-to", {}, words);
  const goBack = () => {
    const { point, pairing, perClass, filter } = givenNumbers(ledger);
    void goTo(context, point, { pairing, perClass, filter });
  };
  listen(back, "click", goBack, signal);
  const names: Record<string, string> = { "": "Presets…" };
  for (const [name, preset] of Object.entries(PRESETS)) names[name] = preset.words;
  const preset = chooser(
    make,
    { label: "", kind: "fl-preset", words: names },
    (name) => {
      const wanted = PRESETS[name];
      if (wanted) {
        const point = { confidence: wanted.confidence, iou: stepOf(ledger, wanted.iou) };
        // A preset is one confidence for all classes.
        void goTo(context, point, { pairing: wanted.pairing, perClass: null }).then(
          (reached) => !reached && problem(lowWords(context)),
        );
      }
      preset.show("");
    },
    signal,
  );
  preset.element.querySelector("select")?.setAttribute("aria-label", "Presets");
  const pairing = chooser(
    make,
    {
      label: "Match",
      kind: "fl-pairing",
      words: Object.fromEntries(PAIRINGS.map((name) => [name, PAIRING_WORDS[name]])) as Record<Pairing, string>,
    },
    (name) => store.set({ pairing: name }),
    signal,
  );
  store.watch(
    ["moved", "pairing"],
    (state) => {
      back.disabled = !state.moved;
      pairing.show(state.pairing);
    },
    signal,
  );
  return make("div.fl-controls", {}, back, preset.element, pairing.element);
}

function lowWords({ ledger, stored }: Context): string {
  const floor = floorOf(ledger);
  const least = floor === null ? "" : ` ${shown(floor)}`;
  return stored
    ? `This page holds detections from${least} on: counted there.`
    : `The kernel does not send the detections under${least}: counted there.`;
}

/** `precision 0.913, recall 0.764, F1 0.830`. */
function ratesWords({ scores: { macro } }: State): string {
  return `precision ${fraction(macro.precision)}, recall ${fraction(macro.recall)}, F1 ${fraction(macro.f1)}`;
}

/** Two fields in place of the sliders: the kernel counts, and the page is drawn anew. */
function kernelView({ make, ledger, rpc, stored, signal }: Context): HTMLElement {
  const { confidence, iou } = givenPoint(ledger);
  const words = stored
    ? "This cannot be counted anew without a kernel."
    : "The kernel counts: a change takes a moment.";
  const note = make("p.fl-slider-note", { role: "status" }, words);
  const field = (name: string, label: string, value: number | null) => {
    const input = make("input.fl-button.fl-number", { type: "number", step: 0.01, "data-number": name });
    input.value = value === null ? "" : shown(value);
    input.disabled = stored !== undefined;
    return { input, element: make("label.fl-choice", {}, `${label} `, input) };
  };
  const fields = [field("confidence", "Confidence", confidence), field("iou", "IoU", iou)] as const;
  const count = () => {
    const [least, overlap] = fields.map(({ input }) =>
      Number.isFinite(input.valueAsNumber) ? input.valueAsNumber : null,
    );
    rpc.request("count", { confidence: least, iou: overlap }, signal).catch((error: unknown) => {
      note.textContent = reasonOf(error);
    });
  };
  for (const { input } of fields) listen(input, "change", count, signal);
  const controls = make("div.fl-controls", {}, ...fields.map(({ element }) => element));
  return make("section.fl-thresholds", { "aria-label": "Where the boxes are counted" }, controls, note);
}

export function thresholdsView(context: Context): HTMLElement | null {
  const { make, ledger, store, signal } = context;
  if (ledger.head.recount === null) return kernelView(context);
  if (!ledger.pairs || ledger.detections.score.length === 0) return null;
  const note = make("p.fl-slider-note", { role: "status" });
  const problem = (text: string) => {
    note.textContent = text || floorWords(context);
    note.hidden = note.textContent === "";
  };
  const move = (point: Partial<State["point"]>) => {
    void goTo(context, { ...store.state.point, ...point }).then((reached) => problem(reached ? "" : lowWords(context)));
  };
  const steps = ledger.head.recount?.steps ?? [];
  const confidence = slider(context, { name: "confidence", label: "Confidence", ...confidenceEnds(context) }, (value) =>
    move({ confidence: value }),
  );
  const iou = slider(
    context,
    { name: "iou", label: "IoU", low: steps[0] ?? 0.3, high: steps.at(-1) ?? 0.95, step: 0.01 },
    (value) => move({ iou: stepOf(ledger, value) }),
  );
  const rates = make("p.fl-slider-rates");
  const element = make(
    "section.fl-thresholds",
    { "aria-label": "Where the boxes are counted" },
    make("div.fl-slider-space", {}, confidence.element, confidenceCurve(context)),
    make("div.fl-slider-space", {}, iou.element, rates, choices(context, problem)),
    movedView(context),
    note,
    ownConfidences(context),
  );
  store.watch(
    ["point", "scores"],
    (state) => {
      const { point } = state;
      const words = ratesWords(state);
      confidence.show(point.confidence ?? 0, `${shown(point.confidence ?? 0)}: ${words}`);
      iou.show(point.iou, `${point.iou.toFixed(2)}: ${words}`);
      rates.textContent = `Mean ${words}`;
      Object.assign(element.dataset, { confidence: String(point.confidence), iou: String(point.iou) });
    },
    signal,
  );
  problem("");
  return element;
}
