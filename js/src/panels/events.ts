/** Errors that last: what went wrong with one thing over several frames of a video, as a strip of pictures. */
import { listen } from "../draw/dom.ts";
import { latest } from "../host/life.ts";
import type { PictureItem } from "../host/model.ts";
import { noPicture, type Picture } from "../host/pictures.ts";
import { isAbort } from "../host/rpc.ts";
import { columnsOf, frameOf, marksOf, type Pair, readPair } from "../ledger/outcome.ts";
import { amount, className, fraction, integer } from "../ledger/words.ts";
import { type Context, shownLedger } from "../views/context.ts";
import type { Panel } from "../views/panel.ts";
import { pictureView } from "../views/picture.ts";
import { baseName } from "../views/thumb.ts";
import { exportMenu } from "./export.ts";
import { type ErrorEvent, type Extra, eventsOf, extraOf, hasExtra } from "./extra.ts";
import type { Table } from "./files.ts";
import { clock } from "./frame-strip.ts";
import { FrameViewer } from "./frame-viewer.ts";
import { bring, watchShown } from "./parts.ts";

const PAGE = 4;
/** Pictures of a strip, as `widgets/wire_events.py` has a report keep them. */
const STRIP = 6;
const SIDE = 160;
const FIT = 4 / 3;
/** Width of a picture in a strip. */
const WIDE = 132;

/** At most `most` places from 0 to `count` - 1, evenly spread, first and last among them. */
export function spread(count: number, most = STRIP): number[] {
  const shown = Math.min(count, most);
  const places = Array.from({ length: shown }, (_, at) => Math.round((at * (count - 1)) / Math.max(1, shown - 1)));
  return [...new Set(places)];
}

interface Still {
  readonly pair: Pair;
  readonly show: (picture: Picture) => void;
}

class Events {
  readonly element: HTMLElement;
  readonly #context: Context;
  readonly #extra: Extra;
  readonly #all: readonly ErrorEvent[];
  readonly #list: HTMLElement;
  readonly #words: HTMLElement;
  readonly #range: HTMLElement;
  readonly #kind: HTMLSelectElement;
  readonly #back: HTMLButtonElement;
  readonly #next: HTMLButtonElement;
  #viewer: FrameViewer | undefined;
  #first = 0;
  readonly #wanted: () => AbortSignal;

  constructor(context: Context) {
    const { make, ledger, signal } = context;
    this.#context = context;
    this.#wanted = latest(signal);
    this.#extra = extraOf(ledger);
    this.#all = eventsOf(ledger);
    this.#list = make("ol.fl-events-list");
    this.#words = make("p.fl-figure-words");
    this.#range = make("span.fl-gallery-range", { role: "status" });
    this.#back = make("button.fl-button.fl-back", { "aria-label": "Previous events" }, "‹");
    this.#next = make("button.fl-button.fl-next", { "aria-label": "Next events" }, "›");
    this.#kind = make("select.fl-button.fl-event-kinds", {}, ...this.#choices());
    this.element = make(
      "div.fl-events",
      {},
      this.#words,
      make(
        "div.fl-controls",
        {},
        make("label.fl-choice", {}, "Show ", this.#kind),
        this.#range,
        this.#back,
        this.#next,
        exportMenu(context, "Events", { table: () => this.#table() }),
      ),
      this.#list,
    );
    const turn = (to: number) => {
      this.#first = to;
      this.#draw();
    };
    listen(this.#kind, "change", () => turn(0), signal);
    listen(this.#back, "click", () => turn(Math.max(0, this.#first - PAGE)), signal);
    listen(this.#next, "click", () => turn(this.#first + PAGE), signal);
    listen(this.#list, "click", (event) => this.#clicked(event), signal);
    listen(this.#list, "keydown", (event) => this.#typed(event), signal);
    watchShown(context, this.element, ["confusion"], () => this.#draw());
  }

  #choices(): HTMLElement[] {
    const { make } = this.#context;
    const kinds = this.#extra.eventKinds.flatMap(({ id, meaning }, kind) => {
      const count = this.#all.filter((one) => one.kind === kind).length;
      return count > 0 ? make("option", { value: kind, title: meaning }, `${id} ${integer(count)}`) : [];
    });
    return [make("option", { value: "" }, `all ${integer(this.#all.length)}`), ...kinds];
  }

  #shown(): readonly ErrorEvent[] {
    const { value } = this.#kind;
    return value === "" ? this.#all : this.#all.filter(({ kind }) => kind === Number(value));
  }

  /** The events of the chosen kind, as Python's table calls them. */
  #table(): Table {
    const { head } = this.#context.ledger;
    const rows = this.#shown().map((event) => [
      className(head.classes, event.category),
      this.#extra.eventKinds[event.kind]?.id ?? null,
      ...this.#ends(event).map((frame) => head.frames.names[frame] ?? null),
      event.frames,
    ]);
    return { columns: ["class", "status", "start", "end", "frames"], rows };
  }

  #ends({ pairs }: ErrorEvent): number[] {
    return [pairs[0] as Pair, pairs.at(-1) as Pair].map((pair) => frameOf(this.#context.ledger, pair));
  }

  #draw(): void {
    const { make, ledger } = this.#context;
    const { confidence, iou } = ledger.head.operating_point;
    const total = this.#extra.eventsTotal;
    const few = total > this.#all.length ? `, the ${integer(this.#all.length)} longest of ${integer(total)}` : "";
    this.#words.textContent =
      `${amount(this.#all.length, "error")} of 2 frames or more${few}, longest first, ` +
      `judged at confidence ${fraction(confidence, 2)}, IoU ${fraction(iou, 2)}.`;
    const shown = this.#shown();
    const page = shown.slice(this.#first, this.#first + PAGE);
    const last = this.#first + page.length;
    this.#range.textContent = `Showing ${this.#first + 1}–${last} of ${integer(shown.length)}`;
    this.#back.disabled = this.#first === 0;
    this.#next.disabled = last >= shown.length;
    const stills: Still[] = [];
    this.#list.replaceChildren(...page.map((event) => make("li", {}, this.#event(event, stills))));
    void this.#load(stills);
  }

  /** `missed · 0:01.20–0:03.00 · 46 frames`, or the names of the frames where their time is unknown. */
  #when(event: ErrorEvent): string {
    const { head } = this.#context.ledger;
    const ends = this.#ends(event);
    const times = ends.map((frame) => clock(head.frames.time?.[frame]));
    const said = times.every(Boolean) ? times : ends.map((frame) => baseName(head.frames.names[frame] ?? ""));
    return said.join(" – ");
  }

  #event(event: ErrorEvent, stills: Still[]): HTMLElement {
    const { make, ledger } = this.#context;
    const kind = this.#extra.eventKinds[event.kind];
    const frames = amount(event.frames, "frame");
    const title = [
      make("bdi", {}, className(ledger.head.classes, event.category)),
      ` ${kind?.id} · `,
      make("bdi", {}, this.#when(event)),
      ` · ${frames}`,
    ];
    const strip = spread(event.pairs.length).map((at) => this.#still(event, at, stills));
    return make(
      "div.fl-event",
      { "data-event": event.at, "data-frames": event.frames, "data-kind": kind?.id },
      make(
        "button.fl-bring",
        { "data-bring": "event", "data-count": event.pairs.length, title: kind?.meaning },
        ...title,
      ),
      make("div.fl-strip", {}, ...strip),
    );
  }

  #still({ pairs }: ErrorEvent, at: number, stills: Still[]): HTMLElement {
    const { make, document } = this.#context;
    const ledger = shownLedger(this.#context);
    const pair = pairs[at] as Pair;
    const frame = frameOf(ledger, pair);
    const name = baseName(ledger.head.frames.names[frame] ?? "");
    const marks = marksOf(ledger, pair);
    const space = make("span.fl-thumb-space");
    const words = clock(ledger.head.frames.time?.[frame]) || name;
    const put = (picture: Picture | null) => {
      const options = { picture, marks, frame, whole: false, highlight: null, fit: FIT };
      space.replaceChildren(pictureView(make, document, ledger, options));
      space.title = picture?.note ?? name;
    };
    put(null);
    stills.push({ pair, show: put });
    const { outcome } = readPair(ledger, pair);
    const names = { "data-at": at, "data-frame": frame, "data-outcome": outcome, "aria-label": `Open frame ${words}` };
    const still = make(
      "button.fl-thumb.fl-event-frame",
      names,
      space,
      make("span.fl-thumb-frame", {}, make("bdi", {}, words)),
    );
    still.style.flex = `0 0 ${WIDE}px`;
    return still;
  }

  async #load(stills: readonly Still[]): Promise<void> {
    const { ledger, pictures } = this.#context;
    const wanted = this.#wanted();
    const show = (found: readonly (Picture | undefined)[], note: string | null) => {
      for (const [at, still] of stills.entries()) still.show(found[at] ?? noPicture(note));
    };
    if (!ledger.head.pictures || stills.length === 0) return show([], null);
    try {
      const items = stills.map(({ pair }): PictureItem => ({ kind: "crop", ...pair }));
      const found = await pictures.load(items, SIDE, wanted);
      if (!wanted.aborted) show(found, null);
    } catch (error) {
      if (!isAbort(error) && !wanted.aborted) show([], "not loaded");
    }
  }

  #clicked(event: Event): void {
    const target = event.target as Element;
    const row = target.closest<HTMLElement>("[data-event]");
    const chosen = row && this.#all[Number(row.dataset.event)];
    if (!chosen) return;
    const still = target.closest<HTMLElement>(".fl-event-frame");
    if (still) {
      if (!this.#viewer) {
        this.#viewer = new FrameViewer(this.#context);
        this.element.append(this.#viewer.element);
      }
      this.#viewer.open(columnsOf(chosen.pairs), Number(still.dataset.at), still);
    } else if (target.closest("[data-bring]")) {
      bring(this.#context, row.querySelector("[data-bring]")?.textContent ?? "", columnsOf(chosen.pairs));
    }
  }

  /** Left and right along a strip, up and down from event to event. */
  #typed(event: KeyboardEvent): void {
    const here = (event.target as Element).closest<HTMLElement>("button");
    const item = here?.closest("li");
    if (!here || !item) return;
    const along = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const across = { ArrowUp: item.previousElementSibling, ArrowDown: item.nextElementSibling }[event.key];
    const buttons = [...item.querySelectorAll<HTMLElement>("button")];
    const at = buttons.indexOf(here);
    const others = [...(across?.querySelectorAll<HTMLElement>("button") ?? [])];
    const next = along === undefined ? others[Math.min(at, others.length - 1)] : buttons[at + along];
    if (along === undefined && across === undefined) return;
    next?.focus();
    event.preventDefault();
    event.stopPropagation();
  }
}

export const eventsPanel: Panel = {
  id: "events",
  title: "Events",
  has: ({ ledger }) => hasExtra(ledger) && eventsOf(ledger).length > 0,
  view: (context) => new Events(context).element,
};
