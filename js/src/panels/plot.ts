/** A small plotting kit: axes, lines and bars in SVG whose marks can be clicked and reached by keyboard. */
import { listen, svg } from "../draw/dom.ts";
import { integer } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import { pathThrough } from "./chart-geometry.ts";
import { binOf } from "./figures.ts";
import { ticks } from "./ticks.ts";

export const WIDTH = 360;
export const HEIGHT = 220;
const EDGES = { left: 42, right: WIDTH - 10, top: 10, bottom: HEIGHT - 34 };

type Range = readonly [low: number, high: number];

interface Axes {
  readonly x: Range;
  readonly y: Range;
  readonly xTitle: string;
  readonly yTitle: string;
}

export interface Plot {
  readonly picture: SVGSVGElement;
  x(value: number): number;
  y(value: number): number;
  /** Value under a pointer. */
  at(event: MouseEvent): { readonly x: number; readonly y: number };
}

const short = (value: number) => (Math.abs(value) >= 1000 ? integer(value) : String(Number(value.toPrecision(6))));

/** An empty picture with its axes; where a range holds nothing it is 0 to 1. */
export function plotAxes({ document }: Context, { x: across, y: up, xTitle, yTitle }: Axes): Plot {
  const scale = ([low, high]: Range, from: number, to: number) => {
    const span = high > low ? high - low : 1;
    return (value: number) => from + ((value - low) / span) * (to - from);
  };
  const { left, right, top, bottom } = EDGES;
  const [x, y] = [scale(across, left, right), scale(up, bottom, top)];
  const text = (place: { x: number; y: number }, anchor: string, words: string) =>
    svg(document, "text", { ...place, "text-anchor": anchor }, words);
  const marks = (range: Range, wanted: number) => (range[1] > range[0] ? ticks(...range, wanted) : []);
  const picture = svg(
    document,
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "fl-plot", focusable: "false" },
    svg(
      document,
      "g",
      { class: "fl-axes", "aria-hidden": "true" },
      ...marks(up, 5).flatMap((tick) => [
        svg(document, "line", { x1: left, x2: right, y1: y(tick), y2: y(tick) }),
        text({ x: left - 5, y: y(tick) + 3.5 }, "end", short(tick)),
      ]),
      ...marks(across, 6).map((tick) => text({ x: x(tick), y: bottom + 13 }, "middle", short(tick))),
      text({ x: (left + right) / 2, y: HEIGHT - 5 }, "middle", xTitle),
      svg(
        document,
        "text",
        { x: 0, y: 0, "text-anchor": "middle", transform: `translate(9 ${(top + bottom) / 2}) rotate(-90)` },
        yTitle,
      ),
    ),
  );
  const back = (range: Range, from: number, to: number, value: number) => {
    const part = (value - from) / (to - from);
    return Math.min(range[1], Math.max(range[0], range[0] + part * (range[1] - range[0])));
  };
  const at = (event: MouseEvent) => {
    const bounds = picture.getBoundingClientRect();
    const size = bounds.width > 0 ? WIDTH / bounds.width : 1;
    const [column, row] = [(event.clientX - bounds.left) * size, (event.clientY - bounds.top) * size];
    return { x: back(across, left, right, column), y: back(up, bottom, top, row) };
  };
  return { picture, x, y, at };
}

/** A line through points; null leaves a gap. */
export function line(
  { document }: Context,
  plot: Plot,
  points: Iterable<readonly [x: number, y: number | null]>,
  kind: string,
): SVGPathElement {
  return svg(document, "path", { d: pathThrough(plot, points), class: `fl-trace ${kind}` });
}

/** A mark that stands for boxes: its number, what it says, and what a click on it brings. */
interface Mark {
  readonly count: number;
  readonly words: string;
  readonly kind: string;
  /** Attributes for tests and styles. */
  readonly data: Readonly<Record<`data-${string}`, string | number>>;
  /** `extend`: with Shift, for all from the one that was picked before. */
  pick(extend: boolean): void;
}

const chosen = new WeakMap<Element, (extend: boolean) => void>();

interface Ranged {
  readonly plot: Plot;
  readonly edges: readonly number[];
  /** Brings the boxes of the bins from one to another, both among them. */
  bring(from: number, to: number): void;
}

const ranged = new WeakMap<Element, Ranged>();

/** Lets a pointer that is dragged over the bins of a plot bring them all. */
export function takeRanges(plot: Plot, edges: readonly number[], bring: Ranged["bring"]): void {
  ranged.set(plot.picture, { plot, edges, bring });
}

/** What a bar does that is picked: with Shift it brings all from the bar that was picked before. */
export function picker(bring: Ranged["bring"]): (bin: number, extend: boolean) => void {
  let start = 0;
  return (bin, extend) => {
    if (!extend) start = bin;
    bring(Math.min(start, bin), Math.max(start, bin));
  };
}

/** A bar, or any rectangle, that brings its boxes. */
export function bar(
  { document }: Context,
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
  mark: Mark,
): SVGRectElement {
  const element = svg(
    document,
    "rect",
    {
      x: x.toFixed(2),
      y: y.toFixed(2),
      width: Math.max(0, width).toFixed(2),
      height: Math.max(0, height).toFixed(2),
      class: `fl-bar ${mark.kind}`,
      role: "button",
      tabindex: -1,
      "aria-label": mark.words,
      "data-count": mark.count,
      "data-lm-suppress-shortcuts": "true",
      ...mark.data,
    },
    svg(document, "title", {}, mark.words),
  );
  chosen.set(element, (extend) => mark.pick(extend));
  return element;
}

/** A bar with its name before it; the height of one with its gap is `LINE`. */
interface NamedBar extends Mark {
  readonly name: string;
  /** Pixels; null: there is no bar. */
  readonly width: number | null;
  /** What stands after the bar, at `end` or where it ends. */
  readonly after: string;
  readonly end?: number;
}

export const LINE = 24;

/** Bars one below the other, from `left` on, each after its name. */
export function namedBars(context: Context, left: number, bars: readonly NamedBar[]): SVGSVGElement {
  const { document } = context;
  const picture = svg(document, "svg", {
    viewBox: `0 0 ${WIDTH} ${LINE * Math.max(1, bars.length) + 6}`,
    class: "fl-plot",
    focusable: "false",
  });
  bars.forEach((one, at) => {
    const y = at * LINE + 4;
    picture.append(svg(document, "text", { x: left - 6, y: y + 12, "text-anchor": "end" }, one.name));
    if (one.width === null) return;
    const width = Math.max(3, one.width);
    picture.append(
      bar(context, { x: left, y, width, height: LINE - 8 }, one),
      svg(document, "text", { x: (one.end ?? left + width) + 6, y: y + 12 }, one.after),
    );
  });
  return picture;
}

/** Stacked bars between edges. `series[s].rows[b]` are the rows that the part of bar b stands for. */
export function histogram(
  context: Context,
  axes: Omit<Axes, "y" | "x">,
  edges: readonly number[],
  series: readonly { readonly kind: string; readonly name: string; readonly rows: readonly (readonly number[])[] }[],
  pick: (rows: readonly number[], words: string) => void,
): Plot {
  const bins = edges.length - 1;
  const totals = Array.from({ length: bins }, (_, bin) =>
    series.reduce((sum, { rows }) => sum + (rows[bin]?.length ?? 0), 0),
  );
  const top = Math.max(1, ...totals);
  const plot = plotAxes(context, { ...axes, x: [edges[0] as number, edges[bins] as number], y: [0, top] });
  const wordsOf = (name: string, from: number, to: number, count: number) =>
    `${name}, ${short(edges[from] as number)} to ${short(edges[to + 1] as number)}: ${integer(count)}`;
  const bring = (some: typeof series, from: number, to: number) => {
    const found = some.flatMap(({ rows }) => rows.slice(from, to + 1).flat());
    pick(found, wordsOf(some.map(({ name }) => name).join(" + "), from, to, found.length));
  };
  let current = 0;
  const picked = picker((from, to) => bring(series.slice(current, current + 1), from, to));
  takeRanges(plot, edges, (from, to) => bring(series, from, to));
  for (let bin = 0; bin < bins; bin++) {
    const [low, high] = [edges[bin] as number, edges[bin + 1] as number];
    let below = 0;
    for (const [at, { kind, name, rows }] of series.entries()) {
      const own = rows[bin] ?? [];
      if (own.length === 0) continue;
      const words = wordsOf(name, bin, bin, own.length);
      const [x, y] = [plot.x(low) + 0.5, plot.y(below + own.length)];
      const box = { x, y, width: plot.x(high) - x - 0.5, height: plot.y(below) - y };
      const data = { "data-bin": bin, "data-series": name };
      const pickThis = (extend: boolean) => {
        current = at;
        picked(bin, extend);
      };
      plot.picture.append(bar(context, box, { count: own.length, words, kind, data, pick: pickThis }));
      below += own.length;
    }
  }
  return plot;
}

/** Pixels that the pointer moves before a click becomes a drag. */
const DRAG = 5;

/** A drag over the bins of a plot; returns whether the click that ends it is one. */
function answerDrags(element: HTMLElement, signal: AbortSignal): () => boolean {
  let own: Ranged | undefined;
  let [from, dragged] = [0, false];
  let brush: SVGRectElement | undefined;
  const bins = (event: MouseEvent, { plot, edges }: Ranged) =>
    [from, plot.at(event).x].sort((one, other) => one - other).map((value) => binOf(edges, value)) as [number, number];
  const end = () => {
    own = undefined;
    brush?.remove();
  };
  const down = (event: PointerEvent) => {
    end();
    dragged = false;
    const found = ranged.get((event.target as Element).closest("svg") as SVGElement);
    if (!found || event.button !== 0 || event.pointerType === "touch") return;
    [own, from] = [found, found.plot.at(event).x];
  };
  const move = (event: PointerEvent) => {
    if (!own || event.buttons !== 1) return;
    const { plot, edges } = own;
    dragged ||= Math.abs(plot.x(plot.at(event).x) - plot.x(from)) > DRAG;
    if (!dragged) return;
    const [first, last] = bins(event, own);
    const x = plot.x(edges[first] as number);
    const { top: y, bottom } = EDGES;
    brush?.remove();
    const box = { x, y, width: plot.x(edges[last + 1] as number) - x, height: bottom - y };
    brush = svg(element.ownerDocument, "rect", { class: "fl-brush", ...box });
    plot.picture.append(brush);
  };
  const up = (event: PointerEvent) => {
    const found = own;
    end();
    if (found && dragged) found.bring(...bins(event, found));
  };
  listen(element, "pointerdown", down, signal);
  listen(element, "pointermove", move, signal);
  listen(element, "pointerup", up, signal);
  listen(element, "pointerleave", end, signal);
  return () => dragged;
}

/**
 * Makes the marks inside `element` answer to clicks, Enter and space; arrow keys go from mark to mark.
 *
 * One of them can be reached by Tab, so a picture with many bars is one stop.
 */
export function answerMarks(element: HTMLElement, signal: AbortSignal): void {
  const marks = () => [...element.querySelectorAll<SVGElement>("[role=button].fl-bar")];
  const focus = (to: SVGElement | undefined) => {
    if (!to) return;
    for (const mark of marks()) mark.setAttribute("tabindex", mark === to ? "0" : "-1");
    to.focus();
  };
  const act = ({ target, shiftKey }: MouseEvent | KeyboardEvent) => {
    const mark = (target as Element | null)?.closest?.(".fl-bar");
    const pick = mark && chosen.get(mark);
    pick?.(shiftKey);
    return pick !== undefined;
  };
  const isDrag = answerDrags(element, signal);
  listen(element, "click", (event) => void (event.detail > 0 && isDrag() ? 0 : act(event)), signal);
  listen(
    element,
    "keydown",
    (event) => {
      const all = marks();
      const at = all.indexOf(event.target as SVGElement);
      if (at < 0) return;
      const steps: Record<string, number> = {
        ArrowRight: at + 1,
        ArrowDown: at + 1,
        ArrowLeft: at - 1,
        ArrowUp: at - 1,
        Home: 0,
        End: all.length - 1,
      };
      const to = steps[event.key];
      if (to !== undefined) focus(all[(to + all.length) % all.length]);
      else if (event.key !== "Enter" && event.key !== " ") return;
      else act(event);
      event.preventDefault();
      event.stopPropagation();
    },
    signal,
  );
}

/** Lets Tab reach the first mark after the marks were drawn anew. */
export function reachMarks(element: Element): void {
  const marks = element.querySelectorAll("[role=button].fl-bar");
  if (![...marks].some((mark) => mark.getAttribute("tabindex") === "0")) marks[0]?.setAttribute("tabindex", "0");
}
