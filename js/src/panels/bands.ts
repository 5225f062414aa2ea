/** Where a person sets which values are good: of a card for the whole project, or of one class, and why. */
import { listen } from "../draw/dom.ts";
import { type BandRow, bandOf, bandProblem, bandWords, withBand } from "../ledger/bands.ts";
import type { Card } from "../ledger/schema.ts";
import { className, printable } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import { createDialog } from "./dialog.ts";

const LONGEST_REASON = 200;

type Change = (bands: readonly BandRow[], words: string) => void;

/** The fields of one band: whose it is, its ends and its reason. */
class BandFields {
  readonly elements: readonly HTMLElement[];
  readonly whose: HTMLSelectElement;
  readonly #card: Card;
  readonly #context: Context;
  readonly #low: HTMLInputElement;
  readonly #high: HTMLInputElement;
  readonly #reason: HTMLInputElement;

  constructor(context: Context, card: Card) {
    const { make, ledger } = context;
    const { classes } = ledger.head;
    this.#context = context;
    this.#card = card;
    this.whose = make(
      "select.fl-button.fl-band-class",
      {},
      make("option", { value: "" }, "the whole project"),
      ...classes.map((_, index) => make("option", { value: index }, className(classes, index))),
    );
    const number = (end: string) => {
      const range = { type: "number", min: 0, max: 1, step: "any", placeholder: "open" };
      return make("input.fl-button.fl-number", { ...range, "data-band": end });
    };
    this.#low = number("low");
    this.#high = number("high");
    this.#reason = make("input.fl-button.fl-band-reason", { type: "text", "data-band": "reason" });
    this.#reason.maxLength = LONGEST_REASON;
    const field = (words: string, input: HTMLElement) => make("label.fl-choice", {}, `${words} `, input);
    this.elements = [
      make("div.fl-controls", {}, field("For", this.whose), field("from", this.#low), field("to", this.#high)),
      make("div.fl-controls", {}, field("Reason", this.#reason)),
    ];
  }

  get place(): Pick<BandRow, "card" | "class"> {
    return { card: this.#card.id, class: this.whose.value === "" ? null : Number(this.whose.value) };
  }

  /** The band that was set for the card and class of the fields. */
  get known(): BandRow | undefined {
    const place = this.place;
    return this.#context.store.state.bands.find((row) => row.card === place.card && row.class === place.class);
  }

  show(): void {
    const own = this.known;
    const usual = this.place.class === null ? bandOf(this.#card, []).band : [null, null];
    const [low, high] = own ? [own.low, own.high] : usual;
    this.#low.value = String(low ?? "");
    this.#high.value = String(high ?? "");
    this.#reason.value = own?.reason ?? "";
  }

  /** The band that is written, or what is wrong with it. */
  read(): Pick<BandRow, "low" | "high" | "reason"> | string {
    const fields = [this.#low, this.#high] as const;
    if (fields.some(({ validity }) => validity?.badInput)) return "An end is no number.";
    const [low, high] = fields.map(({ value }) => (value.trim() === "" ? null : Number(value))) as [number, number];
    return bandProblem(low, high) || { low, high, reason: this.#reason.value.trim() };
  }
}

/** What was set of this card. */
function bandItems({ make, ledger }: Context, card: Card, bands: readonly BandRow[]): HTMLElement[] {
  const rows = bands.filter((row) => row.card === card.id);
  if (rows.length === 0) return [make("li", {}, `Nothing is set; the default is ${bandWords(bandOf(card, []).band)}.`)];
  return rows.map(({ class: index, low, high, reason }) =>
    make(
      "li",
      { "data-class": index ?? "" },
      make("bdi", {}, nameOf(ledger.head.classes, index)),
      ` ${bandWords([low, high])}`,
      reason ? ` (${printable(reason, LONGEST_REASON)})` : null,
    ),
  );
}

const nameOf = (classes: readonly string[], index: number | null) =>
  index === null ? "the whole project" : className(classes, index);

export function bandDialog(context: Context, id: string): HTMLDialogElement {
  const { make, ledger, store } = context;
  const card = ledger.head.cards.find((known) => known.id === id) as Card;
  const { element, signal } = createDialog(context, "fl-band-dialog", `Good values of ${printable(card.title)}`);
  element.dataset.card = id;
  const fields = new BandFields(context, card);
  const set = make("button.fl-button.fl-band-set", {}, "Set");
  const reset = make("button.fl-button.fl-band-reset");
  const undo = make("button.fl-button.fl-band-undo", {}, "Undo");
  const said = make("p.fl-band-said", { role: "status" });
  const list = make("ul.fl-band-list", { "aria-label": "Bands that were set" });
  element.append(...fields.elements, make("div.fl-controls", {}, set, reset, undo), said, list);

  /** What there was before each change of this dialog. */
  const before: (readonly BandRow[])[] = [];
  const write = () => {
    undo.disabled = before.length === 0;
    reset.disabled = !fields.known;
    const usual = `Use the default (${bandWords(bandOf(card, []).band)})`;
    reset.textContent = fields.place.class === null ? usual : "No band of its own";
    list.replaceChildren(...bandItems(context, card, store.state.bands));
  };
  const change: Change = (bands, words) => {
    before.push(store.state.bands);
    store.set({ bands });
    said.textContent = words;
  };
  const owner = () => nameOf(ledger.head.classes, fields.place.class);
  const take = () => {
    const band = fields.read();
    if (typeof band === "string") said.textContent = band;
    else
      change(
        withBand(store.state.bands, fields.place, band),
        `${bandWords([band.low, band.high])}: set for ${owner()}.`,
      );
  };
  const remove = () => {
    change(withBand(store.state.bands, fields.place, null), `Taken away from ${owner()}.`);
    fields.show();
    fields.whose.focus(); // the button is off now
  };
  const back = () => {
    const bands = before.pop();
    if (!bands) return;
    store.set({ bands });
    said.textContent = "The last change is undone.";
    fields.show();
    write();
    if (undo.disabled) fields.whose.focus();
  };
  const choose = () => {
    said.textContent = "";
    fields.show();
    write();
  };
  const enter = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || !(event.target as Element).matches("input")) return;
    event.preventDefault();
    take();
  };
  listen(set, "click", take, signal);
  listen(reset, "click", remove, signal);
  listen(undo, "click", back, signal);
  listen(fields.whose, "change", choose, signal);
  listen(element, "keydown", enter, signal);
  fields.show();
  store.watch(["bands"], write, signal);
  return element;
}
