/** What the matrix shows now: which classes share a row, in which order they stand, and which way round. */
import { Facing } from "../draw/facing.ts";
import type { CellPair } from "../host/model.ts";
import { type Grouping, groupClasses } from "../ledger/groups.ts";
import { arrange } from "../ledger/order.ts";
import type { Context } from "./context.ts";
import type { State } from "./store.ts";

/** Parts of the state that the shape depends on. */
export const SHAPE_KEYS = ["confusion", "order", "transpose", "top", "folded", "chosen"] as const;

export interface Shape extends Grouping {
  readonly facing: Facing;
  /** Groups that a pair of classes stands in. */
  toGroups(cell: CellPair): CellPair;
  /** Classes that stand for a pair of groups: the first of each. */
  toClasses(cell: CellPair): CellPair;
}

function makeShape({ ledger }: Pick<Context, "ledger">, state: State): Shape {
  const { classes, supercategories } = ledger.head;
  const grouping = groupClasses(state.confusion, classes, supercategories ?? [], state);
  const { groups, groupOf, confusion, labels } = grouping;
  const order = arrange(state.order, confusion, labels);
  // What is left over stands after every class, whatever the order.
  const other = groups.findIndex(({ kind }) => kind === "other");
  const last = [other, confusion.background].filter((group) => group >= 0);
  const places = [...order.filter((group) => !last.includes(group)), ...last];
  const first = (group: number) => groups[group]?.members[0] ?? 0;
  return {
    ...grouping,
    facing: new Facing(Int32Array.from(places), state.transpose),
    toGroups: ([actual, predicted]) => [groupOf[actual] as number, groupOf[predicted] as number],
    toClasses: ([actual, predicted]) => [first(actual), first(predicted)],
  };
}

/** Returns a function that gives the shape of the present state, made anew only when something it needs has changed. */
export function shapeOf(context: Context): () => Shape {
  const { store } = context;
  let known: { state: State; shape: Shape } | undefined;
  return () => {
    const { state } = store;
    if (known && SHAPE_KEYS.every((key) => Object.is(known?.state[key], state[key]))) return known.shape;
    known = { state, shape: makeShape(context, state) };
    return known.shape;
  };
}
