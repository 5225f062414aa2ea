/** Geometry of a line chart over epochs. Pure numbers, no document. */
import { ticks } from "./ticks.ts";

export interface ChartLayout {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** From an epoch to x and from a value to y, in CSS pixels. */
  x(epoch: number): number;
  y(value: number): number;
  readonly xTicks: readonly number[];
  readonly yTicks: readonly number[];
}

type Values = readonly (number | null)[];

const LEFT = 44;
const RIGHT = 14;
const TOP = 18;
const BOTTOM = 30;

function linear([low, high]: readonly [number, number], from: number, to: number): (value: number) => number {
  if (low === high) return () => (from + to) / 2;
  return (value) => from + ((value - low) / (high - low)) * (to - from);
}

/** Round values from 0 (or at or below the lowest value, where that is negative) to at or above the highest. */
export function valueTicks(values: Iterable<number | null>): number[] {
  const known = Array.from(values).filter((value): value is number => value !== null && Number.isFinite(value));
  const low = Math.min(0, ...known);
  const high = known.length === 0 ? 1 : Math.max(low, ...known);
  if (low === high) return [low, low + 1];
  const found = ticks(low, high, 5);
  const [first = low, last = high] = [found[0], found.at(-1)];
  const step = found.length > 1 ? (found[1] as number) - first : high - low;
  const rounded = (value: number) => Number(value.toPrecision(12));
  if (first > low) found.unshift(rounded(first - step));
  if (last < high) found.push(rounded(last + step));
  return found;
}

export function layoutChart(
  width: number,
  height: number,
  epochs: readonly number[],
  series: readonly Values[],
): ChartLayout {
  const [first, last] = [epochs[0] ?? 0, epochs.at(-1) ?? 0];
  const yTicks = valueTicks(series.flat());
  const edges = { left: LEFT, right: width - RIGHT, top: TOP, bottom: height - BOTTOM };
  const wanted = Math.max(2, Math.floor((edges.right - edges.left) / 60));
  return {
    width,
    height,
    ...edges,
    x: linear([first, last], edges.left + 4, edges.right - 4),
    y: linear([yTicks[0] as number, yTicks.at(-1) as number], edges.bottom, edges.top),
    xTicks: first === last ? [first] : ticks(first, last, wanted).filter(Number.isInteger),
    yTicks,
  };
}

/** SVG path through the values; undefined values leave a gap. */
export function linePath(layout: ChartLayout, epochs: readonly number[], values: Values): string {
  let path = "";
  let pen = "M";
  for (const [index, epoch] of epochs.entries()) {
    const value = values[index];
    if (value === null || value === undefined || !Number.isFinite(value)) {
      pen = "M";
      continue;
    }
    path += `${pen}${layout.x(epoch).toFixed(1)},${layout.y(value).toFixed(1)}`;
    pen = "L";
  }
  return path;
}

/** Indexes of values without a neighbour: a line cannot show them, a dot can. */
export function lonely(values: Values): number[] {
  const known = (index: number) => values[index] !== null && values[index] !== undefined;
  return values.flatMap((_, index) => (known(index) && !known(index - 1) && !known(index + 1) ? [index] : []));
}

/** Index of the epoch nearest to x; -1 where there is none. */
export function nearestEpoch(layout: ChartLayout, epochs: readonly number[], x: number): number {
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  epochs.forEach((epoch, index) => {
    const distance = Math.abs(layout.x(epoch) - x);
    if (distance < least) [best, least] = [index, distance];
  });
  return best;
}
