/** A whole frame, large, with every box that lies in it and one pair lit: views, zoom, and the others one key away. */
import { segments } from "../draw/controls.ts";
import { type Html, listen } from "../draw/dom.ts";
import { placeIn } from "../draw/overlay.ts";
import { latest } from "../host/life.ts";
import { noPicture, type Picture, type Region } from "../host/pictures.ts";
import { isAbort, reasonOf } from "../host/rpc.ts";
import type { Ledger } from "../ledger/decode.ts";
import {
  boxOf,
  classOf,
  frameOf,
  isSame,
  type Mark,
  marksInFrame,
  marksOf,
  OUTCOME_WORDS,
  type Pair,
  type Pairs,
  pairAt,
  pairsInFrame,
  readPair,
} from "../ledger/outcome.ts";
import { className, integer, plural, printable } from "../ledger/words.ts";
import { type Context, shownLedger } from "../views/context.ts";
import { legend } from "../views/legend.ts";
import { pictureView, regionOf } from "../views/picture.ts";
import { numbersOf } from "../views/thumb.ts";
import { clock, showNeighbours } from "./frame-strip.ts";
import { ZoomSpace } from "./frame-zoom.ts";
import { markBar, markKey } from "./marks.ts";

/** Longer side of the picture that is asked for, and of the one for a closer look. */
const SIDE = 1280;
const LARGE_SIDE = 2048;

const MODES = {
  all: ["All", "Ground truth and detections (A)"],
  truth: ["Ground truth", "Objects alone (G)"],
  detections: ["Predictions", "Detections alone (P)"],
  difference: ["Difference", "What is wrong alone (D)"],
} as const;
type Mode = keyof typeof MODES;
const MODE_KEYS: Readonly<Record<string, Mode>> = { a: "all", g: "truth", p: "detections", d: "difference" };

const SHOWN: Readonly<Record<Mode, (mark: Mark) => boolean>> = {
  all: () => true,
  truth: ({ source }) => source === "object",
  detections: ({ source }) => source === "detection",
  difference: ({ outcome }) => outcome !== "correct",
};

function makeParts({ make }: Context) {
  return {
    title: make("h2.fl-heading.fl-frame-name"),
    words: make("p.fl-frame-words", { "aria-live": "polite" }),
    position: make("span.fl-frame-position", { role: "status" }),
    back: make("button.fl-button.fl-back", { "aria-label": "Previous example" }, "‹"),
    next: make("button.fl-button.fl-next", { "aria-label": "Next example" }, "›"),
    close: make("button.fl-button.fl-close", {}, "Close"),
    out: make("button.fl-button.fl-zoom", { "aria-label": "Zoom out" }, "−"),
    whole: make("button.fl-button.fl-fit", { title: "Whole frame (0)" }, "Fit"),
    in: make("button.fl-button.fl-zoom", { "aria-label": "Zoom in" }, "+"),
    near: make("button.fl-button.fl-near", { title: "Zoom to the boxes (Z)" }, "To the boxes"),
    space: make("div.fl-frame-space", {
      tabindex: 0,
      role: "group",
      "aria-label": "Picture; drag or Shift and arrows pan",
    }),
    note: make("p.fl-picture-note", { role: "status", hidden: true }),
    legend: make("span"),
    strip: make("ul.fl-strip", { hidden: true, "aria-label": "Frames before and after" }),
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

function describe(ledger: Ledger, pair: Pair, others: number): string {
  const { classes } = ledger.head;
  const reading = readPair(ledger, pair);
  const labels = `actual ${className(classes, reading.actual)}, predicted ${className(classes, reading.predicted)}`;
  const rest =
    others > 0 ? `${integer(others)} other ${plural(others, "example")} in this frame` : "nothing else in this frame";
  return [`${labels} (${OUTCOME_WORDS[reading.outcome]})`, numbersOf(ledger, pair, reading), rest]
    .filter(Boolean)
    .join(" · ");
}

/** The boxes that belong together with one: its example, or itself alone. */
function partnersOf({ confusion }: Ledger, source: Mark["source"], row: number): Pair {
  const example = confusion.exampleWith(source, row);
  if (example >= 0) return pairAt(confusion.examples, example);
  return source === "object" ? { object: row, detection: -1 } : { object: -1, detection: row };
}

export class FrameViewer {
  readonly element: HTMLDialogElement;
  readonly #context: Context;
  readonly #parts: ReturnType<typeof makeParts>;
  readonly #marks: ReturnType<typeof markBar>;
  readonly #zoom: ZoomSpace;
  readonly #modes: ReturnType<typeof segments<Mode>>;
  #pairs: Pairs = { object: new Int32Array(), detection: new Int32Array() };
  #at = 0;
  #mode: Mode = "all";
  #picture: Picture | null = null;
  #region: Region = [0, 0, 1, 1];
  #opener: HTMLElement | null = null;
  readonly #wanted: () => AbortSignal;
  readonly #beside: () => AbortSignal;

  constructor(context: Context) {
    const { make, signal } = context;
    const parts = makeParts(context);
    this.#context = context;
    [this.#wanted, this.#beside] = [latest(signal), latest(signal)];
    this.#parts = parts;
    this.#marks = markBar(context);
    this.#zoom = new ZoomSpace(parts.space, signal, () => void this.#sharpen());
    const modes = { label: "Boxes", name: "mode", words: MODES };
    this.#modes = segments<Mode>(make, modes, (mode) => this.#turnTo(mode), signal);
    this.#modes.show(this.#mode);
    this.element = make(
      "dialog.fl-frame",
      { "aria-label": "Whole frame", tabindex: -1 },
      make("div.fl-frame-head", {}, parts.title, parts.position, parts.back, parts.next, parts.close),
      parts.words,
      this.#marks.element,
      make("div.fl-controls", {}, this.#modes.element, parts.out, parts.whole, parts.in, parts.near),
      parts.space,
      parts.note,
      parts.strip,
      make("p.fl-frame-keys", {}, parts.legend, make("span", {}, "← → walk · + − 0 zoom · Shift and arrows pan")),
    );
    this.#listen();
  }

  #listen(): void {
    const { signal } = this.#context;
    const { back, next, close, out, whole, near, space } = this.#parts;
    listen(back, "click", () => this.#step(-1), signal);
    listen(next, "click", () => this.#step(1), signal);
    listen(close, "click", () => this.#close(), signal);
    listen(out, "click", () => this.#zoom.by(1 / 1.5), signal);
    listen(this.#parts.in, "click", () => this.#zoom.by(1.5), signal);
    listen(whole, "click", () => this.#zoom.fit(), signal);
    listen(near, "click", () => this.#approach(), signal);
    listen(this.element, "close", () => this.#opener?.focus(), signal);
    listen(this.element, "click", (event) => event.target === this.element && this.#close(), signal);
    listen(this.element, "keydown", (event) => this.#press(event), signal);
    listen(space, "pointerover", (event) => this.#light(event.target), signal);
    listen(space, "pointerleave", () => this.#light(null), signal);
  }

  /** Opens the frame of the pair at this place of `pairs`; the others are one key away. */
  open(pairs: Pairs, at: number, opener: HTMLElement): void {
    this.#pairs = pairs;
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
    this.#wanted();
    this.element.close();
  }

  #step(places: number): void {
    this.#show(this.#at + places);
  }

  #turnTo(mode: Mode): void {
    this.#mode = mode;
    this.#modes.show(mode);
    this.#draw();
  }

  #press(event: KeyboardEvent): void {
    if (!this.#act(event) && !markKey(this.#context, this.#pair, event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Does what a key means here; false when it means nothing. */
  #act({ key, shiftKey, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
    if (ctrlKey || metaKey || altKey) return false;
    const mode = Object.hasOwn(MODE_KEYS, key.toLowerCase()) ? MODE_KEYS[key.toLowerCase()] : undefined;
    if (mode) this.#turnTo(mode);
    else if (shiftKey && key.startsWith("Arrow")) this.#zoom.pan(key);
    else if (key === "ArrowLeft") this.#step(-1);
    else if (key === "ArrowRight") this.#step(1);
    else if (key === "Escape") this.#close();
    else if (key === "+" || key === "=") this.#zoom.by(1.5);
    else if (key === "-") this.#zoom.by(1 / 1.5);
    else if (key === "0") this.#zoom.fit();
    else if (key === "z" || key === "Z") this.#approach();
    else return false;
    return true;
  }

  get #pair(): Pair {
    return pairAt(this.#pairs, this.#at);
  }

  #show(at: number): void {
    const count = this.#pairs.object.length;
    if (at < 0 || at >= count) return;
    this.#at = at;
    const pair = this.#pair;
    const ledger = shownLedger(this.#context);
    const frame = frameOf(ledger, pair);
    const { title, position, words, back, next } = this.#parts;
    const time = clock(ledger.head.frames.time?.[frame]);
    title.textContent = [printable(ledger.head.frames.names[frame] ?? "", 120), time].filter(Boolean).join(" · ");
    position.textContent = `${integer(at + 1)} of ${integer(count)}`;
    const others = pairsInFrame(ledger, frame).filter((other) => !isSame(other, pair)).length;
    words.textContent = describe(ledger, pair, others);
    this.#marks.show(pair);
    back.disabled = at === 0;
    next.disabled = at === count - 1;
    // A button that is disabled while it has the focus would swallow every key.
    if (!this.element.querySelector(":focus:enabled, .fl-frame-space:focus")) this.element.focus();
    const { example } = readPair(ledger, pair);
    Object.assign(this.element.dataset, { example, ...pair, frame });
    this.#zoom.fit();
    this.#beside();
    this.#parts.strip.hidden = true;
    void this.#load(frame, SIDE);
  }

  /** A closer look wants more pixels than the first picture has. */
  async #sharpen(): Promise<void> {
    if (this.#picture?.url && Math.max(this.#picture.width, this.#picture.height) >= SIDE) {
      await this.#load(frameOf(shownLedger(this.#context), this.#pair), LARGE_SIDE);
    }
  }

  async #load(frame: number, side: number): Promise<void> {
    const { pictures, ledger } = this.#context;
    const wanted = this.#wanted();
    if (side === SIDE) this.#put(ledger.head.pictures ? null : noPicture("no frames were given"));
    if (!ledger.head.pictures) return;
    try {
      const [picture] = await pictures.load([{ kind: "frame", frame }], side, wanted);
      if (wanted.aborted) return;
      this.#put(picture ?? null);
      if (side === SIDE) void showNeighbours(this.#context, this.#parts.strip, frame, this.#beside());
    } catch (error) {
      if (isAbort(error) || wanted.aborted || side !== SIDE) return;
      this.#put(noPicture(reasonOf(error)));
    }
  }

  #put(picture: Picture | null): void {
    this.#picture = picture;
    this.#parts.note.textContent = picture && !picture.url ? picture.note : "";
    this.#parts.note.hidden = this.#parts.note.textContent === "";
    this.#draw();
  }

  #draw(): void {
    const { make, document } = this.#context;
    const ledger = shownLedger(this.#context);
    const picture = this.#picture;
    const pair = this.#pair;
    const marks = marksInFrame(ledger, frameOf(ledger, pair), pair).filter(SHOWN[this.#mode]);
    const options = { picture, marks, frame: frameOf(ledger, pair), whole: true, highlight: pair, fit: null };
    const view = pictureView(make, document, ledger, options);
    this.#region = regionOf(ledger, options);
    view.append(...tags(make, ledger, this.#region, marksOf(ledger, pair).filter(SHOWN[this.#mode])));
    const outcomes = [...new Set(marks.map(({ outcome }) => outcome))];
    this.#parts.legend.replaceChildren(legend(make, outcomes));
    this.element.dataset.mode = this.#mode;
    this.#zoom.put(view);
  }

  /** Lights a box under the pointer together with its partner. */
  #light(target: EventTarget | null): void {
    const { space } = this.#parts;
    for (const lit of space.querySelectorAll(".fl-partner")) lit.classList.remove("fl-partner");
    const box = (target as Element | null)?.closest?.<SVGElement>(".fl-box");
    if (!box) return;
    const source = box.classList.contains("fl-object") ? "object" : "detection";
    const pair = partnersOf(shownLedger(this.#context), source, Number(box.dataset.row));
    for (const kind of ["object", "detection"] as const) {
      space.querySelector(`.fl-box.fl-${kind}[data-row="${pair[kind]}"]`)?.classList.add("fl-partner");
    }
  }

  /** Zooms until the boxes of the pair fill a good part of the space. */
  #approach(): void {
    const ledger = shownLedger(this.#context);
    const region = this.#region;
    const places = marksOf(ledger, this.#pair).map((mark) => placeIn(region, boxOf(ledger, mark)));
    this.#zoom.approach(places);
  }
}
