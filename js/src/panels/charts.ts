/** Metrics and losses by epoch: two charts with one epoch axis, one crosshair and one chosen epoch. */

import { listen, svg } from "../draw/dom.ts";
import type { History, Series } from "../ledger/schema.ts";
import { fraction, printable } from "../ledger/words.ts";
import { watchSize } from "../views/canvas.ts";
import type { Context } from "../views/context.ts";
import type { Panel } from "../views/panel.ts";
import type { State } from "../views/store.ts";
import { type ChartLayout, layoutChart, linePath, lonely, nearestEpoch } from "./chart-geometry.ts";

type Group = Series["group"];

const TITLES: Readonly<Record<Group, string>> = { metric: "Metrics by epoch", loss: "Losses by epoch" };
const HEIGHT = 220;
const FIRST_WIDTH = 640;
const COLORS = 8;

/** Values of losses can be of any size; three places where they are small, three digits where they are large. */
function valueText(group: Group, value: number | null | undefined): string {
  if (group === "metric" || value === null || value === undefined) return fraction(value);
  return Math.abs(value) < 100 ? value.toFixed(3) : value.toPrecision(3);
}

/** Epoch whose values are written out: under the pointer, else chosen, else best, else last. */
export function epochShown(
  history: History,
  { hoverEpoch, epoch }: Pick<State, "epoch" | "hoverEpoch">,
): number | null {
  const known = (candidate: number | null | undefined) =>
    candidate !== null && candidate !== undefined && history.epochs.includes(candidate) ? candidate : null;
  return known(hoverEpoch) ?? known(epoch) ?? known(history.best_epoch) ?? history.epochs.at(-1) ?? null;
}

function seriesClass({ color, split }: Series): string {
  return `fl-line-${((Math.trunc(color) % COLORS) + COLORS) % COLORS}${split === "train" ? " fl-train" : ""}`;
}

class Chart {
  readonly element: HTMLElement;
  readonly plot: HTMLElement;
  layout: ChartLayout;
  readonly #context: Context;
  readonly #history: History;
  readonly #group: Group;
  readonly #series: readonly Series[];
  readonly #values: HTMLElement[];
  readonly #epochLabel: HTMLElement;
  #crosshair: SVGGElement | undefined;

  constructor(context: Context, history: History, group: Group) {
    const { make } = context;
    this.#context = context;
    this.#history = history;
    this.#group = group;
    this.#series = history.series.filter((series) => series.group === group);
    this.#values = this.#series.map(() => make("span.fl-chart-value"));
    this.#epochLabel = make("span.fl-chart-epoch");
    this.plot = make("div.fl-chart-plot", { role: "slider", tabindex: 0, "aria-label": `${TITLES[group]}: epoch` });
    this.element = make(
      "figure.fl-chart",
      { "data-chart": group },
      make("figcaption", {}, make("h2.fl-heading", {}, TITLES[group]), this.#epochLabel),
      this.plot,
      this.#key(),
    );
    this.layout = this.#measure(FIRST_WIDTH);
    this.draw(FIRST_WIDTH);
  }

  get empty(): boolean {
    return this.#series.length === 0;
  }

  #key(): HTMLElement {
    const { make } = this.#context;
    const items = this.#series.map((series, index) =>
      make(
        "li",
        { "data-series": series.name, class: seriesClass(series) },
        make("i.fl-chart-swatch", { "aria-hidden": "true" }),
        make("span.fl-chart-name", {}, printable(series.label)),
        this.#values[index],
      ),
    );
    return make("ul.fl-chart-key", {}, ...items);
  }

  #measure(width: number): ChartLayout {
    return layoutChart(
      width,
      HEIGHT,
      this.#history.epochs,
      this.#series.map(({ values }) => values),
    );
  }

  draw(width: number): void {
    const { document } = this.#context;
    this.layout = this.#measure(width);
    this.#crosshair = svg(document, "g", { class: "fl-crosshair" });
    const picture = svg(
      document,
      "svg",
      { viewBox: `0 0 ${width} ${HEIGHT}`, "aria-hidden": "true", focusable: "false" },
      this.#axes(),
      this.#marks(),
      ...this.#series.map((series) => this.#line(series)),
      this.#crosshair,
    );
    this.plot.replaceChildren(picture);
    this.show(this.#context.store.state);
  }

  #axes(): SVGGElement {
    const { document } = this.#context;
    const { left, right, bottom, x, y, xTicks, yTicks, width, height } = this.layout;
    const text = (at: { x: number; y: number }, anchor: string, words: string) =>
      svg(document, "text", { ...at, "text-anchor": anchor }, words);
    return svg(
      document,
      "g",
      { class: "fl-axes" },
      ...yTicks.map((tick) => svg(document, "line", { x1: left, x2: right, y1: y(tick), y2: y(tick) })),
      ...yTicks.map((tick) => text({ x: left - 6, y: y(tick) + 4 }, "end", String(Number(tick.toPrecision(6))))),
      ...xTicks.map((tick) => text({ x: x(tick), y: bottom + 14 }, "middle", String(tick))),
      text({ x: (left + width) / 2, y: height - 3 }, "middle", "epoch"),
    );
  }

  /** Upright lines at the best epoch and at the epoch whose detections are in the matrix. */
  #marks(): SVGGElement {
    const { document } = this.#context;
    const { best_epoch: best, matrix_epoch: matrix } = this.#history;
    const { x, top, bottom, right } = this.layout;
    const mark = (epoch: number, name: string, words: string, y: number) => {
      const end = x(epoch) > right - 90;
      return svg(
        document,
        "g",
        { class: `fl-mark ${name}`, "data-epoch": epoch },
        svg(document, "line", { x1: x(epoch), x2: x(epoch), y1: top, y2: bottom }),
        svg(document, "text", { x: x(epoch) + (end ? -4 : 4), y, "text-anchor": end ? "end" : "start" }, words),
      );
    };
    const group = svg(document, "g");
    if (typeof best === "number" && best === matrix)
      group.append(mark(best, "fl-best", `best ${best}, matrix`, top - 6));
    else {
      if (typeof best === "number") group.append(mark(best, "fl-best", `best ${best}`, top - 6));
      if (typeof matrix === "number") group.append(mark(matrix, "fl-matrix-epoch", `matrix ${matrix}`, top + 6));
    }
    return group;
  }

  #line(series: Series): SVGGElement {
    const { document } = this.#context;
    const { epochs } = this.#history;
    const dots = lonely(series.values).map((index) =>
      svg(document, "circle", {
        cx: this.layout.x(epochs[index] as number),
        cy: this.layout.y(series.values[index] as number),
        r: 2.5,
      }),
    );
    const path = svg(document, "path", { d: linePath(this.layout, epochs, series.values) });
    return svg(document, "g", { class: `fl-series ${seriesClass(series)}`, "data-series": series.name }, path, ...dots);
  }

  /** Puts crosshair, chosen epoch and the written values where the state says. */
  show(state: State): void {
    const { document } = this.#context;
    const shown = epochShown(this.#history, state);
    const at = shown === null ? -1 : this.#history.epochs.indexOf(shown);
    const texts = this.#series.map(({ values }) => valueText(this.#group, at < 0 ? null : values[at]));
    texts.forEach((text, index) => {
      const value = this.#values[index];
      if (value) value.textContent = text;
    });
    this.#epochLabel.textContent = shown === null ? "" : `epoch ${shown}`;
    this.element.dataset.epoch = shown === null ? "" : String(shown);
    this.#describe(shown, texts);
    const { x, top, bottom } = this.layout;
    const rule = (epoch: number | null, name: string) =>
      epoch !== null && this.#history.epochs.includes(epoch)
        ? [svg(document, "line", { class: name, x1: x(epoch), x2: x(epoch), y1: top, y2: bottom, "data-epoch": epoch })]
        : [];
    const dots = this.#series.flatMap((series) => {
      const value = at < 0 || state.hoverEpoch === null ? null : series.values[at];
      if (shown === null || value === null || value === undefined) return [];
      return [svg(document, "circle", { class: seriesClass(series), cx: x(shown), cy: this.layout.y(value), r: 3.5 })];
    });
    this.#crosshair?.replaceChildren(
      ...rule(state.epoch, "fl-chosen"),
      ...rule(state.hoverEpoch, "fl-hovered"),
      ...dots,
    );
  }

  #describe(shown: number | null, texts: readonly string[]): void {
    const { epochs } = this.#history;
    const words = this.#series.map(({ label }, index) => `${printable(label)} ${texts[index]}`);
    this.plot.setAttribute("aria-valuemin", String(epochs[0] ?? 0));
    this.plot.setAttribute("aria-valuemax", String(epochs.at(-1) ?? 0));
    this.plot.setAttribute("aria-valuenow", String(shown ?? 0));
    this.plot.setAttribute("aria-valuetext", shown === null ? "no epoch" : `epoch ${shown}: ${words.join(", ")}`);
  }
}

function attach({ store, signal }: Context, history: History, chart: Chart): void {
  const { plot } = chart;
  const epochAt = (event: MouseEvent): number | null => {
    const bounds = plot.getBoundingClientRect();
    const scale = bounds.width === 0 ? 1 : chart.layout.width / bounds.width;
    const index = nearestEpoch(chart.layout, history.epochs, (event.clientX - bounds.left) * scale);
    return history.epochs[index] ?? null;
  };
  const choose = (epoch: number | null) => store.set({ epoch: epoch === store.state.epoch ? null : epoch });
  listen(plot, "pointermove", (event) => store.set({ hoverEpoch: epochAt(event) }), signal);
  listen(plot, "pointerleave", () => store.set({ hoverEpoch: null }), signal);
  listen(plot, "blur", () => store.set({ hoverEpoch: null }), signal);
  listen(plot, "click", (event) => choose(epochAt(event)), signal);
  listen(
    plot,
    "keydown",
    (event) => {
      const at = history.epochs.indexOf(epochShown(history, store.state) ?? Number.NaN);
      const last = history.epochs.length - 1;
      const steps: Record<string, number> = {
        ArrowLeft: at - 1,
        ArrowDown: at - 1,
        ArrowRight: at + 1,
        ArrowUp: at + 1,
        Home: 0,
        End: last,
      };
      if (Object.hasOwn(steps, event.key)) {
        const to = Math.min(last, Math.max(0, steps[event.key] as number));
        store.set({ hoverEpoch: history.epochs[to] ?? null });
      } else if (event.key === "Enter" || event.key === " ") choose(epochShown(history, store.state));
      else if (event.key === "Escape") store.set({ epoch: null, hoverEpoch: null });
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
    signal,
  );
}

export const chartsPanel: Panel = {
  id: "charts",
  title: "Training run",
  has: ({ ledger }) => (ledger.head.history?.epochs.length ?? 0) > 0,
  view(context) {
    const { make, ledger, store, signal } = context;
    const history = ledger.head.history as History;
    const element = make("section.fl-charts", { "aria-label": "Training run" });
    const charts = (["metric", "loss"] as const)
      .map((group) => new Chart(context, history, group))
      .filter(({ empty }) => !empty);
    for (const chart of charts) {
      attach(context, history, chart);
      store.watch(["epoch", "hoverEpoch"], (state) => chart.show(state), signal);
      watchSize(chart.plot, () => chart.draw(chart.plot.clientWidth || FIRST_WIDTH), signal);
      element.append(chart.element);
    }
    return element;
  },
};
