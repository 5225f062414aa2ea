/** Buttons, choices and groups of buttons, wired once; each says its state to a screen reader. */
import { type Html, listen } from "./dom.ts";

interface Choice<Value extends string> {
  readonly element: HTMLElement;
  show(value: Value): void;
}

/** One of a few, as buttons side by side. `name` is the data attribute that carries the value. */
export function segments<Value extends string>(
  make: Html,
  {
    label,
    name,
    words,
  }: { label: string; name: string; words: Readonly<Record<Value, readonly [word: string, title: string]>> },
  choose: (value: Value) => void,
  signal: AbortSignal,
): Choice<Value> {
  const entries = Object.entries(words) as [Value, readonly [string, string]][];
  const buttons = entries.map(([value, [word, title]]) => {
    const button = make("button", { title, [`data-${name}`]: value }, word);
    listen(button, "click", () => choose(value), signal);
    return button;
  });
  return {
    element: make("div.fl-segments", { role: "group", "aria-label": label }, ...buttons),
    show: (value) => {
      for (const [at, [own]] of entries.entries()) buttons[at]?.setAttribute("aria-pressed", String(own === value));
    },
  };
}

/** One of many, as a list that opens. */
export function chooser<Value extends string>(
  make: Html,
  { label, kind, words }: { label: string; kind: string; words: Readonly<Record<Value, string>> },
  choose: (value: Value) => void,
  signal: AbortSignal,
): Choice<Value> {
  const options = (Object.entries(words) as [Value, string][]).map(([value, word]) => make("option", { value }, word));
  const select = make(`select.fl-button.${kind}`, {}, ...options);
  listen(select, "change", () => choose(select.value as Value), signal);
  const show = (value: Value) => {
    select.value = value;
  };
  return { element: make("label.fl-choice", {}, `${label} `, select), show };
}

/** A button that is on or off. */
export function switchButton(
  make: Html,
  { label, kind, title }: { label: string; kind: string; title?: string },
  flip: () => void,
  signal: AbortSignal,
): { readonly element: HTMLButtonElement; show(on: boolean): void } {
  const element = make(`button.fl-button.${kind}`, { title }, label);
  listen(element, "click", flip, signal);
  return { element, show: (on) => element.setAttribute("aria-pressed", String(on)) };
}

/** A table in a space of its own that scrolls, also by keyboard. */
export function tableSpace(make: Html, label: string, table: HTMLElement): HTMLElement {
  return make("div.fl-table-space", { tabindex: 0, role: "region", "aria-label": label }, table);
}
