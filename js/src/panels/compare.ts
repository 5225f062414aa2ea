/** Models on the same data, two at a time: what got better, what got worse, and the boxes behind every number of it. */
import { listen, svg } from "../draw/dom.ts";
import { amount, integer, printable } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import type { Panel } from "../views/panel.ts";
import { layoutChart, linePath } from "./chart-geometry.ts";
import { choiceView, modelsView } from "./compare-choice.ts";
import { cellChangesView, classChangesView } from "./compare-classes.ts";
import { Changes, FRAME_CHANGES, OBJECT_CHANGES } from "./compare-data.ts";
import { PairsView } from "./compare-pairs.ts";
import { MOST, matrixChangeView, type Show, scoresView } from "./compare-tables.ts";
import { exportMenu } from "./export.ts";
import { swatchColor } from "./picture-file.ts";

/** Buttons that bring the objects, and the frames, that changed in one way. */
function changeButtons({ make, signal }: Context, changes: Changes, show: Show): HTMLElement {
  const button = (kind: string, change: number, count: number, word: string) =>
    make(
      "button.fl-button.fl-change-count",
      { "data-kind": kind, "data-change-of": change, "data-count": count, disabled: count === 0 },
      make("strong", {}, integer(count)),
      ` ${word}`,
    );
  const objects = OBJECT_CHANGES.map((word, change) => button("objects", change, changes.objects(change).length, word));
  const frames = FRAME_CHANGES.map((word, change) => button("frames", change, changes.frames(change).length, word));
  // What is right in both, or cannot be compared, is shown where there is any.
  const shown = (buttons: HTMLButtonElement[], always: number) =>
    buttons.filter((one, change) => change < always || one.dataset.count !== "0");
  const element = make(
    "div.fl-change-counts",
    {},
    make("p", {}, make("span.fl-change-kind", {}, "Objects"), ...shown(objects, 2)),
    make("p", {}, make("span.fl-change-kind", {}, "Frames"), ...shown(frames, 2)),
  );
  listen(
    element,
    "click",
    (event) => {
      const chosen = (event.target as Element).closest<HTMLElement>("[data-change-of]");
      if (!chosen) return;
      const [change, frames] = [Number(chosen.dataset.changeOf), chosen.dataset.kind === "frames"];
      const word = (frames ? FRAME_CHANGES : OBJECT_CHANGES)[change] ?? "";
      if (frames) {
        const found = changes.frames(change);
        show({ title: `${amount(found.length, "frame")}: ${word}`, frames: found });
      } else {
        const found = changes.objects(change);
        show({ title: `${amount(found.length, "object")}: ${word}`, changes: found });
      }
    },
    signal,
  );
  return element;
}

const [WIDTH, HEIGHT] = [420, 220];
/** Colours of lines; with more models they begin anew. */
const LINES = 8;

/** Mean precision against recall of all, IoU 0.50; the baseline is dashed, the model that is looked at stands out. */
function curvesView(context: Context, { head }: Changes): HTMLElement {
  const { make, document } = context;
  const recall = Array.from({ length: 101 }, (_, level) => level / 100);
  const layout = layoutChart(WIDTH, HEIGHT, recall, [[0, 1]]);
  const text = (x: number, y: number, anchor: string, words: string) =>
    svg(document, "text", { x, y, "text-anchor": anchor }, words);
  const levels = [0, 0.25, 0.5, 0.75, 1];
  const axes = svg(
    document,
    "g",
    { class: "fl-axes" },
    ...levels.map((level) =>
      svg(document, "line", { x1: layout.left, x2: layout.right, y1: layout.y(level), y2: layout.y(level) }),
    ),
    ...levels.map((level) => text(layout.left - 6, layout.y(level) + 4, "end", String(level))),
    ...levels.map((level) => text(layout.x(level), layout.bottom + 14, "middle", String(level))),
    text((layout.left + WIDTH) / 2, HEIGHT - 3, "middle", "recall"),
  );
  const kind = (name: string, index: number) => {
    const part = name === head.baseline ? " fl-train" : name === head.model ? " fl-looked-at" : "";
    return `fl-line-${index % LINES}${part}`;
  };
  const lines = head.curves.map(({ name, precision }, index) =>
    svg(
      document,
      "g",
      { class: `fl-series ${kind(name, index)}` },
      svg(document, "path", { d: linePath(layout, recall, precision) }),
    ),
  );
  const title = "Mean precision against recall, IoU 0.50";
  const picture = svg(
    document,
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": title },
    axes,
    ...lines,
  );
  const key = head.curves.map(({ name }, index) =>
    make(
      "li",
      { class: kind(name, index) },
      make("i.fl-chart-swatch", { "aria-hidden": "true" }),
      make("span.fl-chart-name", {}, printable(name, 40)),
    ),
  );
  const exports = exportMenu(context, title, {
    table: () => ({
      columns: ["recall", ...head.curves.map(({ name }) => `precision, ${name}`)],
      rows: recall.map((level, at) => [level, ...head.curves.map(({ precision }) => precision[at] ?? null)]),
    }),
    picture: () => ({
      svg: picture,
      key: key.map((item, at) => [head.curves[at]?.name ?? "", swatchColor(item)]),
      words: "",
    }),
  });
  return make(
    "figure.fl-chart.fl-change-curves",
    { "data-chart": "precision-recall" },
    make("figcaption", {}, make("h2.fl-heading", {}, title), exports),
    make("div.fl-chart-plot", {}, picture),
    make("ul.fl-chart-key", {}, ...key),
  );
}

export const comparePanel: Panel = {
  id: "compare",
  title: "Comparison",
  has: ({ ledger }) => "comparison" in ledger.head,
  view(context) {
    const { make, ledger } = context;
    const changes = new Changes(ledger);
    const { head } = changes;
    const pairs = new PairsView(context, changes);
    const show: Show = (listed) => {
      pairs.show(listed);
      pairs.element.scrollIntoView?.({ block: "nearest" });
    };
    const choice = choiceView(context, head);
    const warnings = head.warnings.map((text) => make("li", {}, text));
    return make(
      "div.fl-compare",
      { "data-baseline": head.baseline, "data-model": head.model },
      make(
        context.stored ? "h1.fl-title" : "h2.fl-title",
        {},
        `${printable(head.baseline, 60)} → ${printable(head.model, 60)}`,
      ),
      choice.element,
      make("ul.fl-compare-warnings", { hidden: warnings.length === 0 }, ...warnings),
      scoresView(context, changes),
      modelsView(context, head, choice.choose),
      changeButtons(context, changes, show),
      pairs.element,
      make("div.fl-compare-parts", {}, matrixChangeView(context, changes, show), curvesView(context, changes)),
      ledger.head.classes.length > MOST && cellChangesView(context, changes, show),
      classChangesView(context, changes, show),
    );
  },
};
