/** One chart of curves over epochs, with its key, crosshair and marks. */
import { listen, svg } from "../draw/dom.ts";
import type { History } from "../ledger/schema.ts";
import { printable } from "../ledger/words.ts";
import { watchSize } from "../views/canvas.ts";
import type { Context } from "../views/context.ts";
import type { State } from "../views/store.ts";
import { type ChartLayout, layoutChart, linePath, lonely, smooth } from "./chart-geometry.ts";
import { ChartInput } from "./chart-input.ts";
import { type Group, type Line, numberText, runsOf, TITLES, tableOf, valueAt, valueText } from "./chart-lines.ts";
import { marksView } from "./chart-marks.ts";
import { type ChartOptions, type OptionStore, toggled } from "./chart-options.ts";
import { exportMenu, type Given } from "./export.ts";
import { swatchColor } from "./picture-file.ts";

const HEIGHT = 220;
const FIRST_WIDTH = 640;
/** Two clips of one page need names of their own. */
let clips = 0;

/** Epoch whose values are written out: under the pointer, else chosen, else best, else last. */
function epochShown(
  history: History,
  epochs: readonly number[],
  { hoverEpoch, epoch }: Pick<State, "epoch" | "hoverEpoch">,
): number | null {
  const known = (candidate: number | null | undefined) =>
    candidate !== null && candidate !== undefined && epochs.includes(candidate) ? candidate : null;
  return known(hoverEpoch) ?? known(epoch) ?? known(history.best_epoch) ?? epochs.at(-1) ?? null;
}

interface Drawn {
  readonly history: History;
  readonly epochs: readonly number[];
  readonly lines: readonly Line[];
}

export class Chart {
  readonly element: HTMLElement;
  readonly plot: HTMLElement;
  readonly epochs: readonly number[];
  layout: ChartLayout;
  readonly #context: Context;
  readonly #history: History;
  readonly #group: Group;
  readonly #lines: readonly Line[];
  readonly #options: OptionStore;
  readonly #values: HTMLElement[];
  readonly #epochLabel: HTMLElement;
  readonly #clip = `fl-clip-${++clips}`;
  #width = FIRST_WIDTH;
  #crosshair: SVGGElement | undefined;
  #brush: SVGRectElement | undefined;

  constructor(context: Context, { history, epochs, lines }: Drawn, group: Group, options: OptionStore) {
    const { make, store, signal } = context;
    [this.#context, this.#history, this.epochs, this.#group] = [context, history, epochs, group];
    [this.#lines, this.#options] = [lines.filter((line) => line.group === group), options];
    this.#values = this.#lines.map(() => make("span.fl-chart-value"));
    this.#epochLabel = make("span.fl-chart-epoch");
    this.plot = make("div.fl-chart-plot", { role: "slider", tabindex: 0, "aria-label": `${TITLES[group]}: epoch` });
    this.element = make(
      "figure.fl-chart",
      { "data-chart": group },
      make(
        "figcaption",
        {},
        make("h2.fl-heading", {}, TITLES[group]),
        this.#epochLabel,
        exportMenu(context, TITLES[group], this.#given()),
      ),
      this.plot,
      this.#key(),
    );
    this.layout = this.#measure();
    new ChartInput(this, store, options, signal);
    options.watch(() => this.draw(), signal);
    store.watch(["epoch", "hoverEpoch"], (state) => this.#show(state), signal);
    watchSize(
      this.plot,
      () => {
        this.#width = this.plot.clientWidth || FIRST_WIDTH;
        this.draw();
      },
      signal,
    );
  }

  shown(): number | null {
    return epochShown(this.#history, this.epochs, this.#context.store.state);
  }

  showBrush(ends: readonly [number, number] | null): void {
    const [from, to] = ends ?? [0, 0];
    this.#brush?.setAttribute("x", String(from));
    this.#brush?.setAttribute("width", String(to - from));
  }

  /** Names, colours and values; each name switches its line off and on. */
  #key(): HTMLElement {
    const { make, signal } = this.#context;
    const items = this.#lines.map(({ key, label, classes }, index) => {
      const swatch = make("i.fl-chart-swatch", { "aria-hidden": "true" });
      const name = make("button.fl-chart-name", { "data-toggle": key }, swatch, label);
      listen(name, "click", () => this.#options.set({ hidden: toggled(this.#options.state.hidden, key) }), signal);
      this.#options.watch(({ hidden }) => name.setAttribute("aria-pressed", String(!hidden.has(key))), signal);
      return make("li", { "data-series": key, class: classes }, name, this.#values[index]);
    });
    return make("ul.fl-chart-key", {}, ...items);
  }

  /** All epochs as a table; the picture as it is looked at, with which runs it shows and how. */
  #given(): Given {
    return {
      table: () => tableOf(this.#history, this.#lines),
      picture: () => {
        const { state } = this.#options;
        const items = this.element.querySelectorAll("li");
        const key = this.#visible(state).map(
          (line) => [line.label, swatchColor(items[this.#lines.indexOf(line)])] as const,
        );
        const runs = runsOf(this.#history).map(({ name }) => printable(name));
        const smoothed = state.reach > 0 ? `, mean of ${2 * state.reach + 1} epochs` : "";
        const picture = this.plot.querySelector("svg");
        return picture && { svg: picture, key, words: `${runs.join(", ")}${smoothed}` };
      },
    };
  }

  #visible({ hidden }: ChartOptions): readonly Line[] {
    return this.#lines.filter(({ key }) => !hidden.has(key));
  }

  /** The range of values is that of the lines and epochs in sight. */
  #measure(): ChartLayout {
    const { state } = this.#options;
    const { window } = state;
    const values = this.#visible(state).map((line) =>
      window ? line.values.filter((_, at) => inside(line.epochs[at] as number, window)) : line.values,
    );
    return layoutChart(this.#width, HEIGHT, this.epochs, values, { window, log: this.#isLog() });
  }

  #isLog(): boolean {
    return this.#options.state.log && (this.#group === "loss" || this.#group === "lr");
  }

  draw(): void {
    const { document } = this.#context;
    const { state } = this.#options;
    this.layout = this.#measure();
    const { left, right, top, bottom } = this.layout;
    const box = { x: left, y: 0, width: right - left, height: bottom + 2 };
    this.#crosshair = svg(document, "g", { class: "fl-crosshair" });
    this.#brush = svg(document, "rect", { class: "fl-brush", x: 0, y: top, width: 0, height: bottom - top });
    const inner = svg(
      document,
      "g",
      {},
      marksView(document, this.layout, this.#history, this.#group),
      ...this.#visible(state).flatMap((line) => this.#line(line, state.reach)),
      this.#crosshair,
      this.#brush,
    );
    inner.setAttribute("clip-path", `url(#${this.#clip})`);
    const picture = svg(
      document,
      "svg",
      { viewBox: `0 0 ${this.#width} ${HEIGHT}`, "aria-hidden": "true", focusable: "false" },
      svg(document, "clipPath", { id: this.#clip }, svg(document, "rect", box)),
      this.#axes(),
      inner,
    );
    this.plot.replaceChildren(picture);
    this.element.dataset.window = state.window?.join(",") ?? "";
    this.element.dataset.scale = this.#isLog() ? "log" : "linear";
    this.#show(this.#context.store.state);
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
      ...yTicks.map((tick) => text({ x: left - 6, y: y(tick) + 4 }, "end", numberText(tick, 6))),
      ...xTicks.map((tick) => text({ x: x(tick), y: bottom + 14 }, "middle", String(tick))),
      text({ x: (left + width) / 2, y: height - 3 }, "middle", "epoch"),
    );
  }

  /** The line, and where it is smoothed the values themselves faintly behind it. */
  #line(line: Line, reach: number): SVGGElement[] {
    const { document } = this.#context;
    const { epochs, values, classes, key } = line;
    const path = (shown: readonly (number | null)[]) =>
      svg(document, "path", { d: linePath(this.layout, epochs, shown) });
    const dots = lonely(values)
      .map((index) => ({ cx: this.layout.x(epochs[index] as number), cy: this.layout.y(values[index] as number) }))
      .filter(({ cy }) => Number.isFinite(cy))
      .map((place) => svg(document, "circle", { ...place, r: 2.5 }));
    const main = { class: `fl-series ${classes}`, "data-series": key };
    const isNoisy = line.group === "metric" || line.group === "loss";
    if (reach === 0 || !isNoisy) return [svg(document, "g", main, path(values), ...dots)];
    const raw = svg(document, "g", { class: `fl-raw ${classes}`, "data-raw": key }, path(values));
    return [raw, svg(document, "g", main, path(smooth(epochs, values, reach)), ...dots)];
  }

  /** Puts crosshair, chosen epoch and the written values where the state says. */
  #show(state: State): void {
    const { document } = this.#context;
    const shown = this.shown();
    const texts = this.#lines.map((line) => valueText(this.#group, valueAt(line, shown)));
    texts.forEach((text, index) => {
      const value = this.#values[index];
      if (value) value.textContent = text;
    });
    this.#epochLabel.textContent = shown === null ? "" : `epoch ${shown}`;
    this.element.dataset.epoch = shown === null ? "" : String(shown);
    this.#describe(shown, texts);
    const { x, top, bottom } = this.layout;
    const rule = (epoch: number | null, name: string) =>
      epoch !== null && this.epochs.includes(epoch)
        ? [svg(document, "line", { class: name, x1: x(epoch), x2: x(epoch), y1: top, y2: bottom, "data-epoch": epoch })]
        : [];
    const dots = this.#visible(this.#options.state).flatMap((line) => {
      const value = state.hoverEpoch === null ? null : valueAt(line, shown);
      const cy = value === null ? Number.NaN : this.layout.y(value);
      if (shown === null || !Number.isFinite(cy)) return [];
      return [svg(document, "circle", { class: line.classes, cx: x(shown), cy, r: 3.5 })];
    });
    const rules = [...rule(state.epoch, "fl-chosen"), ...rule(state.hoverEpoch, "fl-hovered")];
    this.#crosshair?.replaceChildren(...rules, ...dots);
  }

  #describe(shown: number | null, texts: readonly string[]): void {
    const words = this.#lines.map(({ label }, index) => `${label} ${texts[index]}`);
    this.plot.setAttribute("aria-valuemin", String(this.epochs[0] ?? 0));
    this.plot.setAttribute("aria-valuemax", String(this.epochs.at(-1) ?? 0));
    this.plot.setAttribute("aria-valuenow", String(shown ?? 0));
    this.plot.setAttribute("aria-valuetext", shown === null ? "no epoch" : `epoch ${shown}: ${words.join(", ")}`);
  }
}

function inside(epoch: number, [first, last]: readonly [number, number]): boolean {
  return epoch >= first && epoch <= last;
}
