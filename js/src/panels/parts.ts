/** Small things that several panels share. */
import type { Pairs as Boxes } from "../ledger/outcome.ts";
import { className, integer } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import type { State } from "../views/store.ts";
import { exportMenu } from "./export.ts";
import type { Table } from "./files.ts";
import { swatchColor } from "./picture-file.ts";
import { answerMarks, reachMarks } from "./plot.ts";

/** Brings boxes to the gallery. */
export function bring({ store }: Context, title: string, boxes: Boxes): void {
  store.set({ picked: { title, ...boxes } });
}

/** A button in a table that brings boxes; its number is how many. */
export function boxesButton({ make }: Context, count: number, words: string, kind: string): HTMLElement {
  const text = integer(count);
  return make("button.fl-bring", { "aria-label": `${words}: ${text}`, "data-bring": kind, "data-count": count }, text);
}

/** A picture with its title, words beside it and its own export. */
export class Figure {
  readonly element: HTMLElement;
  readonly body: HTMLElement;
  /** What its CSV holds. */
  table: () => Table;
  readonly #words: HTMLElement;
  readonly #make: Context["make"];

  constructor(context: Context, id: string, title: string) {
    const { make, signal } = context;
    this.#make = make;
    this.#words = make("p.fl-figure-words");
    this.body = make("div.fl-figure-body");
    this.table = () => ({ columns: [], rows: [] });
    const exports = exportMenu(context, title, {
      table: () => this.table(),
      picture: () => {
        const picture = this.body.querySelector("svg");
        return picture && { svg: picture, ...this.#around() };
      },
    });
    this.element = make(
      "figure.fl-figure",
      { "data-figure": id },
      make("figcaption", {}, make("h3.fl-heading", {}, title), exports),
      this.body,
      this.#words,
    );
    answerMarks(this.body, signal);
  }

  /** The key with its colours as they are, and the words, for a picture that is taken away. */
  #around(): { key: (readonly [name: string, color: string])[]; words: string } {
    const key = [...this.#words.querySelectorAll("span")].map(
      (one) => [one.textContent.trim(), swatchColor(one)] as const,
    );
    const words = [...this.#words.childNodes].filter(({ nodeType }) => nodeType === 3);
    return { key, words: words.map(({ textContent }) => textContent).join(" ") };
  }

  swatch(name: string, kind: string): HTMLElement {
    return this.#make("span", { class: kind }, this.#make("i.fl-chart-swatch", { "aria-hidden": "true" }), ` ${name}`);
  }

  /** `key`: what the colours mean, as name and class. */
  draw(picture: Element, words: string, key: readonly (readonly [name: string, kind: string])[] = []): void {
    this.body.replaceChildren(picture);
    this.#words.replaceChildren(...key.map(([name, kind]) => this.swatch(name, kind)), words);
    reachMarks(this.body);
  }
}

/** Chooses a class or all of them; `all` says what stands for all. */
export function classChoice({ make, ledger }: Context, all: string): HTMLSelectElement {
  const { classes } = ledger.head;
  const options = classes.map((_, index) => make("option", { value: index }, className(classes, index)));
  return make("select.fl-button.fl-class-choice", {}, make("option", { value: "" }, all), ...options);
}

/** Number of the chosen class, null for all. */
export const chosenClass = ({ value }: HTMLSelectElement) => (value === "" ? null : Number(value));

/** Draws now and after each change of `keys`, but only while `element` can be seen; what was missed is drawn later. */
export function watchShown(
  { store, signal }: Context,
  element: HTMLElement,
  keys: readonly (keyof State)[],
  draw: (state: State) => void,
): void {
  const seen = new Map<keyof State, unknown>();
  store.watch(
    [...keys, "panel"],
    (state) => {
      if (element.closest("[hidden]") || keys.every((key) => seen.has(key) && Object.is(seen.get(key), state[key])))
        return;
      for (const key of keys) seen.set(key, state[key]);
      draw(state);
    },
    signal,
  );
}
