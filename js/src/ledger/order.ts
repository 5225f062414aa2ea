/** Orders of the classes. Each is a permutation with background last; equal classes keep the order of the file. */
import type { Confusion } from "./confusion.ts";

export type Order = "file" | "name" | "objects" | "errors" | "worst" | "similar";
export const ORDERS: readonly Order[] = ["file", "name", "objects", "errors", "worst", "similar"];

const NATURAL = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** Errors of each class: its objects that were not called by its name, and detections that wrongly were. */
export function errorsOf(confusion: Confusion): Float64Array {
  const errors = new Float64Array(confusion.size);
  const { actual, predicted } = confusion.cells;
  for (let cell = 0; cell < confusion.length; cell++) {
    const [row, column] = [actual[cell] as number, predicted[cell] as number];
    if (row === column) continue;
    errors[row] = (errors[row] as number) + confusion.countAt(cell);
    errors[column] = (errors[column] as number) + confusion.countAt(cell);
  }
  return errors;
}

/** Largest confusion that each class takes part in, with background or another class. */
export function worstOf(confusion: Confusion): Float64Array {
  const worst = new Float64Array(confusion.size);
  const { actual, predicted } = confusion.cells;
  for (let cell = 0; cell < confusion.length; cell++) {
    const pair = [actual[cell] as number, predicted[cell] as number] as const;
    if (pair[0] === pair[1]) continue;
    for (const index of pair) worst[index] = Math.max(worst[index] as number, confusion.countAt(cell));
  }
  return worst;
}

interface Link {
  readonly one: number;
  readonly other: number;
  readonly weight: number;
}

/** Pairs of classes with the share of their objects and detections that went to the other, most alike first. */
function links(confusion: Confusion): Link[] {
  const { actual, predicted } = confusion.cells;
  const weights = new Map<number, number>();
  for (let cell = 0; cell < confusion.length; cell++) {
    const [row, column] = [actual[cell] as number, predicted[cell] as number];
    if (row === column || row === confusion.background || column === confusion.background) continue;
    const key = Math.min(row, column) * confusion.size + Math.max(row, column);
    weights.set(key, (weights.get(key) ?? 0) + confusion.countAt(cell));
  }
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
  const falling = (values: Float64Array) =>
    places.sort((one, other) => (values[other] as number) - (values[one] as number));
  if (order === "name") places.sort((one, other) => NATURAL.compare(classes[one] ?? "", classes[other] ?? ""));
  else if (order === "objects") falling(confusion.rowSum);
  else if (order === "errors") falling(errorsOf(confusion));
  else if (order === "worst") falling(worstOf(confusion));
  const sorted = order === "similar" ? bySimilarity(confusion) : places;
  return Int32Array.from([...sorted, confusion.background]);
}
