/** Puts the views of one widget together and keeps them in step with the model. */

import { listen, maker } from "../draw/dom.ts";
import type { Model, View } from "../host/model.ts";
import { VIEWS } from "../host/model.ts";
import { createPictures } from "../host/pictures.ts";
import { createRpc, reasonOf } from "../host/rpc.ts";
import { watchTheme } from "../host/theme.ts";
import { decode, extend, type Ledger } from "../ledger/decode.ts";
import { NO_SIFT } from "../ledger/sift.ts";
import { bindTraits, withTraits } from "./bindings.ts";
import { cardsView } from "./cards.ts";
import type { Context } from "./context.ts";
import { givenNumbers } from "./given.ts";
import { headerView, stampView } from "./header.ts";
import { matrixView } from "./matrix.ts";
import type { Extras, LoadPanels, PanelModule } from "./panel.ts";
import { type State, Store } from "./store.ts";

function readView(model: Model): View {
  const raw = model.get("view");
  return typeof raw === "string" && raw ? raw : "evaluation";
}

function createStore(model: Model, ledger: Ledger, onError: (error: unknown) => void): Store {
  const initial: State = {
    ...givenNumbers(ledger),
    bands: [],
    marks: [],
    cells: [],
    picked: null,
    hover: null,
    category: null,
    normalize: "count",
    colorScale: "log",
    transpose: false,
    hideDiagonal: false,
    order: "file",
    top: null,
    folded: [],
    chosen: [],
    sift: NO_SIFT,
    sizes: null,
    wholeFrames: false,
    panel: "",
    epoch: null,
    hoverEpoch: null,
    theme: { dark: false, forced: false },
  };
  return new Store(withTraits(initial, model, ledger), onError);
}

/** Panels that have no boxes, or a gallery of their own. */
const ALONE: readonly View[] = ["charts", "compare"];

/** From this many rows on the matrix gets the larger part of the width. */
const MANY = 36;

/** Where panels come to stand when the second bundle is there. */
interface Place {
  readonly element: HTMLElement;
  fill(module: PanelModule): void;
}

/** All panels as tabs, except those that stand elsewhere on the page. */
function tabsPlace(context: Context, elsewhere: readonly string[]): Place {
  const element = context.make("div.fl-place");
  const fill = ({ panels, extras }: PanelModule) => {
    const shown = panels.filter(({ id }) => !elsewhere.includes(id));
    if (extras) element.replaceChildren(extras.tabsView(context, shown));
  };
  return { element, fill };
}

/** One panel without a tab. */
function panelPlace(context: Context, id: string): Place {
  const element = context.make("div.fl-place", { "data-panel": id });
  const fill = ({ panels }: PanelModule) => {
    const panel = panels.find((known) => known.id === id);
    if (panel?.has(context)) element.replaceChildren(panel.view(context));
    else element.remove();
  };
  return { element, fill };
}

/** One of the extras; the place goes where there is nothing for it. */
function extraPlace(element: HTMLElement, view: (extras: Extras) => HTMLElement | null): Place {
  const fill = ({ extras }: PanelModule) => {
    const made = extras && view(extras);
    if (made) element.replaceChildren(made);
    else element.remove();
  };
  return { element, fill };
}

/** The sliders. They leave the room that they will take, so that nothing jumps when they come. */
function thresholdsPlace(context: Context): Place {
  const element = context.make("div.fl-place", {
    class: "fl-place fl-thresholds-place",
    hidden: context.ledger.head.recount === undefined,
  });
  return extraPlace(element, (extras) => extras.thresholds(context));
}

interface Arrangement {
  readonly elements: HTMLElement[];
  readonly places: Place[];
}

function arrange(context: Context, view: View): Arrangement {
  const { make } = context;
  if (view === "cards") return { elements: [cardsView(context)], places: [] };
  const gallery = extraPlace(make("div.fl-place"), (extras) => extras.galleryView(context));
  if (!VIEWS.includes(view)) {
    const place = panelPlace(context, view);
    if (ALONE.includes(view)) return { elements: [place.element], places: [place] };
    return { elements: [place.element, gallery.element], places: [place, gallery] };
  }
  const many = context.ledger.confusion.size > MANY;
  const main = make("div", { class: many ? "fl-main fl-many" : "fl-main" }, matrixView(context), gallery.element);
  const sliders = thresholdsPlace(context);
  if (view === "matrix") return { elements: [sliders.element, main], places: [sliders, gallery] };
  const report = view === "report";
  // Beside a kernel the charts of the training run are drawn by bqplot, below this widget.
  const charts = panelPlace(context, "charts");
  const tabs = tabsPlace(context, ["charts"]);
  const elements = [headerView(context), cardsView(context), sliders.element, main, tabs.element, stampView(context)];
  if (!report) return { elements, places: [sliders, gallery, tabs] };
  const paper = extraPlace(make("div.fl-place"), (extras) => extras.paper(context));
  elements.splice(3, 0, charts.element);
  elements.splice(-1, 0, paper.element);
  return { elements, places: [sliders, gallery, charts, tabs, paper] };
}

/** Gets the second bundle, which counts and fills the places; without it the rest of the page stays as it is. */
async function fillPlaces(context: Context, model: Model, places: readonly Place[]): Promise<void> {
  const { make, signal, load, ledger } = context;
  if (places.length === 0 && !ledger.head.recount) return;
  try {
    const module = await load();
    if (signal.aborted) return;
    module.extras?.startCounting(model, context);
    for (const place of places) place.fill(module);
  } catch (error) {
    const words = reasonOf(error);
    for (const { element } of places) {
      element.replaceChildren(make("p.fl-problem", { role: "alert" }, `The panels could not be loaded: ${words}`));
    }
  }
}

/** The question mark lists all keys, wherever the focus is, except where text is typed. */
async function explain(event: KeyboardEvent, context: Context): Promise<void> {
  if (event.key !== "?" || (event.target as Element).matches("input:not([type=checkbox]), textarea")) return;
  event.preventDefault();
  const { extras } = await context.load();
  if (!context.signal.aborted) extras?.helpDialog(context).showModal();
}

interface App {
  readonly store: Store;
  /** When all panels stand. */
  readonly ready: Promise<void>;
}

/** Draws the evaluation that `model` holds into `root` and keeps it alive until `signal` aborts. */
export function mountApp(
  model: Model,
  root: HTMLElement,
  signal: AbortSignal,
  onError: (error: unknown) => void,
  load: LoadPanels,
): App {
  const document = root.ownerDocument;
  const ledger = decode(model.get("head"), model.get("data"));
  const store = createStore(model, ledger, onError);
  const rpc = createRpc(model, signal);
  const stored = model.get("stored");
  const pictures = createPictures(rpc, signal, stored);
  const context: Context = {
    document,
    root,
    make: maker(document),
    ledger,
    store,
    pictures,
    rpc,
    stored,
    load,
    extend: (...more) => extend(ledger, ...more),
    signal,
  };
  watchTheme(
    root,
    (theme) => {
      root.dataset.theme = theme.dark ? "dark" : "light";
      store.set({ theme });
    },
    signal,
  );
  bindTraits(model, store, ledger, signal);
  const { elements, places } = arrange(context, readView(model));
  root.replaceChildren(...elements);
  listen(root, "keydown", (event) => void explain(event, context), signal);
  return { store, ready: fillPlaces(context, model, places) };
}
