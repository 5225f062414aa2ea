/** Average precision of what a filter leaves: counted here where that can be, or asked of the kernel. */
import { isAbort } from "../host/rpc.ts";
import { canCountAP, countAP, meansOf, type PartAP } from "../ledger/average-precision.ts";
import type { Ledger } from "../ledger/decode.ts";
import { integer } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import type { Filter } from "../views/store.ts";

/** What the kernel answered. */
const known = new WeakMap<Filter, PartAP>();

/** Whether a filter leaves whole classes: each then has the average precision that it always had. */
export const leavesClasses = ({ conditions }: Filter) => conditions.every((one) => "class" in one);

/** What is known of it without asking; null without a filter too. */
export function partAP(ledger: Ledger, filter: Filter | null): PartAP | null {
  if (!filter) return null;
  return known.get(filter) ?? made(ledger, filter);
}

function made(ledger: Ledger, filter: Filter): PartAP | null {
  if (leavesClasses(filter)) {
    const none = { ap50: null, ap50_95: null };
    const stays = (own: number) => filter.conditions.every((one) => "class" in one && one.class === own);
    return meansOf(ledger.head.classes.map((_, own) => (stays(own) && ledger.head.per_class[own]) || none));
  }
  return canCountAP(ledger) ? countAP(ledger, filter.mask) : null;
}

/** Why it cannot be counted here. */
function obstacle({ head }: Ledger): string {
  const below = head.recount?.below;
  return below ? `the lowest ${integer(below)} detections are missing` : "it takes a kernel";
}

interface Answer extends Pick<PartAP, "map50" | "map50_95"> {
  readonly ap50: readonly (number | null)[];
  readonly ap50_95: readonly (number | null)[];
}

/** Asks the kernel; what is left goes with the request, as the host may still hold back the traits. */
async function ask({ rpc, store }: Context, { conditions }: Filter, signal: AbortSignal): Promise<PartAP> {
  const args = { filter: conditions, marks: store.state.marks };
  const { ap50, ap50_95, ...means } = (await rpc.request("average_precision", args, signal)).result as Answer;
  return { ...means, classes: ap50.map((value, own) => ({ ap50: value, ap50_95: ap50_95[own] ?? null })) };
}

/** Milliseconds before a request that another one pushed out is made again. */
const AGAIN = 500;

/** Puts it into the store when it is there; resolves to a sentence where that cannot be. */
export async function followAP(context: Context, filter: Filter, signal: AbortSignal): Promise<string> {
  const { store, ledger, stored } = context;
  if (store.state.ap) return "";
  const still = `All but average precision follows: ${obstacle(ledger)}.`;
  if (stored) return still;
  while (!signal.aborted) {
    try {
      const found = await ask(context, filter, signal);
      known.set(filter, found);
      if (!signal.aborted) store.set({ ap: found });
      return "";
    } catch (error) {
      if (!isAbort(error)) return still;
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN));
  }
  return "";
}
