/** What a printed report says where a reader would click: curves, the worst examples with their pictures, the checklist. */
import { latest } from "../host/life.ts";
import { noPicture, type Picture } from "../host/pictures.ts";
import { frameOf, marksOf, type Pair, pairAt, pairsOf, readPair } from "../ledger/outcome.ts";
import { NO_SIFT, siftPairs } from "../ledger/sift.ts";
import { sentence } from "../ledger/words.ts";
import { type Context, shownLedger } from "../views/context.ts";
import { pictureView } from "../views/picture.ts";
import { baseName, numbersOf } from "../views/thumb.ts";
import { presentView } from "./checklist.ts";
import { curvesPanel } from "./curves.ts";
import { atRest } from "./rest.ts";

const CELLS = 6;
const EACH = 4;
const SIDE = 160;

interface Group {
  readonly words: string;
  readonly pairs: readonly Pair[];
}

/** The largest errors, each with its worst examples that have a picture in the page. */
function groupsOf(context: Context): Group[] {
  const { ledger, store, stored } = context;
  const { confusion } = store.state;
  const now = shownLedger(context);
  return confusion.worst(CELLS).flatMap(({ actual, predicted }) => {
    const all = pairsOf(confusion, confusion.examplesOf([[actual, predicted]]));
    const sorted = siftPairs(now, all, { ...NO_SIFT, sort: "worst" });
    const pairs = Array.from(sorted.object, (_, at) => pairAt(sorted, at)).filter((pair) =>
      stored?.has({ kind: "crop", ...pair }),
    );
    const words = sentence(confusion, ledger.head.classes, actual, predicted);
    return pairs.length > 0 ? [{ words, pairs: pairs.slice(0, EACH) }] : [];
  });
}

function exampleView(context: Context, pair: Pair, picture: Picture): HTMLElement {
  const { make, document } = context;
  const ledger = shownLedger(context);
  const frame = frameOf(ledger, pair);
  const options = { picture, marks: marksOf(ledger, pair), frame, whole: false, fit: 4 / 3 };
  const words = [baseName(ledger.head.frames.names[frame] ?? ""), numbersOf(ledger, pair, readPair(ledger, pair))];
  return make(
    "li",
    {},
    make("span.fl-thumb-space", {}, pictureView(make, document, ledger, options)),
    make("bdi", {}, words.filter(Boolean).join(" · ")),
  );
}

/** The curves, unless their tab is open. They are drawn at once, so they come when it is printed and go again. */
function printCurves(context: Context, place: HTMLElement): void {
  const { make, root, signal } = context;
  const next = latest(signal);
  const draw = () => {
    const life = next();
    const open = root.querySelector(`.fl-panel[data-panel=${curvesPanel.id}]:not([hidden])`);
    if (open || !curvesPanel.has(context)) return place.replaceChildren();
    const within = { ...context, signal: life };
    place.replaceChildren(make("h2.fl-heading", {}, curvesPanel.title), curvesPanel.view(within));
  };
  const clear = () => {
    next();
    place.replaceChildren();
  };
  globalThis.addEventListener?.("beforeprint", draw, { signal });
  globalThis.addEventListener?.("afterprint", clear, { signal });
}

/** Pictures stand ready, since a browser that prints waits for none. */
export function paperView(context: Context): HTMLElement {
  const { make, pictures, store, signal } = context;
  const [curves, examples] = [make("div.fl-paper-curves"), make("div.fl-paper-examples")];
  printCurves(context, curves);
  const write = async () => {
    const groups = groupsOf(context);
    // One request for all: of several at once the first would be given up.
    const items = groups.flatMap(({ pairs }) => pairs.map((pair) => ({ kind: "crop" as const, ...pair })));
    const loaded = items.length > 0 ? await pictures.load(items, SIDE, signal) : [];
    const view = (pair: Pair) => exampleView(context, pair, loaded.shift() ?? noPicture(null));
    const sections = groups.map(({ words, pairs }) =>
      make("section", {}, make("p", {}, words), make("ul.fl-paper-list", {}, ...pairs.map(view))),
    );
    const title = sections.length > 0 && make("h2.fl-heading", {}, "Worst examples of the largest errors");
    examples.replaceChildren(...(title ? [title] : []), ...sections);
  };
  // What cannot be loaded is not on the paper; the list of the largest errors then is.
  const rest = () => void write().catch(() => examples.replaceChildren());
  store.watch(["confusion"], atRest(rest, signal), signal);
  const findings = presentView(context);
  const checklist = findings && [make("h2.fl-heading", {}, "Checklist"), findings];
  return make("div.fl-paper", {}, curves, examples, ...(checklist ?? []));
}
