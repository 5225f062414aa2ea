/** A whole frame, large, with every box that lies in it and one pair lit. */

import { type Html, listen } from "../draw/dom.ts";
import { placeIn } from "../draw/overlay.ts";
import { onAbort } from "../host/life.ts";
import { noPicture, type Picture, type Region } from "../host/pictures.ts";
import { isAbort } from "../host/rpc.ts";
import type { Ledger } from "../ledger/decode.ts";
import {
  boxOf,
  classOf,
  frameOf,
  type Mark,
  marksOf,
  OUTCOME_WORDS,
  type Pair,
  type Pairs,
  pairAt,
  pairsInFrame,
  readPair,
} from "../ledger/outcome.ts";
import { className, integer, plural, printable } from "../ledger/words.ts";
import { type Context, shownLedger } from "./context.ts";
import { legend } from "./legend.ts";
import { pictureView } from "./picture.ts";
import { numbersOf } from "./thumb.ts";

const SIDE = 1280;

interface Viewed {
  readonly pairs: Pairs;
  readonly at: number;
}

function makeParts({ make }: Context) {
  return {
    title: make("h2.fl-heading.fl-frame-name"),
    words: make("p.fl-frame-words"),
    position: make("span.fl-frame-position", { role: "status" }),
    back: make("button.fl-button.fl-back", { "aria-label": "Previous example" }, "‹"),
    next: make("button.fl-button.fl-next", { "aria-label": "Next example" }, "›"),
    close: make("button.fl-button.fl-close", { "aria-label": "Close" }, "Close"),
    space: make("div.fl-frame-space"),
    note: make("p.fl-picture-note", { role: "status", hidden: true }),
  };
}

/** Labels of boxes, placed over a picture of `region`. */
function tags(make: Html, ledger: Ledger, region: Region, marks: readonly Mark[]): HTMLElement[] {
  return marks.map((mark) => {
    const [x, y, , height] = placeIn(region, boxOf(ledger, mark));
    const name = className(ledger.head.classes, classOf(ledger, mark));
    const score = mark.source === "detection" ? ` ${(ledger.detections.score[mark.row] as number).toFixed(2)}` : "";
    const names = { class: `fl-tag fl-${mark.source}`, "data-outcome": mark.outcome } as const;
    const tag = make("span", names, make("bdi", {}, name), score);
    tag.style.left = `${100 * Math.min(0.98, Math.max(0, x))}%`;
    // The label of the ground truth stands above its box, that of the detection below: they rarely collide so.
    const edge = mark.source === "object" ? y : y + height;
    tag.style.top = `${100 * Math.min(0.97, Math.max(0.03, edge))}%`;
    return tag;
  });
}

const samePair = (one: Pair, other: Pair) => one.object === other.object && one.detection === other.detection;

function describe(ledger: Ledger, pair: Pair, others: number): string {
  const { head } = ledger;
  const reading = readPair(ledger, pair);
  const { actual, predicted } = reading;
  const outcome = OUTCOME_WORDS[reading.outcome];
  const labels = `actual ${className(head.classes, actual)}, predicted ${className(head.classes, predicted)}`;
  const rest =
    others > 0 ? `${integer(others)} other ${plural(others, "example")} in this frame` : "nothing else in this frame";
  return [`${labels} (${outcome})`, numbersOf(ledger, pair, reading), rest].filter(Boolean).join(" · ");
}

export class FrameViewer {
  readonly element: HTMLDialogElement;
  readonly #context: Context;
  readonly #parts: ReturnType<typeof makeParts>;
  #viewed: Viewed = { pairs: { object: new Int32Array(), detection: new Int32Array() }, at: 0 };
  #opener: HTMLElement | null = null;
  #loading = new AbortController();

  constructor(context: Context) {
    const { make, signal } = context;
    const parts = makeParts(context);
    this.#context = context;
    this.#parts = parts;
    this.element = make(
      "dialog.fl-frame",
      { "aria-label": "Whole frame", tabindex: -1 },
      make("div.fl-frame-head", {}, parts.title, parts.position, parts.back, parts.next, parts.close),
      parts.words,
      parts.space,
      parts.note,
      make("p.fl-frame-keys", {}, legend(make)),
    );
    listen(parts.back, "click", () => this.#step(-1), signal);
    listen(parts.next, "click", () => this.#step(1), signal);
    listen(parts.close, "click", () => this.#close(), signal);
    listen(this.element, "close", () => this.#opener?.focus(), signal);
    listen(this.element, "click", (event) => event.target === this.element && this.#close(), signal);
    listen(this.element, "keydown", (event) => this.#press(event), signal);
    onAbort(signal, () => this.#loading.abort());
  }

  /** Opens the frame of the pair at this place of `pairs`; the others are one key away. */
  open(pairs: Pairs, at: number, opener: HTMLElement): void {
    this.#viewed = { pairs, at };
    this.#opener = opener;
    this.#place(opener);
    if (!this.element.open) this.element.showModal();
    this.element.focus();
    this.#show(at);
  }

  /** In a tall iframe the middle of the window may lie far from what the reader sees; the opener does not. */
  #place(opener: HTMLElement): void {
    const view = this.#context.document.defaultView;
    const tall = view && view.innerHeight > 1.2 * view.screen.availHeight;
    this.element.style.marginTop = tall ? `${Math.max(8, opener.getBoundingClientRect().top - 160)}px` : "";
  }

  #close(): void {
    this.#loading.abort();
    this.element.close();
  }

  #step(places: number): void {
    this.#show(this.#viewed.at + places);
  }

  #press(event: KeyboardEvent): void {
    if (event.key === "ArrowLeft") this.#step(-1);
    else if (event.key === "ArrowRight") this.#step(1);
    else if (event.key === "Escape") this.#close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #show(at: number): void {
    const { pairs } = this.#viewed;
    const count = pairs.object.length;
    if (at < 0 || at >= count) return;
    this.#viewed = { pairs, at };
    const pair = pairAt(pairs, at);
    const ledger = shownLedger(this.#context);
    const frame = frameOf(ledger, pair);
    const { title, position, words, back, next } = this.#parts;
    title.textContent = printable(ledger.head.frames.names[frame] ?? "", 120);
    position.textContent = `${integer(at + 1)} of ${integer(count)}`;
    const others = pairsInFrame(ledger, frame).filter((other) => !samePair(other, pair)).length;
    words.textContent = describe(ledger, pair, others);
    back.disabled = at === 0;
    next.disabled = at === count - 1;
    // A button that is disabled while it has the focus would swallow every key.
    if (!this.element.querySelector(":focus:enabled")) this.element.focus();
    const { object, detection } = pair;
    const { example } = readPair(ledger, pair);
    Object.assign(this.element.dataset, { example, object, detection, frame });
    void this.#load(ledger, pair);
  }

  async #load(ledger: Ledger, pair: Pair): Promise<void> {
    this.#loading.abort();
    this.#loading = new AbortController();
    const { pictures, signal } = this.#context;
    const wanted = AbortSignal.any([this.#loading.signal, signal]);
    this.#draw(ledger, pair, null);
    if (!ledger.head.pictures) {
      this.#draw(ledger, pair, noPicture("no frames were given"));
      return;
    }
    try {
      const [picture] = await pictures.load([{ kind: "frame", frame: frameOf(ledger, pair) }], SIDE, wanted);
      if (!wanted.aborted) this.#draw(ledger, pair, picture ?? null);
    } catch (error) {
      if (isAbort(error) || wanted.aborted) return;
      this.#draw(ledger, pair, noPicture(error instanceof Error ? error.message : String(error)));
    }
  }

  #draw(ledger: Ledger, pair: Pair, picture: Picture | null): void {
    const { make, document } = this.#context;
    const frame = frameOf(ledger, pair);
    const lit = marksOf(ledger, pair);
    const isLit = ({ source, row }: Mark) => pair[source] === row;
    const others = pairsInFrame(ledger, frame).flatMap((other) => marksOf(ledger, other));
    const marks = [...others.filter((mark) => !isLit(mark)), ...lit];
    const options = { picture, marks, frame, whole: true, highlight: pair, fit: null };
    const view = pictureView(make, document, ledger, options);
    if (picture?.region) view.append(...tags(make, ledger, picture.region, lit));
    this.#parts.space.replaceChildren(view);
    this.#parts.note.textContent = picture && !picture.url ? picture.note : "";
    this.#parts.note.hidden = this.#parts.note.textContent === "";
  }
}
