/** The examples behind the selected cells, page by page. */
import { listen } from "../draw/dom.ts";
import type { PictureItem } from "../host/model.ts";
import type { Picture } from "../host/pictures.ts";
import { isAbort, NotConnectedError } from "../host/rpc.ts";
import { integer, plural, selectionTitle, sentence } from "../ledger/words.ts";
import type { Context } from "./context.ts";
import { legend } from "./legend.ts";
import { type Thumb, thumbView } from "./thumb.ts";
import { worstView } from "./worst.ts";

export const PAGE = 12;
const SIDE = 160;

/** Opens the whole frame of `examples[at]`. */
export type OpenFrame = (examples: Int32Array, at: number, opener: HTMLElement) => void;

export function cropOf({ ledger }: Pick<Context, "ledger">, example: number): PictureItem {
  const { object, detection } = ledger.confusion.examples;
  return { kind: "crop", object: object[example] as number, detection: detection[example] as number };
}

interface Page {
  readonly examples: Int32Array;
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
    title: make("h2", { class: "fl-heading" }),
    words: make("p", { class: "fl-gallery-words" }),
    range: make("span", { class: "fl-gallery-range", role: "status" }),
    stored: make("span", { class: "fl-gallery-stored" }),
    note: make("p", { class: "fl-gallery-note", role: "status", hidden: true }),
    thumbs: make("ul", { class: "fl-thumbs" }),
    back: make("button", { type: "button", class: "fl-button fl-back", "aria-label": "Previous page" }, "‹"),
    next: make("button", { type: "button", class: "fl-button fl-next", "aria-label": "Next page" }, "›"),
    clear: make("button", { type: "button", class: "fl-button fl-clear" }, "Clear"),
    retry: make("button", { type: "button", class: "fl-button fl-retry", hidden: true }, "Try again"),
  };
}

/** Why there are no pictures, in the reader's words. */
function failureWords(error: unknown): string {
  if (error instanceof NotConnectedError) {
    return "Not connected to the kernel: pictures cannot be loaded. Numbers and boxes stay readable.";
  }
  return `Pictures cannot be loaded: ${error instanceof Error ? error.message : String(error)}`;
}

function galleryTitle({ ledger }: Context, cells: readonly (readonly [number, number])[]): string {
  return selectionTitle(ledger.head.classes, cells);
}

/** Enables or disables a button; the focus goes on to `other`, since a disabled button would swallow every key. */
function enable(button: HTMLButtonElement, on: boolean, other: HTMLButtonElement): void {
  const focused = (button.getRootNode() as Document | ShadowRoot).activeElement === button;
  button.disabled = !on;
  if (focused && !on) other.focus();
}

function writeHead(context: Context, parts: Parts, { examples, first }: Page): void {
  const { store, ledger, stored } = context;
  const { cells, confusion } = store.state;
  parts.title.textContent = galleryTitle(context, cells);
  const only = cells.length === 1 ? cells[0] : undefined;
  parts.words.textContent = only ? sentence(confusion, ledger.head.classes, ...only) : "";
  const last = Math.min(first + PAGE, examples.length);
  parts.range.textContent =
    examples.length === 0 ? "No examples" : `Showing ${first + 1}–${last} of ${integer(examples.length)}`;
  enable(parts.back, first > 0, parts.next);
  enable(parts.next, last < examples.length, parts.back);
  const held =
    ledger.head.pictures &&
    stored &&
    Array.from(examples).filter((example) => stored.has(cropOf(context, example))).length;
  parts.stored.textContent =
    typeof held !== "number" || examples.length === 0
      ? ""
      : `${integer(held)} of ${integer(examples.length)} ${plural(examples.length, "picture")} stored in this report`;
}

function labelsOf(cells: readonly (readonly [number, number])[]): string {
  return cells.map((cell) => cell.join(",")).join(" ");
}

export function galleryView(context: Context, openFrame: OpenFrame): HTMLElement {
  const { make, ledger, store, signal } = context;
  const parts = makeParts(context);
  const starter = worstView(context);
  const pager = make("div", { class: "fl-pager" }, parts.range, parts.back, parts.next, parts.clear);
  const body = make(
    "div",
    { class: "fl-gallery-body" },
    make("div", { class: "fl-gallery-head" }, parts.title, pager),
    parts.words,
    make("p", { class: "fl-gallery-keys" }, legend(make), parts.stored),
    make("div", { class: "fl-notice" }, parts.note, parts.retry),
    parts.thumbs,
  );
  const element = make("section", { class: "fl-gallery", "aria-label": "Examples" }, starter, body);
  let page: Page = { examples: new Int32Array(), first: 0 };
  let thumbs: Thumb[] = [];
  let loading = new AbortController();

  function notice(text: string | null, retry: boolean): void {
    parts.note.hidden = text === null;
    parts.note.textContent = text ?? "";
    parts.retry.hidden = !retry;
  }

  async function load(): Promise<void> {
    loading.abort();
    loading = new AbortController();
    const wanted = AbortSignal.any([loading.signal, signal]);
    const shown = thumbs;
    try {
      const pictures = await picturesOf(context, shown, wanted);
      if (wanted.aborted) return;
      for (const [index, thumb] of shown.entries()) thumb.show(pictures[index] as Picture);
      notice(ledger.head.pictures ? null : NO_FRAMES_WORDS, false);
    } catch (error) {
      if (isAbort(error) || wanted.aborted) return;
      for (const thumb of shown) thumb.show({ url: null, region: null, width: 0, height: 0, note: "not loaded" });
      notice(failureWords(error), true);
    }
  }

  function turnTo(next: Page): void {
    page = next;
    writeHead(context, parts, page);
    const here = Array.from(page.examples.slice(page.first, page.first + PAGE));
    thumbs = here.map((example, index) => thumbView(context, example, page.first + index));
    parts.thumbs.replaceChildren(...thumbs.map((thumb) => thumb.element));
    element.dataset.count = String(page.examples.length);
    element.dataset.first = String(page.first);
    void load();
  }

  store.watch(
    ["cells", "confusion"],
    ({ cells, confusion }) => {
      const some = cells.length > 0;
      body.hidden = !some;
      starter.hidden = some;
      element.dataset.cells = labelsOf(cells);
      turnTo({ examples: confusion.examplesOf(cells), first: 0 });
    },
    signal,
  );

  listen(parts.back, "click", () => turnTo({ ...page, first: Math.max(0, page.first - PAGE) }), signal);
  listen(parts.next, "click", () => turnTo({ ...page, first: page.first + PAGE }), signal);
  listen(parts.clear, "click", () => store.set({ cells: [] }), signal);
  listen(parts.retry, "click", () => void load(), signal);
  listen(
    parts.thumbs,
    "click",
    (event) => {
      const thumb = (event.target as Element).closest<HTMLElement>(".fl-thumb");
      if (thumb) openFrame(page.examples, Number(thumb.dataset.at), thumb);
    },
    signal,
  );
  element.dataset.frames = String(ledger.head.counts.frames);
  return element;
}

/** Said once above the gallery; no picture needs to repeat it. */
const NO_FRAMES: Picture = { url: null, region: null, width: 0, height: 0, note: null };
const NO_FRAMES_WORDS = "No frames were given, so the boxes stand in empty frames.";

async function picturesOf(context: Context, thumbs: readonly Thumb[], wanted: AbortSignal): Promise<Picture[]> {
  const { ledger, pictures } = context;
  if (thumbs.length === 0) return [];
  if (!ledger.head.pictures) return thumbs.map(() => NO_FRAMES);
  const sharp = (context.document.defaultView?.devicePixelRatio ?? 1) > 1.25;
  const items = thumbs.map((thumb) => cropOf(context, thumb.example));
  return pictures.load(items, sharp ? 2 * SIDE : SIDE, wanted);
}
