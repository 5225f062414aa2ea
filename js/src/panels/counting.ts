/** Where the boxes are counted anew: the store's numbers, and the traits that Python shares. */
import { type Model, onModel } from "../host/model.ts";
import { isAbort } from "../host/rpc.ts";
import { readConditions, readConfidences } from "../ledger/condition.ts";
import type { Ledger } from "../ledger/decode.ts";
import { isEqual, numberOf } from "../ledger/loose.ts";
import { PAIRINGS, recount } from "../ledger/recount.ts";
import type { Head, Recount } from "../ledger/schema.ts";
import type { Context } from "../views/context.ts";
import { givenNumbers, givenPoint } from "../views/given.ts";
import type { Counting, Derive, Results, State } from "../views/store.ts";
import { filterOf } from "./filter.ts";
import { partAP } from "./part-ap.ts";

const INPUTS = ["point", "pairing", "perClass", "filter"] as const satisfies readonly (keyof Counting)[];

/** The lowest confidence that the detections here can be counted at; null: any. */
export function floorOf({ head }: Pick<Ledger, "head">): number | null {
  return head.recount?.floor ?? null;
}

/** The step of the IoU slider nearest to a value. */
export function stepOf({ head }: Pick<Ledger, "head">, iou: number): number {
  const steps = head.recount?.steps ?? [];
  const far = (step: number) => Math.abs(step - iou);
  return steps.reduce((best, step) => (far(step) < far(best) ? step : best), steps[0] ?? iou);
}

/** What turns a change of `Counting` into new numbers. */
function createDerive(ledger: Ledger): Derive {
  const given = givenNumbers(ledger);
  const same = ({ point, pairing, perClass, filter }: Counting) =>
    point.confidence === given.point.confidence &&
    point.iou === given.point.iou &&
    pairing === given.pairing &&
    (perClass?.size ?? 0) === 0 &&
    filter === null;

  function allowed(wanted: Counting): Counting {
    const floor = floorOf(ledger);
    const over = (value: number) => (floor === null ? value : Math.max(value, floor));
    const { confidence, iou } = wanted.point;
    const least = confidence === null ? floor : over(confidence);
    const classes = wanted.perClass && new Map(Array.from(wanted.perClass, ([index, value]) => [index, over(value)]));
    const point = least === confidence ? wanted.point : { confidence: least, iou };
    return { ...wanted, point, perClass: classes };
  }

  function results(counting: Counting): Results {
    if (same(counting)) {
      const { confusion, scores, ignored, ap, moved } = given;
      return { confusion, scores, ignored, ap, moved };
    }
    const { point, pairing, perClass, filter } = counting;
    const counted = recount(ledger, { ...point, pairing, perClass, mask: filter?.mask ?? null });
    const ignored = { objects: counted.ignoredObjects, detections: counted.ignoredDetections };
    return { confusion: counted.confusion, scores: counted.scores, ignored, ap: partAP(ledger, filter), moved: true };
  }

  return (wanted, state) => {
    const patch = withMarks(ledger, wanted, state);
    const changed = INPUTS.some((key) => key in patch && !Object.is(patch[key], state[key]));
    if (!changed) return patch;
    // Without pairs there is nothing to count with: what Python counted stays.
    const { point, pairing, perClass, filter } = ledger.pairs ? allowed({ ...state, ...patch }) : given;
    const counting = { point, pairing, perClass, filter };
    return { ...patch, ...counting, ...results(counting) };
  };
}

/** A count without what is marked follows what is marked. */
function withMarks(ledger: Ledger, patch: Partial<State>, { marks, filter }: State): Partial<State> {
  const follows = patch.marks && patch.marks !== marks && !("filter" in patch);
  if (!follows || !filter?.conditions.some((one) => "without" in one)) return patch;
  return { ...patch, filter: filterOf(ledger, filter.conditions, patch.marks ?? []) };
}

/** Confidences of single classes as the trait holds them. */
const pairsOf = (own: ReadonlyMap<number, number> | null) => [...(own ?? [])].sort(([one], [other]) => one - other);

/** What the model says of classes' own confidences and of the filter, where that is something else than the state. */
function readParts(model: Model, ledger: Ledger, { perClass, filter, marks }: State): Partial<Counting> {
  const { classes, frames } = ledger.head;
  const own = readConfidences(model.get("class_confidences"), classes.length);
  const wanted = filterOf(ledger, readConditions(model.get("filter"), classes.length, frames.names.length), marks);
  return {
    ...(isEqual(pairsOf(own), pairsOf(perClass)) ? {} : { perClass: own.size > 0 ? own : null }),
    ...(isEqual(wanted?.conditions, filter?.conditions) ? {} : { filter: wanted }),
  };
}

function readCounting(model: Model, ledger: Ledger): Pick<Counting, "point" | "pairing"> {
  const { confidence, iou } = givenPoint(ledger);
  const wanted = numberOf(model.get("iou"));
  const pairing = model.get("pairing");
  return {
    point: {
      confidence: numberOf(model.get("confidence")) ?? confidence,
      iou: wanted === null ? iou : stepOf(ledger, wanted),
    },
    pairing: PAIRINGS.includes(pairing) ? pairing : "class",
  };
}

const TRAITS = ["confidence", "iou", "pairing", "class_confidences", "filter"] as const;
/** What stands for a trait that a page lacks. */
const EMPTY: Partial<Record<(typeof TRAITS)[number], unknown>> = { class_confidences: [], filter: [] };

/** Lets the store count, and carries all that `Counting` holds from the model to the store and back; null stands for what Python was asked for. */
export function startCounting(model: Model, context: Context): void {
  const { ledger, store, signal } = context;
  if (!ledger.pairs) return;
  store.derive = createDerive(ledger);
  const given = givenPoint(ledger);
  const fromModel = () => {
    const { point, pairing } = readCounting(model, ledger);
    const now = store.state.point;
    const still = point.confidence === now.confidence && point.iou === now.iou;
    store.set({ pairing, ...readParts(model, ledger, store.state) });
    if (!still) void goTo(context, point);
  };
  for (const name of TRAITS) onModel(model, `change:${name}`, fromModel, signal);
  fromModel();
  store.watch(
    ["point", "pairing", "perClass", "filter"],
    ({ point, pairing, perClass, filter }) => {
      const confidence = point.confidence === given.confidence ? null : point.confidence;
      const iou = point.iou === given.iou ? null : point.iou;
      const patch = {
        confidence,
        iou,
        pairing,
        class_confidences: pairsOf(perClass),
        filter: filter?.conditions ?? [],
      };
      const names = TRAITS.filter((name) => !isEqual(model.get(name) ?? EMPTY[name], patch[name]));
      for (const name of names) model.set(name, patch[name]);
      if (names.length > 0) model.save_changes();
    },
    signal,
  );
}

/** Where each page was sent last. */
const sentTo = new WeakMap<Context["store"], Counting["point"]>();

/**
 * Counts at another point, with `more` in the same change. Under the floor the kernel first sends the detections that
 * are missing; without a kernel the point stays where the ledger ends, and this returns false. Of several the last wins,
 * whichever is answered last.
 */
export async function goTo(
  { ledger, store, rpc, signal, extend }: Context,
  point: Counting["point"],
  more: Partial<Counting> = {},
): Promise<boolean> {
  sentTo.set(store, point);
  const late = () => sentTo.get(store) !== point;
  const floor = floorOf(ledger);
  let reached = floor === null || (point.confidence !== null && point.confidence >= floor);
  if (!reached) {
    try {
      const { result, buffers } = await rpc.request("recount", { confidence: point.confidence }, signal);
      const more = result as { columns: Head["columns"]; recount: Recount };
      extend(more.columns, more.recount, buffers[0] as DataView);
      const { filter, marks } = store.state;
      if (filter) store.set({ filter: filterOf(ledger, filter.conditions, marks) });
      reached = true;
    } catch (error) {
      if (isAbort(error)) return late();
    }
  }
  if (late()) return true;
  store.set({ ...more, point });
  return reached;
}
