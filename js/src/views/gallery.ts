/** The boxes behind the selected cells, or those that another view picked, page by page. */
import { listen } from "../draw/dom.ts";
import type { PictureItem } from "../host/model.ts";
import { noPicture, type Picture } from "../host/pictures.ts";
import { isAbort, NotConnectedError } from "../host/rpc.ts";
import { type Pair, type Pairs, pairAt, pairsOf } from "../ledger/outcome.ts";
import { integer, plural, printable, selectionTitle, sentence } from "../ledger/words.ts";
import type { Context } from "./context.ts";
import { legend } from "./legend.ts";
import type { State } from "./store.ts";
import { type Thumb, thumbView } from "./thumb.ts";
import { worstView } from "./worst.ts";

export const PAGE = 12;
const SIDE = 160;

/** Opens the whole frame of the pair at this place of `pairs`. */
export type OpenFrame = (pairs: Pairs, at: number, opener: HTMLElement) => void;

const cropOf = ({ object, detection }: Pair): PictureItem => ({ kind: "crop", object, detection });

interface Page {
  readonly pairs: Pairs;
  readonly first: number;
}

interface Parts {
  readonly title: HTMLElement;
  readonly words: HTMLElement;
  readonly range: HTMLElement;
  readonly stored: HTMLElement;
  readonly note: HTMLElement;
  readonly thumbs: HTMLElement;
  readonly back: HTMLButtonElement;
  readonly next: HTMLButtonElement;
  readonly clear: HTMLButtonElement;
  readonly retry: HTMLButtonElement;
}

function makeParts({ make }: Context): Parts {
  return {
    title: make("h2.fl-heading"),
    words: make("p.fl-gallery-words"),
    range: make("span.fl-gallery-range", { role: "status" }),
    stored: make("span.fl-gallery-stored"),
    note: make("p.fl-gallery-note", { role: "status", hidden: true }),
    thumbs: make("ul.fl-thumbs"),
    back: make("button.fl-button.fl-back", { "aria-label": "Previous page" }, "‹"),
    next: make("button.fl-button.fl-next", { "aria-label": "Next page" }, "›"),
    clear: make("button.fl-button.fl-clear", {}, "Clear"),
    retry: make("button.fl-button.fl-retry", { hidden: true }, "Try again"),
  };
}

/** Why there are no pictures, in the reader's words. */
function failureWords(error: unknown): string {
  if (error instanceof NotConnectedError) {
    return "Not connected to the kernel: pictures cannot be loaded. Numbers and boxes stay readable.";
  }
  return `Pictures cannot be loaded: ${error instanceof Error ? error.message : String(error)}`;
}

/** Enables or disables a button; the focus goes on to `other`, since a disabled button would swallow every key. */
function enable(button: HTMLButtonElement, on: boolean, other: HTMLButtonElement): void {
  const focused = (button.getRootNode() as Document | ShadowRoot).activeElement === button;
  button.disabled = !on;
  if (focused && !on) other.focus();
}

function writeHead(context: Context, parts: Parts, { pairs, first }: Page): void {
  const { store, ledger, stored } = context;
  const { cells, confusion, picked } = store.state;
  const count = pairs.object.length;
  parts.title.textContent = picked ? printable(picked.title, 200) : selectionTitle(ledger.head.classes, cells);
  const only = cells.length === 1 ? cells[0] : undefined;
  parts.words.textContent = only ? sentence(confusion, ledger.head.classes, ...only) : "";
  const last = Math.min(first + PAGE, count);
  parts.range.textContent = count === 0 ? "No examples" : `Showing ${first + 1}–${last} of ${integer(count)}`;
  enable(parts.back, first > 0, parts.next);
  enable(parts.next, last < count, parts.back);
  const held =
    ledger.head.pictures &&
    stored &&
    Array.from(pairs.object).filter((_, at) => stored.has(cropOf(pairAt(pairs, at)))).length;
  parts.stored.textContent =
    typeof held !== "number" || count === 0
      ? ""
      : `${integer(held)} of ${integer(count)} ${plural(count, "picture")} stored in this report`;
}

class Gallery {
  readonly element: HTMLElement;
  readonly #context: Context;
  readonly #parts: Parts;
  readonly #starter: HTMLElement;
  readonly #body: HTMLElement;
  readonly #openFrame: OpenFrame;
  #page: Page = { pairs: { object: new Int32Array(), detection: new Int32Array() }, first: 0 };
  #thumbs: Thumb[] = [];
  #loading = new AbortController();

  constructor(context: Context, openFrame: OpenFrame) {
    const { make, store, signal } = context;
    const parts = makeParts(context);
    this.#context = context;
    this.#parts = parts;
    this.#openFrame = openFrame;
    this.#starter = worstView(context);
    this.#body = make(
      "div.fl-gallery-body",
      {},
      make(
        "div.fl-gallery-head",
        {},
        parts.title,
        make("div.fl-pager", {}, parts.range, parts.back, parts.next, parts.clear),
      ),
      parts.words,
      make("p.fl-gallery-keys", {}, legend(make), parts.stored),
      make("div.fl-notice", {}, parts.note, parts.retry),
      parts.thumbs,
    );
    this.element = make("section.fl-gallery", { "aria-label": "Examples" }, this.#starter, this.#body);
    store.watch(["cells", "picked", "confusion"], (state) => this.#select(state), signal);
    this.#listen();
  }

  #listen(): void {
    const { store, signal } = this.#context;
    const { back, next, clear, retry, thumbs } = this.#parts;
    const turn = (pages: number) =>
      this.#turnTo({ ...this.#page, first: Math.max(0, this.#page.first + pages * PAGE) });
    listen(back, "click", () => turn(-1), signal);
    listen(next, "click", () => turn(1), signal);
    listen(clear, "click", () => store.set({ cells: [], picked: null }), signal);
    listen(retry, "click", () => void this.#load(), signal);
    listen(thumbs, "click", (event) => this.#open(event), signal);
  }

  #open(event: MouseEvent): void {
    const thumb = (event.target as Element).closest<HTMLElement>(".fl-thumb");
    if (thumb) this.#openFrame(this.#page.pairs, Number(thumb.dataset.at), thumb);
  }

  #select({ cells, picked, confusion }: State): void {
    const chosen = cells.length > 0 || picked !== null;
    this.#body.hidden = !chosen;
    this.#starter.hidden = chosen;
    this.element.dataset.cells = cells.map((cell) => cell.join(",")).join(" ");
    this.element.toggleAttribute("data-picked", picked !== null);
    this.#turnTo({ pairs: picked ?? pairsOf(confusion, confusion.examplesOf(cells)), first: 0 });
  }

  #turnTo(page: Page): void {
    this.#page = page;
    const { pairs, first } = page;
    const count = pairs.object.length;
    writeHead(this.#context, this.#parts, page);
    this.#thumbs = Array.from({ length: Math.min(PAGE, count - first) }, (_, index) =>
      thumbView(this.#context, pairAt(pairs, first + index), first + index),
    );
    this.#parts.thumbs.replaceChildren(...this.#thumbs.map((thumb) => thumb.element));
    Object.assign(this.element.dataset, { count: String(count), first: String(first) });
    void this.#load();
  }

  #notice(text: string | null, retry: boolean): void {
    const { note, retry: button } = this.#parts;
    note.hidden = text === null;
    note.textContent = text ?? "";
    button.hidden = !retry;
  }

  async #load(): Promise<void> {
    this.#loading.abort();
    this.#loading = new AbortController();
    const wanted = AbortSignal.any([this.#loading.signal, this.#context.signal]);
    const thumbs = this.#thumbs;
    try {
      const pictures = await picturesOf(this.#context, thumbs, wanted);
      if (wanted.aborted) return;
      for (const [index, thumb] of thumbs.entries()) thumb.show(pictures[index] as Picture);
      this.#notice(this.#context.ledger.head.pictures ? null : NO_FRAMES_WORDS, false);
    } catch (error) {
      if (isAbort(error) || wanted.aborted) return;
      for (const thumb of thumbs) thumb.show(noPicture("not loaded"));
      this.#notice(failureWords(error), true);
    }
  }
}

export function galleryView(context: Context, openFrame: OpenFrame): HTMLElement {
  return new Gallery(context, openFrame).element;
}

/** Said once above the gallery; no picture needs to repeat it. */
const NO_FRAMES_WORDS = "No frames were given, so the boxes stand in empty frames.";

async function picturesOf(context: Context, thumbs: readonly Thumb[], wanted: AbortSignal): Promise<Picture[]> {
  const { ledger, pictures } = context;
  if (thumbs.length === 0) return [];
  if (!ledger.head.pictures) return thumbs.map(() => noPicture(null));
  const sharp = (context.document.defaultView?.devicePixelRatio ?? 1) > 1.25;
  const items = thumbs.map((thumb) => cropOf(thumb.pair));
  return pictures.load(items, sharp ? 2 * SIDE : SIDE, wanted);
}
