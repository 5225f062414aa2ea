/** A whole frame, large, with every box that lies in it and one example lit. */

import { listen } from "../draw/dom.ts";
import { placeIn } from "../draw/overlay.ts";
import { onAbort } from "../host/life.ts";
import type { Picture } from "../host/pictures.ts";
import { isAbort } from "../host/rpc.ts";
import {
  boxOf,
  classOf,
  examplesInFrame,
  frameOf,
  type Mark,
  marksOf,
  OUTCOME_WORDS,
  outcomeOf,
} from "../ledger/outcome.ts";
import { className, integer, plural, printable } from "../ledger/words.ts";
import type { Context } from "./context.ts";
import type { OpenFrame } from "./gallery.ts";
import { legend } from "./legend.ts";
import { pictureView } from "./picture.ts";
import { numbersOf } from "./thumb.ts";

const SIDE = 1280;

export interface FrameViewer {
  readonly element: HTMLElement;
  readonly open: OpenFrame;
}

interface Viewed {
  readonly examples: Int32Array;
  readonly at: number;
}

function makeParts({ make }: Context) {
  return {
    title: make("h2", { class: "fl-heading fl-frame-name" }),
    words: make("p", { class: "fl-frame-words" }),
    position: make("span", { class: "fl-frame-position", role: "status" }),
    back: make("button", { type: "button", class: "fl-button fl-back", "aria-label": "Previous example" }, "‹"),
    next: make("button", { type: "button", class: "fl-button fl-next", "aria-label": "Next example" }, "›"),
    close: make("button", { type: "button", class: "fl-button fl-close", "aria-label": "Close" }, "Close"),
    space: make("div", { class: "fl-frame-space" }),
    note: make("p", { class: "fl-picture-note", role: "status", hidden: true }),
  };
}

/** Labels of the lit example, placed over the picture. */
function tags(
  { make, ledger }: Context,
  picture: HTMLElement,
  region: Picture["region"],
  marks: readonly Mark[],
): void {
  if (!region) return;
  for (const mark of marks) {
    const [x, y, , height] = placeIn(region, boxOf(ledger, mark));
    const name = className(ledger.head.classes, classOf(ledger, mark));
    const score = mark.source === "detection" ? ` ${(ledger.detections.score[mark.row] as number).toFixed(2)}` : "";
    const tag = make(
      "span",
      { class: `fl-tag fl-${mark.source}`, "data-outcome": mark.outcome },
      make("bdi", {}, name),
      score,
    );
    tag.style.left = `${100 * Math.min(0.98, Math.max(0, x))}%`;
    // The label of the ground truth stands above its box, that of the detection below: they rarely collide so.
    const edge = mark.source === "object" ? y : y + height;
    tag.style.top = `${100 * Math.min(0.97, Math.max(0.03, edge))}%`;
    picture.append(tag);
  }
}

function describe({ ledger }: Context, example: number, others: number): string {
  const { confusion, head } = ledger;
  const [actual, predicted] = confusion.cellOf(example);
  const outcome = OUTCOME_WORDS[outcomeOf(confusion, actual, predicted)];
  const labels = `actual ${className(head.classes, actual)}, predicted ${className(head.classes, predicted)}`;
  const rest =
    others > 0 ? `${integer(others)} other ${plural(others, "example")} in this frame` : "nothing else in this frame";
  return [`${labels} (${outcome})`, numbersOf(ledger, example), rest].filter(Boolean).join(" · ");
}

export function frameViewer(context: Context): FrameViewer {
  const { make, document, ledger, pictures, signal } = context;
  const parts = makeParts(context);
  const dialog = make(
    "dialog",
    { class: "fl-frame", "aria-label": "Whole frame", tabindex: -1 },
    make("div", { class: "fl-frame-head" }, parts.title, parts.position, parts.back, parts.next, parts.close),
    parts.words,
    parts.space,
    parts.note,
    make("p", { class: "fl-frame-keys" }, legend(make)),
  );
  let viewed: Viewed = { examples: new Int32Array(), at: 0 };
  let opener: HTMLElement | null = null;
  let loading = new AbortController();

  function draw(example: number, picture: Picture | null): void {
    const frame = frameOf(ledger, example);
    const marks = examplesInFrame(ledger, frame).flatMap((other) => marksOf(ledger, other));
    const options = { picture, marks, frame, whole: true, highlight: example, fit: null };
    const view = pictureView(make, document, ledger, options);
    tags(
      context,
      view,
      picture?.region ?? null,
      marks.filter((mark) => mark.example === example),
    );
    parts.space.replaceChildren(view);
    parts.note.textContent = picture && !picture.url ? picture.note : "";
    parts.note.hidden = parts.note.textContent === "";
  }

  async function load(example: number): Promise<void> {
    loading.abort();
    loading = new AbortController();
    const wanted = AbortSignal.any([loading.signal, signal]);
    draw(example, null);
    if (!ledger.head.pictures) {
      draw(example, { url: null, region: null, width: 0, height: 0, note: "no frames were given" });
      return;
    }
    try {
      const [picture] = await pictures.load([{ kind: "frame", frame: frameOf(ledger, example) }], SIDE, wanted);
      if (!wanted.aborted) draw(example, picture ?? null);
    } catch (error) {
      if (isAbort(error) || wanted.aborted) return;
      const note = error instanceof Error ? error.message : String(error);
      draw(example, { url: null, region: null, width: 0, height: 0, note });
    }
  }

  function show(at: number): void {
    const example = viewed.examples[at];
    if (example === undefined) return;
    viewed = { ...viewed, at };
    const frame = frameOf(ledger, example);
    parts.title.textContent = printable(ledger.head.frames.names[frame] ?? "", 120);
    parts.position.textContent = `${integer(at + 1)} of ${integer(viewed.examples.length)}`;
    parts.words.textContent = describe(context, example, examplesInFrame(ledger, frame).length - 1);
    parts.back.disabled = at === 0;
    parts.next.disabled = at === viewed.examples.length - 1;
    // A button that is disabled while it has the focus would swallow every key.
    if (dialog.open && !dialog.querySelector(":focus:enabled")) dialog.focus();
    Object.assign(dialog.dataset, { example: String(example), frame: String(frame) });
    void load(example);
  }

  /** In a tall iframe the middle of the window may lie far from what the reader sees; the opener does not. */
  function place(from: HTMLElement): void {
    const view = document.defaultView;
    const tall = view && view.innerHeight > 1.2 * view.screen.availHeight;
    dialog.style.marginTop = tall ? `${Math.max(8, from.getBoundingClientRect().top - 160)}px` : "";
  }

  function close(): void {
    loading.abort();
    dialog.close();
  }

  listen(parts.back, "click", () => show(viewed.at - 1), signal);
  listen(parts.next, "click", () => show(viewed.at + 1), signal);
  listen(parts.close, "click", close, signal);
  listen(dialog, "close", () => opener?.focus(), signal);
  listen(dialog, "click", (event) => event.target === dialog && close(), signal);
  listen(
    dialog,
    "keydown",
    (event) => {
      if (event.key === "ArrowLeft") show(viewed.at - 1);
      else if (event.key === "ArrowRight") show(viewed.at + 1);
      else if (event.key === "Escape") close();
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
    signal,
  );
  onAbort(signal, () => loading.abort());

  return {
    element: dialog,
    open(examples, at, from) {
      viewed = { examples, at };
      opener = from;
      place(from);
      if (!dialog.open) dialog.showModal();
      dialog.focus();
      show(at);
    },
  };
}
