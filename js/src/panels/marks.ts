/** Marking examples: by key in the gallery, by key and button in the large frame; counts, and the count without them. */
import { listen } from "../draw/dom.ts";
import type { Condition } from "../ledger/condition.ts";
import { MARK_KINDS, type Marking, type MarkKind, markingOf, withMark } from "../ledger/marking.ts";
import { columnsOf, type Pair } from "../ledger/outcome.ts";
import { printable } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import type { State } from "../views/store.ts";
import { setConditions } from "./filter.ts";
import { wordsOf } from "./mark-words.ts";

/** Key, word on the button, and the sign on a thumbnail. */
export const SAID: Readonly<Record<Exclude<MarkKind, "note">, { key: string; word: string }>> = {
  "label error": { key: "l", word: "Label error" },
  hard: { key: "h", word: "Hard" },
  ignore: { key: "i", word: "Ignore" },
};
export const KINDS = Object.keys(SAID) as (keyof typeof SAID)[];

/** Says `mark` of a pair, or takes it back where that is what was said; a note stays. */
export function toggle({ store }: Pick<Context, "store">, pair: Pair, mark: MarkKind): void {
  const { marks } = store.state;
  const known = markingOf(marks, pair);
  const note = known?.note ?? "";
  const back = known?.mark === mark;
  const said = back ? (note ? { mark: "note" as const, note } : null) : { mark, note };
  store.set({ marks: withMark(marks, pair, said) });
}

/** Writes the note on a pair; an empty one is taken back. */
export function noteOn({ store }: Pick<Context, "store">, pair: Pair, value: string): void {
  const [text, mark] = [value.trim(), markingOf(store.state.marks, pair)?.mark ?? "note"];
  const said = text || mark !== "note" ? { mark, note: text } : null;
  store.set({ marks: withMark(store.state.marks, pair, said) });
}

/** Marks a pair where the key is one of L, H, I; returns whether it was. */
export function markKey(context: Pick<Context, "store">, pair: Pair, event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const key = event.key;
  const kind = KINDS.find((one) => SAID[one].key === key.toLowerCase());
  if (kind) toggle(context, pair, kind);
  return kind !== undefined;
}

/** What was said of a pair, as words for a badge; empty for nothing. */
function markWords(marks: readonly Marking[], pair: Pair): string {
  const known = markingOf(marks, pair);
  return known ? [known.mark === "note" ? "" : known.mark, known.note].filter(Boolean).join(": ") : "";
}

/** Shows on each thumbnail what was said of it. */
export function showMarks(
  { make, store }: Pick<Context, "make" | "store">,
  thumbs: readonly { readonly element: HTMLElement; readonly pair: Pair }[],
): void {
  for (const { element, pair } of thumbs) {
    const words = markWords(store.state.marks, pair);
    element.querySelector(".fl-badge")?.remove();
    const button = element.querySelector(".fl-thumb");
    if (words)
      button?.append(
        make("span.fl-badge", { "data-mark": markingOf(store.state.marks, pair)?.mark }, printable(words, 80)),
      );
  }
}

/** Buttons and a note for the pair that is shown large. */
export function markBar({ make, store, signal }: Context): { readonly element: HTMLElement; show(pair: Pair): void } {
  let pair: Pair = { object: -1, detection: -1 };
  const buttons = KINDS.map((kind) => {
    const { word } = SAID[kind];
    const button = make("button.fl-button", { "data-mark": kind }, word);
    listen(button, "click", () => toggle({ store }, pair, kind), signal);
    return button;
  });
  const note = make("input.fl-button.fl-note", {
    type: "text",
    placeholder: "note",
    "aria-label": "Note on this example",
  });
  note.maxLength = 500;
  listen(note, "change", () => noteOn({ store }, pair, note.value), signal);
  // Letters are text here, and keys of the viewer everywhere else in it.
  listen(note, "keydown", (event) => event.key !== "Escape" && event.stopPropagation(), signal);
  const draw = () => {
    const known = markingOf(store.state.marks, pair);
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.mark === known?.mark));
    if (note.value !== (known?.note ?? "")) note.value = known?.note ?? "";
  };
  store.watch(["marks"], draw, signal);
  return {
    element: make(
      "div.fl-controls.fl-mark-bar",
      { role: "group", "aria-label": "Mark this example" },
      ...buttons,
      note,
    ),
    show(next) {
      pair = next;
      draw();
    },
  };
}

/** The conditions with these kinds of marks left out, in place of those that were. */
export function leaving(conditions: readonly Condition[], kinds: readonly MarkKind[]): readonly Condition[] {
  const others = conditions.filter((one) => !("without" in one));
  return kinds.length > 0 ? [...others, { without: kinds }] : others;
}

export const leftOut = ({ filter }: Pick<State, "filter">): readonly MarkKind[] =>
  filter?.conditions.flatMap((one) => ("without" in one ? one.without : [])) ?? [];

/** Counts without one kind of marks, or with them again. */
export function flipWithout(context: Context, kind: MarkKind): void {
  const { state } = context.store;
  const left = leftOut(state);
  const kinds = left.includes(kind) ? left.filter((one) => one !== kind) : [...left, kind];
  setConditions(context, leaving(state.filter?.conditions ?? [], kinds));
}

/** How many examples carry which mark, the way to them, and the count without them. */
export function markTools(context: Context): HTMLElement {
  const { make, ledger, store, signal } = context;
  const counts = MARK_KINDS.map((kind) => {
    const button = make("button.fl-link", { "data-marked": kind });
    const show = () => {
      const inside = store.state.marks.filter(
        ({ mark, detection }) => mark === kind && detection < ledger.detections.frame.length,
      );
      store.set({ picked: { title: `Marked: ${wordsOf(kind, inside.length)}`, ...columnsOf(inside) } });
    };
    listen(button, "click", show, signal);
    return { kind, button };
  });
  const switches = (["label error", "ignore"] as const).map((kind) => {
    const button = make(
      "button.fl-button",
      { "data-without": kind },
      kind === "ignore" ? "Without those to ignore" : "Without label errors",
    );
    listen(button, "click", () => flipWithout(context, kind), signal);
    return { kind, button };
  });
  const hint = make("span.fl-mark-hint", {}, "Mark an example: L label error, H hard, I ignore");
  store.watch(
    ["marks"],
    ({ marks }) => {
      for (const { kind, button } of counts) {
        const count = marks.filter(({ mark }) => mark === kind).length;
        button.hidden = count === 0;
        button.textContent = wordsOf(kind, count);
      }
    },
    signal,
  );
  store.watch(
    ["marks", "filter"],
    (state) => {
      const left = leftOut(state);
      for (const { kind, button } of switches) {
        button.hidden = !ledger.pairs || !(left.includes(kind) || state.marks.some(({ mark }) => mark === kind));
        button.setAttribute("aria-pressed", String(left.includes(kind)));
      }
    },
    signal,
  );
  return make(
    "div.fl-mark-tools",
    { role: "group", "aria-label": "Marked examples" },
    hint,
    ...counts.map(({ button }) => button),
    ...switches.map(({ button }) => button),
  );
}
