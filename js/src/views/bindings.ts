/** The traits that the store shares with Python: what each says of the state, and what it makes of a value that came. */

import { COLOR_SCALES } from "../draw/matrix.ts";
import type { CellPair, Model, Traits } from "../host/model.ts";
import { NORMALIZE, onModel } from "../host/model.ts";
import { readBands } from "../ledger/bands.ts";
import type { Ledger } from "../ledger/decode.ts";
import { isEqual, isIndex, isList, numberOf } from "../ledger/loose.ts";
import { readMarks } from "../ledger/marking.ts";
import { ORDERS } from "../ledger/order.ts";
import { OUTCOME_WORDS } from "../ledger/outcome.ts";
import { type Sift, SORTS } from "../ledger/sift.ts";
import type { State, Store } from "./store.ts";

interface Binding {
  readonly trait: keyof Traits;
  /** Parts of the state that it depends on. */
  readonly keys: readonly (keyof State)[];
  /** Value of the trait. */
  get(state: State): unknown;
  /** What a value from outside changes; what cannot be is left out or becomes the default. */
  put(raw: unknown, state: State, ledger: Ledger): Partial<State>;
}

function oneOf<Value extends string>(allowed: readonly Value[], raw: unknown): Value {
  return allowed.includes(raw as Value) ? (raw as Value) : (allowed[0] as Value);
}

const text = (raw: unknown) => (typeof raw === "string" ? raw : "");
const list = (raw: unknown): readonly unknown[] => (isList(raw) ? raw : []);

/** A trait that is one part of the state. */
function plain<Key extends keyof State>(
  trait: keyof Traits,
  key: Key,
  read: (raw: unknown, ledger: Ledger) => State[Key],
): Binding {
  return {
    trait,
    keys: [key],
    get: (state) => state[key],
    put: (raw, _, ledger) => ({ [key]: read(raw, ledger) }),
  };
}

/** A trait that is one part of what the gallery shows. */
function sifted<Key extends keyof Sift>(trait: keyof Traits, key: Key, read: (raw: unknown) => Sift[Key]): Binding {
  return {
    trait,
    keys: ["sift"],
    get: ({ sift }) => sift[key],
    put: (raw, { sift }) => ({ sift: { ...sift, [key]: read(raw) } }),
  };
}

function readCells(raw: unknown, { confusion: { size } }: Ledger): CellPair[] {
  return list(raw).filter(
    (cell): cell is [number, number] =>
      isList(cell) && cell.length === 2 && cell.every((index) => isIndex(index, size)),
  );
}

const OUTCOME_NAMES = ["", ...Object.keys(OUTCOME_WORDS)] as Sift["outcome"][];

const BINDINGS: readonly Binding[] = [
  plain("selected_cells", "cells", readCells),
  plain("normalize", "normalize", (raw) => oneOf(NORMALIZE, raw)),
  plain("color_scale", "colorScale", (raw) => oneOf(COLOR_SCALES, raw)),
  plain("transpose", "transpose", (raw) => raw === true),
  plain("hide_diagonal", "hideDiagonal", (raw) => raw === true),
  plain("order", "order", (raw) => oneOf(ORDERS, raw)),
  plain("top", "top", (raw) => (isIndex(raw, Number.MAX_SAFE_INTEGER) && raw > 0 ? raw : null)),
  plain("folded", "folded", (raw) => list(raw).filter((name) => typeof name === "string")),
  plain("visible_classes", "chosen", (raw, { confusion: { background } }) =>
    list(raw).filter((index): index is number => isIndex(index, background)),
  ),
  plain("selected_panel", "panel", text),
  plain("marks", "marks", readMarks),
  plain("bands", "bands", readBands),
  plain("selected_epoch", "epoch", numberOf),
  plain("whole_frames", "wholeFrames", (raw) => raw === true),
  sifted("sort", "sort", (raw) => oneOf(SORTS, raw)),
  sifted("search", "search", text),
  sifted("outcome", "outcome", (raw) => oneOf(OUTCOME_NAMES, raw)),
  sifted("lowest_score", "low", numberOf),
  sifted("highest_score", "high", numberOf),
];

/** The state with what the model says put over it. */
export function withTraits(state: State, model: Model, ledger: Ledger): State {
  let now = state;
  for (const { trait, put } of BINDINGS) now = { ...now, ...put(model.get(trait), now, ledger) };
  return now;
}

/** Carries the shared traits from the model to the store and back until `signal` aborts; what is equal is not sent. */
export function bindTraits(model: Model, store: Store, ledger: Ledger, signal: AbortSignal): void {
  // One message may bring several traits: all are read before any is written back.
  const hear = () => {
    let now = store.state;
    const changes: Partial<State> = {};
    for (const { trait, get, put } of BINDINGS) {
      const patch = put(model.get(trait), now, ledger);
      const next = { ...now, ...patch };
      if (isEqual(get(next), get(now))) continue;
      now = next;
      Object.assign(changes, patch);
    }
    store.set(changes);
  };
  for (const { trait } of BINDINGS) onModel(model, `change:${trait}`, hear, signal);
  const tell = (state: State) => {
    const changed = BINDINGS.filter(({ trait, get, put }) => {
      const known = { ...state, ...put(model.get(trait), state, ledger) };
      return !isEqual(get(known), get(state));
    });
    for (const { trait, get } of changed) model.set(trait, get(state) as Traits[typeof trait]);
    if (changed.length > 0) model.save_changes();
  };
  store.watch([...new Set(BINDINGS.flatMap(({ keys }) => keys))], tell, signal);
  tellPicked(model, store, signal);
}

const MOST_PICKED = 5000;

/** Tells Python what a panel brought to the gallery; Python can only take it back. */
function tellPicked(model: Model, store: Store, signal: AbortSignal): void {
  let told = store.state.picked;
  const tell = ({ picked }: State) => {
    if (picked === told) return;
    told = picked;
    const rows = picked ? Array.from(picked.object.subarray(0, MOST_PICKED)) : [];
    model.set(
      "picked",
      picked
        ? {
            title: picked.title,
            count: picked.object.length,
            boxes: rows.map((object, at) => [object, picked.detection[at] ?? -1]),
          }
        : {},
    );
    model.save_changes();
  };
  const hear = () => {
    if (!model.get("picked")?.boxes) store.set({ picked: null });
  };
  store.watch(["picked"], tell, signal);
  onModel(model, "change:picked", hear, signal);
}
