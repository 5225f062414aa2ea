/** Boxes of the baseline and of the model side by side, page by page; whole frames in a dialog. */
import { listen } from "../draw/dom.ts";
import { latest } from "../host/life.ts";
import type { PictureItem } from "../host/model.ts";
import { noPicture, type Picture } from "../host/pictures.ts";
import { isAbort, isNotConnected, reasonOf } from "../host/rpc.ts";
import type { Ledger } from "../ledger/decode.ts";
import { type Mark, OUTCOME_WORDS, type Outcome } from "../ledger/outcome.ts";
import { className, integer, printable } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import { legend } from "../views/legend.ts";
import { pictureView } from "../views/picture.ts";
import type { Change, Changes } from "./compare-data.ts";

const PAGE = 6;
const SIDE = 320;
const LARGE = 1280;
const SIDES = ["baseline", "model"] as const;
type Side = (typeof SIDES)[number];

/** What is looked at: single boxes, or whole frames. */
export interface Listed {
  readonly title: string;
  readonly changes?: readonly Change[];
  readonly frames?: readonly number[];
}

interface Entry {
  readonly frame: number;
  readonly change: Change | null;
}

function outcomeFor(actual: number, predicted: number, background: number): Outcome {
  if (predicted < 0) return "ignored";
  if (predicted === background) return "missed";
  return actual === predicted ? "correct" : "confused";
}

export class PairsView {
  readonly element: HTMLElement;
  readonly #context: Context;
  readonly #changes: Changes;
  readonly #title: HTMLElement;
  readonly #range: HTMLElement;
  readonly #note: HTMLElement;
  readonly #list: HTMLElement;
  readonly #back: HTMLButtonElement;
  readonly #next: HTMLButtonElement;
  readonly #dialog: HTMLDialogElement;
  readonly #large: HTMLElement;
  #entries: readonly Entry[] = [];
  #first = 0;
  readonly #wanted: () => AbortSignal;

  constructor(context: Context, changes: Changes) {
    const { make, signal } = context;
    this.#context = context;
    this.#wanted = latest(signal);
    this.#changes = changes;
    this.#title = make("h3.fl-heading");
    this.#range = make("span.fl-gallery-range", { role: "status" });
    this.#note = make("p.fl-gallery-note", { role: "status", hidden: true });
    this.#list = make("ol.fl-pairs");
    this.#back = make("button.fl-button.fl-back", { "aria-label": "Previous page" }, "‹");
    this.#next = make("button.fl-button.fl-next", { "aria-label": "Next page" }, "›");
    this.#large = make("div.fl-pair-large");
    const close = make("button.fl-button.fl-close", {}, "Close");
    this.#dialog = make("dialog.fl-frame", { "aria-label": "Whole frame in both models", tabindex: -1 });
    this.#dialog.append(make("div.fl-frame-head", {}, close), this.#large, make("p.fl-frame-keys", {}, legend(make)));
    this.element = make(
      "section.fl-pairs-view",
      { "aria-label": "Examples side by side", hidden: true },
      make("div.fl-gallery-head", {}, this.#title, make("div.fl-pager", {}, this.#range, this.#back, this.#next)),
      make("p.fl-gallery-keys", {}, legend(make)),
      this.#note,
      this.#list,
      this.#dialog,
    );
    listen(this.#back, "click", () => this.#turn(-PAGE), signal);
    listen(this.#next, "click", () => this.#turn(PAGE), signal);
    listen(close, "click", () => this.#dialog.close(), signal);
    listen(this.#list, "click", (event) => this.#open(event), signal);
  }

  show({ title, changes, frames }: Listed): void {
    const { objects, detections } = this.#context.ledger;
    const frameOf = ({ object, baseline, model }: Change) =>
      (object >= 0
        ? objects.frame[object]
        : model >= 0
          ? detections.frame[model]
          : this.#changes.baseline.frame[baseline]) as number;
    this.#entries = changes
      ? changes.map((change) => ({ frame: frameOf(change), change }))
      : (frames ?? []).map((frame) => ({ frame, change: null }));
    this.#title.textContent = title;
    this.element.hidden = false;
    this.element.dataset.count = String(this.#entries.length);
    this.#first = 0;
    this.#turn(0);
  }

  #turn(step: number): void {
    this.#first += step;
    const count = this.#entries.length;
    const last = Math.min(this.#first + PAGE, count);
    this.#range.textContent = count === 0 ? "Nothing" : `Showing ${this.#first + 1}–${last} of ${integer(count)}`;
    this.#back.disabled = this.#first === 0;
    this.#next.disabled = last >= count;
    void this.#load(this.#entries.slice(this.#first, last));
  }

  async #load(entries: readonly Entry[]): Promise<void> {
    const { make, ledger, pictures } = this.#context;
    const wanted = this.#wanted();
    const rows = entries.map((entry, index) => {
      const spaces = SIDES.map((side) => make("div.fl-pair-side", { "data-side": side }));
      const button = make(
        "button.fl-pair",
        { "data-at": this.#first + index, "data-frame": entry.frame, "data-object": entry.change?.object ?? -1 },
        make("span.fl-pair-name", {}, make("bdi", {}, this.#caption(entry))),
        make("span.fl-pair-sides", {}, ...spaces),
      );
      return { entry, spaces, button };
    });
    this.#list.replaceChildren(...rows.map(({ button }) => make("li", {}, button)));
    const draw = (picture: (index: number) => Picture | null) => {
      for (const [index, { entry, spaces }] of rows.entries()) {
        SIDES.forEach((side, at) => {
          spaces[at]?.replaceChildren(...this.#side(side, entry, picture(index), false));
        });
      }
    };
    draw(() => null);
    this.#note.hidden = true;
    if (!ledger.head.pictures) return draw(() => noPicture(null));
    try {
      const found = await pictures.load(entries.map(itemOf), SIDE, wanted);
      if (!wanted.aborted) draw((index) => found[index] ?? null);
    } catch (error) {
      if (isAbort(error) || wanted.aborted) return;
      draw(() => noPicture("not loaded"));
      this.#note.hidden = false;
      this.#note.textContent = isNotConnected(error)
        ? "Not connected to the kernel, which is busy or gone: pictures cannot be loaded. Boxes stay readable."
        : `Pictures cannot be loaded: ${reasonOf(error)}`;
    }
  }

  #caption({ frame, change }: Entry): string {
    const { ledger } = this.#context;
    const name = printable(ledger.head.frames.names[frame] ?? "", 60);
    if (!change) {
      const { was, is } = this.#changes.frameErrors;
      return `${name}: errors ${was[frame]} → ${is[frame]}`;
    }
    if (change.object < 0) return `${name}: nothing there`;
    return `${name}: ${className(ledger.head.classes, ledger.objects.category[change.object] as number)}`;
  }

  /** Name of the side, the picture with that side's boxes, and what that side made of it. */
  #side(side: Side, entry: Entry, picture: Picture | null, large: boolean): HTMLElement[] {
    const { make, document } = this.#context;
    const ledger = this.#ledgerOf(side);
    const whole = large || !entry.change;
    const marks = whole ? this.#marksInFrame(side, entry.frame) : this.#marks(side, entry.change as Change);
    const lit = large && entry.change ? { object: entry.change.object, detection: entry.change[side] } : null;
    const view = pictureView(make, document, ledger, {
      picture,
      marks,
      frame: entry.frame,
      whole,
      highlight: lit,
      fit: large ? null : 4 / 3,
    });
    const words = entry.change ? this.#words(side, entry.change) : "";
    return [
      make("span.fl-pair-label", {}, printable(this.#changes.head[side], 40)),
      view,
      make("span.fl-pair-words", {}, words),
      make("span.fl-picture-note", { hidden: !picture?.note }, picture?.note ?? ""),
    ];
  }

  #ledgerOf(side: Side): Ledger {
    const { ledger } = this.#context;
    return side === "model" ? ledger : { ...ledger, detections: this.#changes.baseline };
  }

  #standing(side: Side) {
    return side === "model" ? this.#changes.after : this.#changes.before;
  }

  #outcome(side: Side, object: number): Outcome {
    const { ledger } = this.#context;
    const as = this.#standing(side).as[object] as number;
    return outcomeFor(ledger.objects.category[object] as number, as, ledger.confusion.background);
  }

  #marks(side: Side, change: Change): Mark[] {
    const detection = change[side];
    const outcome = change.object < 0 ? "false-alarm" : this.#outcome(side, change.object);
    const marks: Mark[] = [];
    if (change.object >= 0) marks.push({ source: "object", row: change.object, outcome });
    if (detection >= 0) marks.push({ source: "detection", row: detection, outcome });
    return marks;
  }

  #marksInFrame(side: Side, frame: number): Mark[] {
    const { objects } = this.#context.ledger;
    const { detections } = this.#ledgerOf(side);
    const here = [...objects.frame.keys()].filter((row) => objects.frame[row] === frame);
    const alarms = this.#standing(side).alarms.filter((row) => detections.frame[row] === frame);
    return [
      ...here.flatMap((object) => this.#marks(side, this.#changes.of(object))),
      ...alarms.map((row): Mark => ({ source: "detection", row, outcome: "false-alarm" })),
    ];
  }

  #words(side: Side, change: Change): string {
    const { classes } = this.#context.ledger.head;
    const { detections } = this.#ledgerOf(side);
    const detection = change[side];
    if (detection < 0) return change.object < 0 ? "no detection here" : OUTCOME_WORDS.missed;
    const score = (detections.score[detection] as number).toFixed(2);
    const name = className(classes, detections.category[detection] as number);
    if (change.object < 0) return `${name} ${score}, nothing there`;
    return this.#outcome(side, change.object) === "correct" ? `correct ${score}` : `called ${name} ${score}`;
  }

  #open(event: MouseEvent): void {
    const at = (event.target as Element).closest<HTMLElement>(".fl-pair")?.dataset.at;
    const entry = at === undefined ? undefined : this.#entries[Number(at)];
    if (entry) void this.#enlarge(entry);
  }

  async #enlarge(entry: Entry): Promise<void> {
    const { make, ledger, pictures, signal } = this.#context;
    const draw = (picture: Picture | null) =>
      this.#large.replaceChildren(
        make("h3.fl-heading", {}, this.#caption(entry)),
        make(
          "div.fl-pair-sides",
          {},
          ...SIDES.map((side) => make("div.fl-pair-side", {}, ...this.#side(side, entry, picture, true))),
        ),
      );
    draw(null);
    if (!this.#dialog.open) this.#dialog.showModal();
    if (!ledger.head.pictures) return draw(noPicture(null));
    try {
      const [picture] = await pictures.load([{ kind: "frame", frame: entry.frame }], LARGE, signal);
      draw(picture ?? null);
    } catch (error) {
      if (!isAbort(error)) draw(noPicture(reasonOf(error)));
    }
  }
}

/** A false alarm of the baseline alone has no row that a picture could be asked by: its frame stands in. */
function itemOf({ frame, change }: Entry): PictureItem {
  if (!change || (change.object < 0 && change.model < 0)) return { kind: "frame", frame };
  return { kind: "crop", object: change.object, detection: change.model };
}
