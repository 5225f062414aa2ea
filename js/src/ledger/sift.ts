/** Which boxes of a list the gallery shows, and in which order. */
import type { Ledger } from "./decode.ts";
import { frameOf, type Outcome, type Pair, type Pairs, pairAt, readPair } from "./outcome.ts";

export const SORTS = ["listed", "worst", "score", "score-low", "iou", "iou-low", "size", "size-small"] as const;
type Sort = (typeof SORTS)[number];

export interface Sift {
  readonly sort: Sort;
  /** Part of the name of a frame, in any case. */
  readonly search: string;
  /** Only boxes of this outcome; empty for all. */
  readonly outcome: Outcome | "";
  /** Only detections with a score in this range, ends among them; null leaves an end open. */
  readonly low: number | null;
  readonly high: number | null;
}

export const NO_SIFT: Sift = { sort: "listed", search: "", outcome: "", low: null, high: null };

/** Whether anything is left out. */
export function isFiltered({ search, outcome, low, high }: Sift): boolean {
  return search !== "" || outcome !== "" || low !== null || high !== null;
}

/** Area of the object, or of the detection where there is no object. */
function sizeOf({ objects, detections }: Ledger, { object, detection }: Pair): number {
  const [{ box }, row] = object >= 0 ? [objects, object] : [detections, detection];
  return (box[4 * row + 2] as number) * (box[4 * row + 3] as number);
}

/**
 * How bad an example is: confident errors first, then what was missed, the larger first, then what is correct, the
 * worst placed first.
 */
function badness(ledger: Ledger, pair: Pair): number {
  const { outcome, iou } = readPair(ledger, pair);
  if (outcome === "correct") return -2 - iou;
  if (pair.detection >= 0) return 1 + (ledger.detections.score[pair.detection] as number);
  return -1 / (1 + sizeOf(ledger, pair));
}

/** What a sort compares; the highest comes first, and what has no such number comes last. */
function measure(ledger: Ledger, sort: Sort): (pair: Pair) => number {
  if (sort === "worst") return (pair) => badness(ledger, pair);
  const sign = sort.includes("-") ? -1 : 1;
  if (sort.startsWith("size")) return (pair) => sign * sizeOf(ledger, pair);
  if (sort.startsWith("iou")) return (pair) => sign * readPair(ledger, pair).iou;
  return ({ detection }) => sign * (ledger.detections.score[detection] ?? Number.NaN);
}

function keeps(ledger: Ledger, { search, outcome, low, high }: Sift): (pair: Pair) => boolean {
  const wanted = search.toLowerCase();
  return (pair) => {
    if (wanted && !ledger.head.frames.names[frameOf(ledger, pair)]?.toLowerCase().includes(wanted)) return false;
    if (outcome && readPair(ledger, pair).outcome !== outcome) return false;
    if (low === null && high === null) return true;
    const score = ledger.detections.score[pair.detection] ?? Number.NaN;
    return score >= (low ?? -Infinity) && score <= (high ?? Infinity);
  };
}

export function siftPairs(ledger: Ledger, pairs: Pairs, sift: Sift): Pairs {
  let rows = Array.from(pairs.object, (_, at) => at);
  if (isFiltered(sift)) {
    const keep = keeps(ledger, sift);
    rows = rows.filter((at) => keep(pairAt(pairs, at)));
  }
  if (sift.sort !== "listed") {
    const measured = measure(ledger, sift.sort);
    const keys = new Map(rows.map((at) => [at, measured(pairAt(pairs, at))]));
    const key = (at: number) => {
      const value = keys.get(at) as number;
      return Number.isNaN(value) ? -Infinity : value;
    };
    rows.sort((one, other) => key(other) - key(one) || one - other);
  }
  return {
    object: Int32Array.from(rows, (at) => pairs.object[at] as number),
    detection: Int32Array.from(rows, (at) => pairs.detection[at] as number),
  };
}
