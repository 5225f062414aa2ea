/** Puts the views of one widget together and keeps them in step with the model. */

import { maker } from "../draw/dom.ts";
import type { CellPair, Model, Normalize, Traits, View } from "../host/model.ts";
import { NORMALIZE, onModel, VIEWS } from "../host/model.ts";
import { createPictures } from "../host/pictures.ts";
import { createRpc } from "../host/rpc.ts";
import { watchTheme } from "../host/theme.ts";
import { decode, type Ledger } from "../ledger/decode.ts";
import { cardsView } from "./cards.ts";
import { chartsView } from "./charts.ts";
import type { Context } from "./context.ts";
import { FrameViewer } from "./frame.ts";
import { galleryView } from "./gallery.ts";
import { headerView, stampView } from "./header.ts";
import { matrixView } from "./matrix.ts";
import { perClassView } from "./per-class.ts";
import { Store, samePair } from "./store.ts";

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
  return VIEWS.includes(raw) ? raw : "evaluation";
}

function readEpoch(model: Model): number | null {
  const raw: unknown = model.get("selected_epoch");
  return typeof raw === "number" ? raw : null;
}

function sameCells(one: readonly CellPair[], other: readonly CellPair[]): boolean {
  return one.length === other.length && one.every((cell, index) => samePair(cell, other[index]));
}

function createStore(model: Model, ledger: Ledger, onError: (error: unknown) => void): Store {
  return new Store(
    {
      confusion: ledger.confusion,
      cells: readCells(model, ledger.confusion.size),
      hover: null,
      category: null,
      normalize: readNormalize(model),
      transpose: model.get("transpose") === true,
      diagonal: true,
      order: "file",
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
      epoch: readEpoch(model),
    });
  };
  for (const name of ["selected_cells", "normalize", "transpose", "selected_epoch"] as const) {
    onModel(model, `change:${name}`, fromModel, signal);
  }
  store.watch(
    ["cells", "normalize", "transpose", "epoch"],
    ({ cells, normalize, transpose, epoch }) => {
      const patch: Partial<Traits> = {};
      if (!sameCells(readCells(model, size), cells)) patch.selected_cells = cells.map((cell) => [...cell] as const);
      if (readNormalize(model) !== normalize) patch.normalize = normalize;
      if ((model.get("transpose") === true) !== transpose) patch.transpose = transpose;
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

function arrange(context: Context, view: View): HTMLElement[] {
  const { make } = context;
  if (view === "cards") return [cardsView(context)];
  if (view === "charts") return [chartsView(context)];
  const viewer = new FrameViewer(context);
  const many = context.ledger.confusion.size > MANY;
  const main = make(
    "div",
    { class: many ? "fl-main fl-many" : "fl-main" },
    matrixView(context),
    galleryView(context, (...frame) => viewer.open(...frame)),
  );
  if (view === "matrix") return [main, viewer.element];
  const charts = view === "report" ? [chartsView(context)] : [];
  return [
    headerView(context),
    cardsView(context),
    ...charts,
    main,
    perClassView(context),
    stampView(context),
    viewer.element,
  ];
}

export interface App {
  readonly store: Store;
}

/** Draws the evaluation that `model` holds into `root` and keeps it alive until `signal` aborts. */
export function mountApp(model: Model, root: HTMLElement, signal: AbortSignal, onError: (error: unknown) => void): App {
  const document = root.ownerDocument;
  const ledger = decode(model.get("head"), model.get("data"));
  const store = createStore(model, ledger, onError);
  const pictures = createPictures(createRpc(model, signal), signal);
  const context: Context = {
    document,
    make: maker(document),
    ledger,
    store,
    pictures,
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
  root.replaceChildren(...arrange(context, readView(model)));
  return { store };
}
