/** Which classes stand alone, what is folded, what background holds, and the pairs that are confused most. */
import { chooser, switchButton } from "../draw/controls.ts";
import { listen } from "../draw/dom.ts";
import { countKinds, KIND_WORDS, KINDS, type Kind, kindOf } from "../ledger/kinds.ts";
import { pairsOf } from "../ledger/outcome.ts";
import { integer } from "../ledger/words.ts";
import { type Context, shownLedger } from "../views/context.ts";
import type { State } from "../views/store.ts";
import { classPicker } from "./class-picker.ts";
import { helpDialog } from "./help.ts";
import { pairsList } from "./pairs-list.ts";
import { atRest } from "./rest.ts";

/** How many classes may stand alone, beside all of them. */
const TOPS = [10, 20, 50, 100];

function topChoice({ make, ledger, store, signal }: Context): HTMLElement | null {
  const count = ledger.head.classes.length;
  const tops = TOPS.filter((top) => top < count);
  if (tops.length === 0) return null;
  // A space before each number keeps "all" first: names that are numbers would come before it.
  const words: Record<string, string> = { "": `all ${integer(count)}` };
  const say = (top: number | null) => `top ${top} and (other)`;
  for (const top of tops) words[` ${top}`] = say(top);
  const choice = chooser(
    make,
    { label: "Classes", kind: "fl-top", words },
    (value) => store.set({ top: value === "" ? null : Number(value), chosen: [] }),
    signal,
  );
  const show = ({ top }: Pick<State, "top">) => {
    const value = top === null ? "" : ` ${top}`;
    if (!(value in words)) {
      words[value] = say(top); // Python may ask for any number
      choice.element.querySelector("select")?.append(make("option", { value }, words[value]));
    }
    choice.show(value);
  };
  store.watch(["top"], show, signal);
  return choice.element;
}

function foldButton({ make, ledger, store, signal }: Context): HTMLElement | null {
  const names = [...new Set(ledger.head.supercategories ?? [])].filter((name) => name !== null);
  if (names.length === 0) return null;
  const button = switchButton(
    make,
    { label: "Fold groups", kind: "fl-fold", title: "One row and one column for each super-category" },
    () => store.set({ folded: store.state.folded.length > 0 ? [] : names }),
    signal,
  );
  store.watch(["folded"], ({ folded }) => button.show(folded.length > 0), signal);
  return button.element;
}

/** A button that shows and hides what stands under the controls. */
function disclosure({ make, signal }: Context, label: string, kind: string, body: () => HTMLElement): HTMLElement[] {
  const place = make("div.fl-disclosed", { hidden: true });
  const button = make(`button.fl-button.${kind}`, { "aria-expanded": "false" }, label);
  const flip = () => {
    if (!place.firstChild) place.append(body());
    place.hidden = !place.hidden;
    button.setAttribute("aria-expanded", String(!place.hidden));
  };
  listen(button, "click", flip, signal);
  return [button, place];
}

/** What background holds, kind by kind; each brings its boxes. */
function backgroundSplit(context: Context): HTMLElement {
  const { make, store, signal } = context;
  const element = make("p.fl-split");
  const examplesIn = (axis: "actual" | "predicted") => {
    const { confusion } = store.state;
    return confusion.examplesOf(confusion.line(axis, confusion.background));
  };
  const pick = (title: string, examples: Int32Array) =>
    store.set({ picked: { title, ...pairsOf(store.state.confusion, examples) } });
  const ofKind = (kind: Kind) => {
    const ledger = shownLedger(context);
    const { detection } = ledger.confusion.examples;
    return examplesIn("actual").filter((example) => kindOf(ledger, detection[example] as number) === kind);
  };
  const item = (count: number, words: string, kind: string) =>
    make("button.fl-link", { "data-kind": kind, disabled: count === 0 }, `${integer(count)} ${words}`);
  // A saved view without all boxes knows no kinds.
  element.hidden = context.ledger.confusion.partial;
  const write = () => {
    const kinds = countKinds(shownLedger(context), examplesIn("actual"));
    const buttons = KINDS.map((kind) => item(kinds[kind], KIND_WORDS[kind], kind));
    const missed = item(examplesIn("predicted").length, "missed", "missed");
    element.replaceChildren("Not detected: ", missed, " Nothing there: ", ...buttons);
  };
  // While a slider moves, nobody reads this; it follows when the numbers rest.
  store.watch(["confusion"], atRest(write, signal), signal);
  listen(
    element,
    "click",
    (event) => {
      const kind = (event.target as Element).closest<HTMLElement>("[data-kind]")?.dataset.kind;
      if (kind === "missed") pick("Not detected", examplesIn("predicted"));
      else if (kind) pick(`Nothing there: ${KIND_WORDS[kind as Kind]}`, ofKind(kind as Kind));
    },
    signal,
  );
  return element;
}

/** Says what a choice of classes put an end to: of the first so many and those picked by hand only one can hold. */
function choiceNote({ make, store, signal }: Context): HTMLElement {
  const note = make("p.fl-choice-note", { role: "status", hidden: true });
  let [topped, picked] = [store.state.top, store.state.chosen.length];
  const say = () => {
    const { top, chosen } = store.state;
    if (top === topped && chosen.length === picked) return;
    const ended =
      picked > 0
        ? top !== null && "the picking of classes"
        : topped !== null && chosen.length > 0 && `the top ${topped}`;
    note.textContent = ended ? `This ended ${ended}.` : "";
    note.hidden = !note.textContent;
    [topped, picked] = [top, chosen.length];
  };
  // The traits are written one after the other, and what was written is heard between them.
  store.watch(["top", "chosen"], () => queueMicrotask(say), signal);
  return note;
}

export function matrixTools(context: Context): HTMLElement {
  const { make, store, signal } = context;
  const [pick, picker] = disclosure(context, "Find and pick classes", "fl-pick", () => classPicker(context));
  const [pairs, list] = disclosure(context, "Most confused pairs", "fl-confused", () => pairsList(context));
  const open = make("button.fl-button.fl-open-other", {}, "Open (other)");
  listen(open, "click", () => store.set({ top: null, chosen: [] }), signal);
  store.watch(
    ["top", "chosen"],
    ({ top, chosen }) => {
      open.hidden = top === null && chosen.length === 0;
    },
    signal,
  );
  const help = make(
    "button.fl-button.fl-help",
    { "aria-label": "Keys and what the marks mean", title: "Keys (?)" },
    "?",
  );
  listen(help, "click", () => helpDialog(context).showModal(), signal);
  const buttons = [topChoice(context), open, pick, foldButton(context), pairs, help];
  return make(
    "div",
    {},
    make("div.fl-controls", {}, ...buttons),
    choiceNote(context),
    picker,
    list,
    backgroundSplit(context),
  );
}
