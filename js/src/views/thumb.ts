/** One object, detection or pair of them as a thumbnail with its caption. */
import type { Picture } from "../host/pictures.ts";
import type { Ledger } from "../ledger/decode.ts";
import {
  frameOf,
  marksInFrame,
  marksOf,
  OUTCOME_WORDS,
  type Outcome,
  type Pair,
  type Reading,
  readPair,
} from "../ledger/outcome.ts";
import { className, printable } from "../ledger/words.ts";
import { type Context, shownLedger } from "./context.ts";
import { pictureView } from "./picture.ts";

export interface Thumb {
  readonly element: HTMLElement;
  readonly pair: Pair;
  readonly outcome: Outcome;
  show(picture: Picture): void;
  /** Takes another place where, counted anew, everything it says still holds; false where it does not. */
  stay(at: number): boolean;
}

const FIT = 4 / 3;

/** The last part of a path, which is what tells frames apart. */
export function baseName(path: string): string {
  return printable(path.slice(path.lastIndexOf("/") + 1), 80);
}

/** Score and IoU of a pair, as far as it has them. */
export function numbersOf({ detections }: Ledger, { detection }: Pair, { iou }: Reading): string {
  const parts: string[] = [];
  if (detection >= 0) parts.push(`score ${(detections.score[detection] as number).toFixed(2)}`);
  if (iou >= 0) parts.push(`IoU ${iou.toFixed(2)}`);
  return parts.join(" · ");
}

/** `car → truck` where the classes differ; the one class where they do not, or where one side is background. */
export function labelsOf(classes: readonly string[], actual: number, predicted: number): string {
  if (actual === predicted || predicted === classes.length) return className(classes, actual);
  if (actual === classes.length) return className(classes, predicted);
  return `${className(classes, actual)} → ${className(classes, predicted)}`;
}

/** The numbers, and the outcome where the labels do not tell it. */
function captionOf(outcome: Outcome, numbers: string): string {
  const told = outcome === "correct" || outcome === "confused";
  return [numbers, told ? "" : OUTCOME_WORDS[outcome]].filter(Boolean).join(" · ");
}

/** `first` is the picture where it is here already. */
export function thumbView(context: Context, pair: Pair, at: number, first: Picture | null): Thumb {
  const { make, document } = context;
  const ledger = shownLedger(context);
  const { head } = ledger;
  const reading = readPair(ledger, pair);
  const { example, actual, predicted, outcome } = reading;
  const frame = frameOf(ledger, pair);
  const whole = context.store.state.wholeFrames;
  const marks = whole ? marksInFrame(ledger, frame, pair) : marksOf(ledger, pair);
  const highlight = whole ? pair : null;
  const name = baseName(head.frames.names[frame] ?? "");
  const labels = labelsOf(head.classes, actual, predicted);
  const numbers = numbersOf(ledger, pair, reading);
  const space = make("span.fl-thumb-space");
  const note = make("span.fl-picture-note", { hidden: true });
  const button = make(
    "button.fl-thumb",
    {
      "data-example": example,
      "data-object": pair.object,
      "data-detection": pair.detection,
      "data-at": at,
      "data-outcome": outcome,
      "data-frame": frame,
    },
    space,
    make("span.fl-thumb-labels", {}, make("bdi", {}, labels)),
    make("span.fl-thumb-numbers", {}, captionOf(outcome, numbers)),
    make("span.fl-thumb-frame", { title: name }, make("bdi", {}, name)),
    note,
    make("span.fl-unseen", {}, `${OUTCOME_WORDS[outcome]}, open the whole frame`),
  );
  let shown: Picture | null = null;
  const put = (picture: Picture | null) => {
    if (shown && picture && picture.url === shown.url && picture.note === shown.note) return;
    shown = picture;
    space.replaceChildren(pictureView(make, document, ledger, { picture, marks, frame, whole, highlight, fit: FIT }));
    note.textContent = picture && !picture.url ? picture.note : "";
    note.hidden = note.textContent === "";
  };
  put(first);
  const said = JSON.stringify([outcome, reading.iou, marks]);
  const stay = (place: number) => {
    if (whole || context.store.state.wholeFrames) return false;
    const counted = shownLedger(context);
    const now = readPair(counted, pair);
    if (JSON.stringify([now.outcome, now.iou, marksOf(counted, pair)]) !== said) return false;
    Object.assign(button.dataset, { example: String(now.example), at: String(place) });
    return true;
  };
  return { element: make("li", {}, button), pair, outcome, show: put, stay };
}
