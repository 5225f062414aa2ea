/** Marking examples: by key in the gallery, by key and button in the large frame; counts, and the count without them. */
import { listen } from "../draw/dom.ts";
import { MARK_KINDS, type Marking, type MarkKind, markingOf, withMark } from "../ledger/marking.ts";
import type { Pair } from "../ledger/outcome.ts";
import { integer, plural, printable } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import type { Filter } from "../views/store.ts";

/** Key, word on the button, and the sign on a thumbnail. */
const SAID: Readonly<Record<Exclude<MarkKind, "note">, { key: string; word: string }>> = {
  "label error": { key: "l", word: "Label error" },
  hard: { key: "h", word: "Hard" },
  ignore: { key: "i", word: "Ignore" },
};
const KINDS = Object.keys(SAID) as (keyof typeof SAID)[];

const PLURALS: Readonly<Record<MarkKind, readonly [string, string]>> = {
  "label error": ["label error", "label errors"],
  hard: ["hard case", "hard cases"],
  ignore: ["to ignore", "to ignore"],
  note: ["note", "notes"],
};

export const wordsOf = (kind: MarkKind, count: number) => `${integer(count)} ${plural(count, ...PLURALS[kind])}`;

/** Says `mark` of a pair, or takes it back where that is what was said; a note stays. */
function toggle({ store }: Pick<Context, "store">, pair: Pair, mark: MarkKind): void {
  const { marks } = store.state;
  const known = markingOf(marks, pair);
  const note = known?.note ?? "";
  const back = known?.mark === mark;
  const said = back ? (note ? { mark: "note" as const, note } : null) : { mark, note };
  store.set({ marks: withMark(marks, pair, said) });
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
export function markWords(marks: readonly Marking[], pair: Pair): string {
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
  const write = () => {
    const text = note.value.trim();
    const mark = markingOf(store.state.marks, pair)?.mark ?? "note";
    const said = text || mark !== "note" ? { mark, note: text } : null;
    store.set({ marks: withMark(store.state.marks, pair, said) });
  };
  listen(note, "change", write, signal);
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

/** Leaves out the boxes that carry these marks. */
function filterOf({ ledger, store }: Context, kinds: readonly MarkKind[]): Filter | null {
  const chosen = store.state.marks.filter(({ mark }) => kinds.includes(mark));
  if (chosen.length === 0) return null;
  const [objects, detections] = [
    new Uint8Array(ledger.objects.frame.length),
    new Uint8Array(ledger.detections.frame.length),
  ];
  for (const { object, detection } of chosen) {
    if (object >= 0) objects[object] = 1;
    if (detection >= 0 && detection < detections.length) detections[detection] = 1;
  }
  const words = kinds
    .map((kind) => ({ kind, count: chosen.filter(({ mark }) => mark === kind).length }))
    .filter(({ count }) => count > 0)
    .map(({ kind, count }) => wordsOf(kind, count));
  return { title: `without ${words.join(" and ")}`, mask: { objects, detections } };
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
      const pick = (side: keyof Pair) => Int32Array.from(inside, (one) => one[side]);
      store.set({
        picked: {
          title: `Marked: ${wordsOf(kind, inside.length)}`,
          object: pick("object"),
          detection: pick("detection"),
        },
      });
    };
    listen(button, "click", show, signal);
    return { kind, button };
  });
  const left = new Set<MarkKind>();
  /** The filter that was made here; any other one is another view's. */
  let mine: Filter | null = null;
  const switches = (["label error", "ignore"] as const).map((kind) => {
    const button = make(
      "button.fl-button",
      { "data-without": kind },
      kind === "ignore" ? "Without those to ignore" : "Without label errors",
    );
    const flip = () => {
      if (!left.delete(kind)) left.add(kind);
      mine = filterOf(context, [...left]);
      store.set({ filter: mine });
    };
    listen(button, "click", flip, signal);
    return { kind, button };
  });
  const hint = make("span.fl-mark-hint", {}, "Mark an example: L label error, H hard, I ignore");
  store.watch(
    ["marks"],
    ({ marks, filter }) => {
      for (const { kind, button } of counts) {
        const count = marks.filter(({ mark }) => mark === kind).length;
        button.hidden = count === 0;
        button.textContent = wordsOf(kind, count);
      }
      // A count without them follows what is marked meanwhile.
      if (left.size > 0 && filter === mine) {
        mine = filterOf(context, [...left]);
        store.set({ filter: mine });
      }
    },
    signal,
  );
  store.watch(
    ["marks", "filter"],
    ({ marks, filter }) => {
      if (filter === null || filter !== mine) left.clear();
      for (const { kind, button } of switches) {
        button.hidden = !ledger.pairs || !marks.some(({ mark }) => mark === kind);
        button.setAttribute("aria-pressed", String(left.has(kind)));
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
