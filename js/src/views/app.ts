/** Puts the views of one widget together and keeps them in step with the model. */

import { maker } from "../draw/dom.ts";
import type { CellPair, Model, Normalize, Traits, View } from "../host/model.ts";
import { NORMALIZE, onModel, VIEWS } from "../host/model.ts";
import { createPictures } from "../host/pictures.ts";
import { createRpc } from "../host/rpc.ts";
import { watchTheme } from "../host/theme.ts";
import { decode, type Ledger } from "../ledger/decode.ts";
import { cardsView } from "./cards.ts";
import type { Context } from "./context.ts";
import { FrameViewer } from "./frame.ts";
import { galleryView } from "./gallery.ts";
import { headerView, stampView } from "./header.ts";
import { matrixView } from "./matrix.ts";
import type { Panel, PanelModule } from "./panel.ts";
import { Store, samePair } from "./store.ts";
import { tabsView } from "./tabs.ts";

/** Gets the second bundle. */
export type LoadPanels = () => Promise<PanelModule>;

function readCells(model: Model, size: number): readonly CellPair[] {
  const raw: unknown = model.get("selected_cells");
  if (!Array.isArray(raw)) return [];
  const inside = (index: unknown) => Number.isInteger(index) && (index as number) >= 0 && (index as number) < size;
  return raw.filter((cell) => Array.isArray(cell) && cell.length === 2 && cell.every(inside)) as CellPair[];
}

function readNormalize(model: Model): Normalize {
  const raw = model.get("normalize");
  return NORMALIZE.includes(raw) ? raw : "count";
}

function readView(model: Model): View {
  const raw = model.get("view");
  return typeof raw === "string" && raw ? raw : "evaluation";
}

function readEpoch(model: Model): number | null {
  const raw: unknown = model.get("selected_epoch");
  return typeof raw === "number" ? raw : null;
}

function readPanel(model: Model): string {
  const raw: unknown = model.get("selected_panel");
  return typeof raw === "string" ? raw : "";
}

function sameCells(one: readonly CellPair[], other: readonly CellPair[]): boolean {
  return one.length === other.length && one.every((cell, index) => samePair(cell, other[index]));
}

function createStore(model: Model, ledger: Ledger, onError: (error: unknown) => void): Store {
  return new Store(
    {
      confusion: ledger.confusion,
      cells: readCells(model, ledger.confusion.size),
      picked: null,
      hover: null,
      category: null,
      normalize: readNormalize(model),
      transpose: model.get("transpose") === true,
      diagonal: true,
      order: "file",
      panel: readPanel(model),
      epoch: readEpoch(model),
      hoverEpoch: null,
      theme: { dark: false, forced: false },
    },
    onError,
  );
}

/** Carries the shared traits from the model to the store and back; what is equal is not sent. */
function bindTraits(model: Model, store: Store, signal: AbortSignal): void {
  const size = store.state.confusion.size;
  const fromModel = () => {
    const cells = readCells(model, size);
    store.set({
      cells: sameCells(cells, store.state.cells) ? store.state.cells : cells,
      normalize: readNormalize(model),
      transpose: model.get("transpose") === true,
      panel: readPanel(model),
      epoch: readEpoch(model),
    });
  };
  for (const name of ["selected_cells", "normalize", "transpose", "selected_panel", "selected_epoch"] as const) {
    onModel(model, `change:${name}`, fromModel, signal);
  }
  store.watch(
    ["cells", "normalize", "transpose", "panel", "epoch"],
    ({ cells, normalize, transpose, panel, epoch }) => {
      const patch: Partial<Traits> = {};
      if (!sameCells(readCells(model, size), cells)) patch.selected_cells = cells.map((cell) => [...cell] as const);
      if (readNormalize(model) !== normalize) patch.normalize = normalize;
      if ((model.get("transpose") === true) !== transpose) patch.transpose = transpose;
      if (readPanel(model) !== panel) patch.selected_panel = panel;
      if (readEpoch(model) !== epoch) patch.selected_epoch = epoch;
      const names = Object.keys(patch) as (keyof Traits)[];
      for (const name of names) model.set(name, patch[name] as Traits[typeof name]);
      if (names.length > 0) model.save_changes();
    },
    signal,
  );
}

/** From this many rows on the matrix gets the larger part of the width. */
const MANY = 36;

/** Where panels come to stand when the second bundle is there. */
interface Place {
  readonly element: HTMLElement;
  fill(panels: readonly Panel[]): void;
}

/** All panels as tabs, except those that stand elsewhere on the page. */
function tabsPlace(context: Context, elsewhere: readonly string[]): Place {
  const element = context.make("div.fl-place");
  const fill = (panels: readonly Panel[]) =>
    element.replaceChildren(
      tabsView(
        context,
        panels.filter(({ id }) => !elsewhere.includes(id)),
      ),
    );
  return { element, fill };
}

/** One panel without a tab. */
function panelPlace(context: Context, id: string): Place {
  const element = context.make("div.fl-place", { "data-panel": id });
  const fill = (panels: readonly Panel[]) => {
    const panel = panels.find((known) => known.id === id);
    if (panel?.has(context)) element.replaceChildren(panel.view(context));
    else element.remove();
  };
  return { element, fill };
}

interface Arrangement {
  readonly elements: HTMLElement[];
  readonly places: Place[];
}

function arrange(context: Context, view: View): Arrangement {
  const { make } = context;
  if (view === "cards") return { elements: [cardsView(context)], places: [] };
  const viewer = new FrameViewer(context);
  const gallery = galleryView(context, (...frame) => viewer.open(...frame));
  if (!VIEWS.includes(view)) {
    const place = panelPlace(context, view);
    const elements = view === "charts" ? [place.element] : [place.element, gallery, viewer.element];
    return { elements, places: [place] };
  }
  const many = context.ledger.confusion.size > MANY;
  const main = make("div", { class: many ? "fl-main fl-many" : "fl-main" }, matrixView(context), gallery);
  if (view === "matrix") return { elements: [main, viewer.element], places: [] };
  const report = view === "report";
  // Beside a kernel the charts of the training run are drawn by bqplot, below this widget.
  const charts = panelPlace(context, "charts");
  const tabs = tabsPlace(context, ["charts"]);
  const elements = [headerView(context), cardsView(context), main, tabs.element, stampView(context), viewer.element];
  if (report) elements.splice(2, 0, charts.element);
  return { elements, places: report ? [charts, tabs] : [tabs] };
}

/** Gets the second bundle and fills the places; without it the rest of the page stays as it is. */
async function fillPlaces({ make, signal }: Context, places: readonly Place[], load: LoadPanels): Promise<void> {
  if (places.length === 0) return;
  try {
    const { panels } = await load();
    if (!signal.aborted) for (const place of places) place.fill(panels);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    for (const { element } of places) {
      element.replaceChildren(make("p.fl-problem", { role: "alert" }, `The panels could not be loaded: ${words}`));
    }
  }
}

export interface App {
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
  const pictures = createPictures(rpc, signal);
  const context: Context = {
    document,
    make: maker(document),
    ledger,
    store,
    pictures,
    rpc,
    stored: model.get("stored"),
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
  bindTraits(model, store, signal);
  const { elements, places } = arrange(context, readView(model));
  root.replaceChildren(...elements);
  return { store, ready: fillPlaces(context, places, load) };
}
