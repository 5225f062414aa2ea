/** Orders of the classes. Each is a permutation with background last; equal classes keep the order of the file. */
import type { Confusion } from "./confusion.ts";

export type Order = "file" | "name" | "objects" | "errors" | "worst" | "similar";
export const ORDERS: readonly Order[] = ["file", "name", "objects", "errors", "worst", "similar"];

const NATURAL = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** What an order counts of each class; most comes first. */
export function weightsOf(order: Order, confusion: Confusion): Float64Array {
  if (order !== "errors" && order !== "worst") return confusion.rowSum;
  const weights = new Float64Array(confusion.size);
  confusion.each((actual, predicted, count) => {
    if (actual === predicted) return;
    for (const index of [actual, predicted]) {
      const known = weights[index] as number;
      // Its objects that were not called by its name and detections that wrongly were, or its largest confusion.
      weights[index] = order === "errors" ? known + count : Math.max(known, count);
    }
  });
  return weights;
}

interface Link {
  readonly one: number;
  readonly other: number;
  readonly weight: number;
}

/** Pairs of classes with the share of their objects and detections that went to the other, most alike first. */
function links(confusion: Confusion): Link[] {
  const weights = new Map<number, number>();
  confusion.each((row, column, count) => {
    if (row === column || row === confusion.background || column === confusion.background) return;
    const key = Math.min(row, column) * confusion.size + Math.max(row, column);
    weights.set(key, (weights.get(key) ?? 0) + count);
  });
  const found = Array.from(weights, ([key, count]): Link => {
    const [one, other] = [Math.floor(key / confusion.size), key % confusion.size];
    return {
      one,
      other,
      weight: count / Math.sqrt((confusion.rowSum[one] as number) * (confusion.rowSum[other] as number) || 1),
    };
  });
  return found.sort((left, right) => right.weight - left.weight || left.one - right.one || left.other - right.other);
}

/**
 * Puts classes that are confused with each other side by side.
 *
 * Greedy seriation: the strongest links are laid first, each class takes at most two neighbours, and no circle closes;
 * the chains then follow each other in the order of the file.
 */
function bySimilarity(confusion: Confusion): number[] {
  const neighbours: number[][] = Array.from({ length: confusion.background }, () => []);
  const chain = Array.from({ length: confusion.background }, (_, index) => index);
  const root = (index: number): number => {
    let top = index;
    while (chain[top] !== top) top = chain[top] as number;
    chain[index] = top;
    return top;
  };
  for (const { one, other } of links(confusion)) {
    const [mine, its] = [neighbours[one] as number[], neighbours[other] as number[]];
    if (mine.length > 1 || its.length > 1 || root(one) === root(other)) continue;
    mine.push(other);
    its.push(one);
    chain[root(one)] = root(other);
  }
  return walk(neighbours);
}

/** Follows every chain from its first end in the order of the file. */
function walk(neighbours: readonly (readonly number[])[]): number[] {
  const seen = new Set<number>();
  for (const [start, links] of neighbours.entries()) {
    if (links.length > 1) continue;
    for (let here: number | undefined = start; here !== undefined && !seen.has(here); ) {
      seen.add(here);
      here = neighbours[here]?.find((next) => !seen.has(next));
    }
  }
  return [...seen];
}

/** Classes in the order wanted, then background. */
export function arrange(order: Order, confusion: Confusion, classes: readonly string[]): Int32Array {
  const places = Array.from({ length: confusion.background }, (_, index) => index);
  if (order === "name") places.sort((one, other) => NATURAL.compare(classes[one] ?? "", classes[other] ?? ""));
  else if (order !== "file" && order !== "similar") {
    const weights = weightsOf(order, confusion);
    places.sort((one, other) => (weights[other] as number) - (weights[one] as number));
  }
  const sorted = order === "similar" ? bySimilarity(confusion) : places;
  return Int32Array.from([...sorted, confusion.background]);
}
