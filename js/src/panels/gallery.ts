/** The boxes behind the selected cells, or those that another view picked, page by page. */
import { listen } from "../draw/dom.ts";
import { latest } from "../host/life.ts";
import type { PictureItem } from "../host/model.ts";
import { noPicture, type Picture, pictureKey } from "../host/pictures.ts";
import { isAbort, isNotConnected, reasonOf } from "../host/rpc.ts";
import { frameOf, MORE_OUTCOMES, OUTCOMES, type Pair, type Pairs, pairAt, pairsOf } from "../ledger/outcome.ts";
import { isFiltered, NO_SIFT, siftPairs } from "../ledger/sift.ts";
import { amount, integer, printable, selectionTitle, sentence } from "../ledger/words.ts";
import { type Context, shownLedger } from "../views/context.ts";
import { legend } from "../views/legend.ts";
import type { State } from "../views/store.ts";
import { type Thumb, thumbView } from "../views/thumb.ts";
import { FrameViewer } from "./frame-viewer.ts";
import { galleryTools } from "./gallery-tools.ts";
import { markKey, markTools, showMarks } from "./marks.ts";
import { worstView } from "./worst.ts";

const PAGE = 12;
const SIDE = 160;

const cropOf = ({ object, detection }: Pair): PictureItem => ({ kind: "crop", object, detection });

interface Page {
  /** Those that pass the filters, in the order wanted. */
  readonly pairs: Pairs;
  /** How many there are without filters. */
  readonly all: number;
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
  readonly unfilter: HTMLButtonElement;
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
    unfilter: make("button.fl-button.fl-unfilter", { hidden: true }, "Show all"),
    retry: make("button.fl-button.fl-retry", { hidden: true }, "Try again"),
  };
}

/** Why there are no pictures, in the reader's words. */
function failureWords(error: unknown): string {
  if (isNotConnected(error)) {
    return "Not connected to the kernel, which is busy or gone: pictures cannot be loaded. Numbers and boxes stay readable. After a restart, run the cell again.";
  }
  return `Pictures cannot be loaded: ${reasonOf(error)}`;
}

/** Enables or disables a button; the focus goes on to `other`, since a disabled button would swallow every key. */
function enable(button: HTMLButtonElement, on: boolean, other: HTMLButtonElement): void {
  const focused = (button.getRootNode() as Document | ShadowRoot).activeElement === button;
  button.disabled = !on;
  if (focused && !on) other.focus();
}

function writeHead(context: Context, parts: Parts, { pairs, all, first }: Page): void {
  const { store, ledger, stored } = context;
  const { cells, confusion, picked } = store.state;
  const count = pairs.object.length;
  parts.title.textContent = picked ? printable(picked.title, 200) : selectionTitle(ledger.head.classes, cells);
  const only = cells.length === 1 ? cells[0] : undefined;
  parts.words.textContent = only ? sentence(confusion, ledger.head.classes, ...only) : "";
  const last = Math.min(first + PAGE, count);
  const range = count === 0 ? "No examples" : `Showing ${first + 1}–${last} of ${integer(count)}`;
  // A saved view may hold fewer boxes than it counts.
  const counted = confusion.partial && !picked ? cells.reduce((sum, cell) => sum + confusion.count(...cell), 0) : all;
  const filtered = count < all ? `${range} that pass the filter, ${integer(all)} in all` : range;
  parts.range.textContent =
    counted > all ? `${filtered}; this page holds ${integer(all)} of ${integer(counted)}` : filtered;
  parts.unfilter.hidden = !isFiltered(store.state.sift);
  enable(parts.back, first > 0, parts.next);
  enable(parts.next, last < count, parts.back);
  const held =
    ledger.head.pictures &&
    stored &&
    Array.from(pairs.object).filter((_, at) => stored.has(cropOf(pairAt(pairs, at)))).length;
  const of = counted > all ? counted : count;
  parts.stored.textContent =
    typeof held !== "number" || count === 0 ? "" : `${integer(held)} of ${amount(of, "picture")} stored in this report`;
}

class Gallery {
  readonly element: HTMLElement;
  readonly #context: Context;
  readonly #parts: Parts;
  readonly #starter: HTMLElement;
  readonly #body: HTMLElement;
  readonly #legend: HTMLElement;
  #viewer: FrameViewer | undefined;
  #page: Page = { pairs: { object: new Int32Array(), detection: new Int32Array() }, all: 0, first: 0 };
  #thumbs: Thumb[] = [];
  readonly #wanted: () => AbortSignal;

  constructor(context: Context) {
    const { make, store, signal } = context;
    const parts = makeParts(context);
    this.#context = context;
    this.#wanted = latest(signal);
    this.#parts = parts;
    this.#legend = make("span");
    this.#starter = worstView(context);
    const tools = make("div.fl-gallery-tools", {}, galleryTools(context));
    this.#body = make(
      "div.fl-gallery-body",
      {},
      make(
        "div.fl-gallery-head",
        {},
        parts.title,
        make("div.fl-pager", {}, parts.range, parts.unfilter, parts.back, parts.next, parts.clear),
      ),
      parts.words,
      tools,
      make("p.fl-gallery-keys", {}, this.#legend, parts.stored),
      make("div.fl-notice", {}, parts.note, parts.retry),
      parts.thumbs,
    );
    this.element = make(
      "section.fl-gallery",
      { "aria-label": "Examples" },
      this.#starter,
      this.#body,
      markTools(context),
    );
    store.watch(["cells", "picked", "confusion", "sift", "wholeFrames"], (state) => this.#select(state), signal);
    store.watch(["marks"], () => showMarks(context, this.#thumbs), signal);
    this.#listen();
  }

  #listen(): void {
    const { store, signal } = this.#context;
    const { back, next, clear, unfilter, retry, thumbs } = this.#parts;
    const turn = (pages: number) =>
      this.#page.first + pages * PAGE < this.#page.pairs.object.length &&
      this.#turnTo({ ...this.#page, first: Math.max(0, this.#page.first + pages * PAGE) });
    listen(back, "click", () => turn(-1), signal);
    listen(next, "click", () => turn(1), signal);
    listen(clear, "click", () => store.set({ cells: [], picked: null }), signal);
    listen(retry, "click", () => void this.#load(), signal);
    listen(thumbs, "click", (event) => this.#open(event), signal);
    listen(this.element, "keydown", (event) => this.#press(event, turn), signal);
    listen(unfilter, "click", () => store.set({ sift: { ...NO_SIFT, sort: store.state.sift.sort } }), signal);
  }

  #press(event: KeyboardEvent, turn: (pages: number) => void): void {
    const { store, root } = this.#context;
    const thumbs = [...this.#parts.thumbs.querySelectorAll<HTMLElement>(".fl-thumb")];
    const at = thumbs.indexOf(event.target as HTMLElement);
    if (event.key === "Escape" && !(event.target as Element).closest("dialog")) {
      store.set({ cells: [], picked: null });
      root.querySelector<HTMLElement>(".fl-matrix-stage")?.focus();
    } else if (at < 0) return;
    else if (markKey(this.#context, (this.#thumbs[at] as Thumb).pair, event)) {
      // The badge says it; nothing else is to be done.
    } else if (event.key === "PageUp" || event.key === "PageDown") {
      turn(event.key === "PageUp" ? -1 : 1);
      this.#parts.thumbs.querySelector<HTMLElement>(".fl-thumb")?.focus();
    } else {
      const [first, here] = [thumbs[0] as HTMLElement, thumbs[at] as HTMLElement];
      const columns = Math.max(1, thumbs.filter(({ offsetTop }) => offsetTop === first.offsetTop).length);
      const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
      if (step === undefined) return;
      (thumbs[at + step] ?? here).focus();
    }
    event.preventDefault();
    event.stopPropagation();
  }

  #open(event: MouseEvent): void {
    const thumb = (event.target as Element).closest<HTMLElement>(".fl-thumb");
    if (!thumb) return;
    if (!this.#viewer) {
      this.#viewer = new FrameViewer(this.#context);
      this.element.append(this.#viewer.element);
    }
    this.#viewer.open(this.#page.pairs, Number(thumb.dataset.at), thumb);
  }

  #select({ cells, picked, confusion, sift }: State): void {
    const chosen = cells.length > 0 || picked !== null;
    this.#body.hidden = !chosen;
    this.#starter.hidden = chosen;
    this.element.dataset.cells = cells.map((cell) => cell.join(",")).join(" ");
    this.element.toggleAttribute("data-picked", picked !== null);
    const all = picked ?? pairsOf(confusion, confusion.examplesOf(cells));
    const pairs = siftPairs(shownLedger(this.#context), all, sift);
    this.#turnTo({ pairs, all: all.object.length, first: 0 });
  }

  #turnTo(page: Page): void {
    this.#page = page;
    const { make } = this.#context;
    const { pairs, first } = page;
    const count = pairs.object.length;
    writeHead(this.#context, this.#parts, page);
    const onPage = Array.from({ length: Math.min(PAGE, count - first) }, (_, index) => pairAt(pairs, first + index));
    const here = picturesHere(this.#context, onPage);
    const before = new Map(this.#thumbs.map((thumb) => [pictureKey(cropOf(thumb.pair)), thumb]));
    const thumbs = onPage.map((pair, index) => {
      const [key, picture] = [pictureKey(cropOf(pair)), here?.[index] ?? null];
      const known = before.get(key);
      before.delete(key); // a list may hold a pair twice
      if (!known?.stay(first + index)) return thumbView(this.#context, pair, first + index, picture);
      if (picture) known.show(picture);
      return known;
    });
    const same = thumbs.length === this.#thumbs.length && thumbs.every((thumb, index) => thumb === this.#thumbs[index]);
    this.#thumbs = thumbs;
    if (!same || !this.#legend.firstChild) {
      const shown = thumbs.map(({ outcome }) => outcome);
      this.#legend.replaceChildren(legend(make, OUTCOMES.concat(MORE_OUTCOMES.filter((one) => shown.includes(one)))));
      this.#parts.thumbs.replaceChildren(...thumbs.map((thumb) => thumb.element));
    }
    showMarks(this.#context, this.#thumbs);
    Object.assign(this.element.dataset, { count: String(count), all: String(page.all), first: String(first) });
    if (here) {
      this.#wanted();
      this.#loaded();
    } else void this.#load();
  }

  #loaded(): void {
    this.#notice(this.#context.ledger.head.pictures ? null : NO_FRAMES_WORDS, false);
  }

  #notice(text: string | null, retry: boolean): void {
    const { note, retry: button } = this.#parts;
    note.hidden = text === null;
    note.textContent = text ?? "";
    button.hidden = !retry;
  }

  async #load(): Promise<void> {
    const wanted = this.#wanted();
    const thumbs = this.#thumbs;
    try {
      const { items, side } = wantedOf(
        this.#context,
        thumbs.map(({ pair }) => pair),
      );
      const pictures = await this.#context.pictures.load(items, side, wanted);
      if (wanted.aborted) return;
      for (const [index, thumb] of thumbs.entries()) thumb.show(pictures[index] as Picture);
      this.#loaded();
    } catch (error) {
      if (isAbort(error) || wanted.aborted) return;
      for (const thumb of thumbs) thumb.show(noPicture("not loaded"));
      this.#notice(failureWords(error), true);
    }
  }
}

export function galleryView(context: Context): HTMLElement {
  return new Gallery(context).element;
}

/** Said once above the gallery; no picture needs to repeat it. */
const NO_FRAMES_WORDS = "No frames were given, so the boxes stand in empty frames.";

function wantedOf(
  { document, ledger, store }: Context,
  pairs: readonly Pair[],
): { items: PictureItem[]; side: number } {
  const sharp = (document.defaultView?.devicePixelRatio ?? 1) > 1.25;
  const { wholeFrames } = store.state;
  const items = pairs.map(
    (pair): PictureItem => (wholeFrames ? { kind: "frame", frame: frameOf(ledger, pair) } : cropOf(pair)),
  );
  return { items, side: sharp ? 2 * SIDE : SIDE };
}

/** The pictures of these pairs where nothing has to be asked for them. */
function picturesHere(context: Context, pairs: readonly Pair[]): Picture[] | null {
  if (!context.ledger.head.pictures) return pairs.map(() => noPicture(null));
  const { items, side } = wantedOf(context, pairs);
  return context.pictures.ready(items, side);
}
