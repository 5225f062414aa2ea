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

/** Powers of ten times 1, 2 and 5 (or powers alone, where there are many) around positive values. */
export function logTicks(values: Iterable<number | null>): number[] {
  const known = Array.from(values).filter((value): value is number => isPositive(value));
  if (known.length === 0) return [1, 10];
  const [low, high] = known.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [
    Number.POSITIVE_INFINITY,
    0,
  ] as [number, number]);
  const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const factors = to - from <= 3 ? [1, 2, 5] : [1];
  const all = Array.from({ length: to - from + 1 }, (_, power) =>
    factors.map((factor) => Number((factor * 10 ** (from + power)).toPrecision(12))),
  ).flat();
  const first = Math.max(
    0,
    all.findLastIndex((tick) => tick <= low),
  );
  const last = all.findIndex((tick) => tick >= high);
  const inside = all.slice(first, (last < 0 ? all.length - 1 : last) + 1);
  return inside.length > 1 ? inside : [low / 2, low, low * 2];
}

function isPositive(value: number | null | undefined): value is number {
  return value !== null && value !== undefined && Number.isFinite(value) && value > 0;
}

interface View {
  /** First and last epoch in sight; null shows all. */
  readonly window?: readonly [number, number] | null;
  /** Logarithmic values: what is not positive is left out. */
  readonly log?: boolean;
}

export function layoutChart(
  width: number,
  height: number,
  epochs: readonly number[],
  series: readonly Values[],
  { window = null, log = false }: View = {},
): ChartLayout {
  const [first, last] = window ?? [epochs[0] ?? 0, epochs.at(-1) ?? 0];
  const yTicks = log ? logTicks(series.flat()) : valueTicks(series.flat());
  const edges = { left: LEFT, right: width - RIGHT, top: TOP, bottom: height - BOTTOM };
  const wanted = Math.max(2, Math.floor((edges.right - edges.left) / 60));
  const ends = [yTicks[0] as number, yTicks.at(-1) as number] as const;
  const logEnds = [Math.log10(ends[0]), Math.log10(ends[1])] as const;
  const upward = linear(log ? logEnds : ends, edges.bottom, edges.top);
  return {
    width,
    height,
    ...edges,
    x: linear([first, last], edges.left + 4, edges.right - 4),
    y: log ? (value) => (value > 0 ? upward(Math.log10(value)) : Number.NaN) : upward,
    xTicks: first === last ? [first] : ticks(first, last, wanted).filter(Number.isInteger),
    yTicks,
  };
}

/** Mean of the known values within `reach` epochs on both sides; what is not known stays unknown. */
export function smooth(epochs: readonly number[], values: Values, reach: number): (number | null)[] {
  let [low, high] = [0, 0];
  let [sum, count] = [0, 0];
  const known = (index: number) => {
    const value = values[index];
    return value !== null && value !== undefined && Number.isFinite(value) ? value : null;
  };
  return epochs.map((epoch, index) => {
    for (; high < epochs.length && (epochs[high] as number) <= epoch + reach; high++) {
      const value = known(high);
      if (value !== null) [sum, count] = [sum + value, count + 1];
    }
    for (; (epochs[low] as number) < epoch - reach; low++) {
      const value = known(low);
      if (value !== null) [sum, count] = [sum - value, count - 1];
    }
    return known(index) === null ? null : sum / count;
  });
}

/** SVG path through points on two axes; one without a value leaves a gap. */
export function pathThrough(
  axes: Pick<ChartLayout, "x" | "y">,
  points: Iterable<readonly [x: number, y: number | null | undefined]>,
): string {
  let path = "";
  let pen = "M";
  for (const [x, value] of points) {
    const y = value === null || value === undefined ? Number.NaN : axes.y(value);
    if (Number.isFinite(y)) path += `${pen}${axes.x(x).toFixed(1)},${y.toFixed(1)}`;
    pen = Number.isFinite(y) ? "L" : "M";
  }
  return path;
}

/** The path of values over epochs. */
export function linePath(layout: ChartLayout, epochs: readonly number[], values: Values): string {
  return pathThrough(
    layout,
    epochs.map((epoch, index) => [epoch, values[index]] as const),
  );
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
