/** Intervals of numbers per class: Wilson's, what follows from it for F1, and the bootstrap's of AP, which Python draws. */
import { onAbort } from "../host/life.ts";
import { isAbort, isNotConnected } from "../host/rpc.ts";
import type { Intervals } from "../ledger/schema.ts";
import { integer, wilson } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";

export type Ends = readonly [low: number, high: number] | null;

/** F1 rises with J = right / (right + wrong + missed), which is a share: Wilson's ends of J, carried over. */
export function f1Ends(right: number, detections: number, objects: number): Ends {
  const ends = wilson(right, detections + objects - right);
  return ends && [(2 * ends[0]) / (1 + ends[0]), (2 * ends[1]) / (1 + ends[1])];
}

/** `0.512–0.613`, or "n/a". */
export const endsWords = (ends: Ends) => (ends ? ends.map((end) => end.toFixed(3)).join("–") : "n/a");

/** Milliseconds until the first request, so that whatever else a page needs at first comes before. */
const LATER = 800;
/** Between two requests, so that others find their way. */
const BREATH = 20;
/** A kernel that does not answer may be busy with the next cell: asked again after this long, then twice, up to `SELDOM`. */
const AGAIN = 5000;
const SELDOM = 80_000;

export interface APIntervals {
  of(field: "ap50" | "ap50_95", category: number): Ends;
  /** How far they are, in words; empty with nothing to say. */
  readonly words: string;
}

/** Asks for the intervals of AP, and calls `changed` when more is known. */
export function apIntervals({ ledger, rpc, signal }: Context, changed: () => void): APIntervals {
  let known: Intervals | null = ledger.head.intervals ?? null;
  let problem = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pause = AGAIN;
  const ask = async () => {
    try {
      known = (await rpc.request("intervals", {}, signal)).result as Intervals;
      [problem, pause] = ["", AGAIN];
      if (known.done < known.rounds) timer = setTimeout(() => void ask(), BREATH);
    } catch (error) {
      if (isAbort(error)) return;
      problem = "AP has no intervals in this saved view.";
      if (isNotConnected(error)) {
        problem = "AP has no intervals yet: the kernel does not answer.";
        timer = setTimeout(() => void ask(), pause);
        pause = Math.min(2 * pause, SELDOM);
      }
    }
    changed();
  };
  if (!known) timer = setTimeout(() => void ask(), LATER);
  onAbort(signal, () => clearTimeout(timer));
  return {
    of(field, category) {
      const ends = known?.[field];
      const [low, high] = [ends?.low[category] ?? null, ends?.high[category] ?? null];
      return low === null || high === null ? null : [low, high];
    },
    get words() {
      if (problem) return problem;
      if (!known) return "";
      const { rounds, done, ap50 } = known;
      if (done < rounds) return `Intervals of AP: ${integer(done)} of ${integer(rounds)} resamples drawn.`;
      return ap50
        ? `Intervals are 95%: Wilson's for precision and recall (F1 follows), AP from ${integer(rounds)} resamples of the frames.`
        : "AP has intervals by the rules of COCO and LVIS alone.";
    },
  };
}
