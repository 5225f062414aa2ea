/** Precision and recall, confidence and IoU as pictures; every point and bar brings its boxes. */
import { listen, svg } from "../draw/dom.ts";
import { canCountAP, countCurve } from "../ledger/average-precision.ts";
import { className, fraction, integer, shown } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import type { Panel } from "../views/panel.ts";
import type { State } from "../views/store.ts";
import { floorOf, goTo } from "./counting.ts";
import { drawCalibration, drawIou, drawScores, type Subject } from "./curve-bars.ts";
import { type Extra, extraOf, hasExtra } from "./extra.ts";
import { boxesOf, type CurvePoint, confidenceCurve, type Judged, judge, pointAt, thin } from "./figures.ts";
import type { Table } from "./files.ts";
import { bring, chosenClass, classChoice, Figure, watchShown } from "./parts.ts";
import { bar, HEIGHT, line, type Plot, plotAxes } from "./plot.ts";

const RATES = ["precision", "recall", "f1"] as const;
const DOTS = 24;
/** A step of the operating point by key, and with a page key. */
const STEP = 0.01;

class Curves {
  readonly element: HTMLElement;
  readonly #context: Context;
  readonly #extra: Extra;
  readonly #category: HTMLSelectElement;
  readonly #iou: HTMLSelectElement;
  readonly #figures: Record<"pr" | "confidence" | "iou" | "score" | "calibration", Figure>;
  readonly #judged = new Map<number, Judged>();
  #points: CurvePoint[] = [];
  #plot: Plot | undefined;

  constructor(context: Context) {
    const { make, ledger, signal } = context;
    this.#context = context;
    this.#extra = extraOf(ledger);
    this.#category = classChoice(context, "all classes");
    const words = (iou: number | null) => (iou === null ? "mean of 0.50 to 0.95" : `IoU ${iou.toFixed(2)}`);
    this.#iou = make(
      "select.fl-button.fl-iou-choice",
      {},
      ...this.#extra.curves.ious.map((iou, at) => make("option", { value: at }, words(iou))),
    );
    const figure = (id: string, title: string) => new Figure(context, id, title);
    this.#figures = {
      pr: figure("pr", "Precision and recall"),
      confidence: figure("confidence", "By confidence"),
      iou: figure("iou", "IoU of the pairs"),
      score: figure("score", "Scores, right and wrong"),
      calibration: figure("calibration", "Calibration"),
    };
    this.#figures.pr.table = () => this.#prTable();
    this.#figures.confidence.table = () => this.#table();
    this.element = make(
      "div.fl-rates",
      {},
      make(
        "div.fl-controls",
        {},
        make("label.fl-choice", {}, "Class ", this.#category),
        make("label.fl-choice", {}, "Curve at ", this.#iou),
      ),
      make("div.fl-figures", {}, ...Object.values(this.#figures).map(({ element }) => element)),
    );
    listen(this.#category, "change", () => this.#draw(), signal);
    listen(this.#iou, "change", () => this.#drawPr(), signal);
    this.#drag();
    watchShown(context, this.element, ["point", "filter"], (state) => this.#changed(state));
    watchShown(context, this.element, ["confusion"], () => this.#drawIou());
    watchShown(context, this.element, ["category"], (state) => this.#light(state));
  }

  #seen: Partial<State> = {};

  #changed({ point, filter }: State): void {
    const same = this.#seen.filter === filter && this.#seen.point?.iou === point.iou;
    if (!same) this.#judged.clear();
    this.#seen = { filter, point };
    if (same && this.#plot) {
      this.#drawPoint();
      this.#drawPr();
    } else this.#draw();
  }

  #judge(iou: number): Judged {
    const { ledger, store } = this.#context;
    const known = this.#judged.get(iou);
    if (known) return known;
    const made = judge(ledger, iou, store.state.filter?.mask ?? null);
    this.#judged.set(iou, made);
    return made;
  }

  get #now(): Judged {
    return this.#judge(this.#context.store.state.point.iou);
  }

  get #chosen(): number | null {
    return chosenClass(this.#category);
  }

  /** Class in words, for headings. */
  get #name(): string {
    const { classes } = this.#context.ledger.head;
    return this.#chosen === null ? "all classes" : className(classes, this.#chosen);
  }

  #table(): Table {
    const rows = this.#points.map((point) => [
      point.confidence,
      point.detections,
      point.right,
      ...RATES.map((name) => point[name]),
    ]);
    return { columns: ["confidence", "detections", "true_positives", ...RATES], rows };
  }

  #draw(): void {
    const { ledger } = this.#context;
    this.#points = confidenceCurve(ledger, this.#now, this.#chosen);
    this.#drawPr();
    this.#drawConfidence();
    this.#drawIou();
    drawScores(this.#subject, this.#figures.score, this.#now, this.#extra.scoreEdges);
    drawCalibration(this.#subject, this.#figures.calibration, this.#now);
  }

  /** Detections over a confidence, as the gallery shows them. */
  #bringFrom(judged: Judged, { confidence, detections }: CurvePoint): void {
    const { ledger } = this.#context;
    const { score, category } = ledger.detections;
    const rows: number[] = [];
    for (let row = 0; row < score.length && (score[row] as number) >= confidence; row++) {
      if (judged.counted[row] && (this.#chosen === null || category[row] === this.#chosen)) rows.push(row);
    }
    bring(
      this.#context,
      `${this.#name}: ${integer(detections)} detections from confidence ${shown(confidence)} on`,
      boxesOf(judged, rows),
    );
  }

  #interpolated(): { values: Float32Array; words: string } | null {
    const { curves } = this.#extra;
    const { ledger, store } = this.#context;
    const at = curves.category.indexOf(this.#chosen ?? ledger.head.classes.length);
    const { filter } = store.state;
    const iou = this.#iou.selectedIndex;
    const ofPart = () =>
      filter && canCountAP(ledger) ? countCurve(ledger, filter.mask, curves.ious[iou] ?? null, this.#chosen) : null;
    const values = filter ? ofPart() : at >= 0 && curves.values(iou, at);
    if (!values) return null;
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return { values, words: `AP ${fraction(mean)} (COCO, 101 levels of recall)` };
  }

  #prTable(): Table {
    const rows = Array.from(this.#interpolated()?.values ?? [], (value, at) => [at / 100, value]);
    return { columns: ["recall", "precision"], rows };
  }

  #drawPr(): void {
    const context = this.#context;
    const { ledger, store } = context;
    const iou = this.#extra.curves.ious[this.#iou.selectedIndex] ?? null;
    const plot = plotAxes(context, { x: [0, 1], y: [0, 1], xTitle: "recall", yTitle: "precision" });
    const mean = this.#interpolated();
    if (mean) plot.picture.append(this.#levels(plot, mean.values, "fl-line-0"));
    if (iou !== null && ledger.head.recount?.steps.includes(iou)) {
      const judged = this.#judge(iou);
      const points = iou === store.state.point.iou ? this.#points : confidenceCurve(ledger, judged, this.#chosen);
      plot.picture.append(
        line(
          context,
          plot,
          thin(points).map(
            ({ recall, precision }) => [recall ?? Number.NaN, recall === null ? null : precision] as const,
          ),
          "fl-line-1 fl-raw",
        ),
      );
      const { confidence } = store.state.point;
      const now = confidence === null ? null : pointAt(points, confidence);
      for (const point of now ? [...thin(points, DOTS), now] : thin(points, DOTS))
        this.#dot(plot, judged, point, point === now);
    }
    const filtered = store.state.filter ? "No AP of this part." : "";
    this.#figures.pr.draw(plot.picture, mean ? `${mean.words}. Dots: what each confidence gives.` : filtered);
  }

  /** Precision at each level of recall. */
  #levels(plot: Plot, values: Float32Array, kind: string): SVGPathElement {
    const points = Array.from(values, (value, level) => [level / 100, value] as const);
    return line(this.#context, plot, points, kind);
  }

  #dot(plot: Plot, judged: Judged, point: CurvePoint, now: boolean): void {
    const { recall, precision, confidence, detections, right } = point;
    if (recall === null || precision === null) return;
    const size = now ? 9 : 6;
    const words = `confidence ${shown(confidence)}: ${integer(detections)} detections, ${integer(right)} correct, precision ${fraction(precision)}, recall ${fraction(recall)}`;
    const box = { x: plot.x(recall) - size / 2, y: plot.y(precision) - size / 2, width: size, height: size };
    const kind = now ? "fl-dot fl-now" : "fl-dot fl-line-1";
    const data = { "data-confidence": confidence, "data-right": right };
    plot.picture.append(
      bar(this.#context, box, { count: detections, words, kind, data, pick: () => this.#bringFrom(judged, point) }),
    );
  }

  #drawConfidence(): void {
    const context = this.#context;
    const plot = plotAxes(context, { x: this.#ends, y: [0, 1], xTitle: "confidence", yTitle: "share" });
    const points = thin(this.#points);
    RATES.forEach((name, at) => {
      plot.picture.append(
        line(
          context,
          plot,
          points.map((point) => [point.confidence, point[name]] as const),
          `fl-line-${at}`,
        ),
      );
    });
    plot.picture.append(svg(context.document, "g", { class: "fl-point" }));
    this.#plot = plot;
    this.#figures.confidence.draw(plot.picture, "");
    this.#drawPoint();
  }

  /** The line at the operating point, and its numbers. */
  #drawPoint(): void {
    const { document, store, make } = this.#context;
    const { confidence } = store.state.point;
    const { body } = this.#figures.confidence;
    const group = body.querySelector(".fl-point");
    if (!group || !this.#plot) return;
    const [low, high] = this.#ends;
    const x = this.#plot.x(Math.min(high, Math.max(low, confidence ?? low)));
    const point = pointAt(this.#points, confidence ?? Number.NEGATIVE_INFINITY);
    const dots = RATES.flatMap((name, at) => {
      const value = point?.[name];
      return typeof value === "number"
        ? [svg(document, "circle", { class: `fl-line-${at}`, cx: x, cy: this.#plot?.y(value) ?? 0, r: 3.5 })]
        : [];
    });
    group.replaceChildren(svg(document, "line", { x1: x, x2: x, y1: 10, y2: HEIGHT - 34 }), ...dots);
    const rates = RATES.map((name, at) =>
      this.#figures.confidence.swatch(`${name === "f1" ? "F1" : name} ${fraction(point?.[name])}`, `fl-line-${at}`),
    );
    const words = `confidence ${confidence === null ? "n/a" : shown(confidence)}`;
    this.#figures.confidence.element
      .querySelector(".fl-figure-words")
      ?.replaceChildren(make("strong", {}, words), ...rates, make("span", {}, "drag the line, or use the arrow keys"));
    const said = {
      "aria-valuenow": (confidence ?? low).toFixed(3),
      "aria-valuemin": low,
      "aria-valuemax": high,
      "aria-valuetext": words,
    };
    for (const [name, value] of Object.entries(said)) body.setAttribute(name, String(value));
  }

  /** The operating point follows the pointer and the arrow keys; matrix, cards and gallery follow it. */
  #drag(): void {
    const { store, ledger, signal } = this.#context;
    const { body } = this.#figures.confidence;
    for (const [name, value] of Object.entries({
      role: "slider",
      tabindex: "0",
      "aria-label": "Confidence of the operating point",
      "data-lm-suppress-shortcuts": "true",
    }))
      body.setAttribute(name, value);
    body.classList.add("fl-draggable");
    const go = (value: number) => {
      const [low, high] = this.#ends;
      const confidence = Math.min(high, Math.max(low, Math.round(value * 1000) / 1000));
      void goTo(this.#context, { ...store.state.point, confidence });
    };
    let [due, last] = [false, 0];
    const move = (event: PointerEvent) => {
      if (event.buttons !== 1 || !this.#plot) return;
      last = this.#plot.at(event).x;
      if (due) return;
      due = true;
      requestAnimationFrame(() => {
        due = false;
        if (!signal.aborted) go(last);
      });
    };
    listen(body, "pointerdown", move, signal);
    listen(body, "pointermove", move, signal);
    listen(
      body,
      "keydown",
      (event) => {
        const now = store.state.point.confidence ?? 0;
        const [low, high] = this.#ends;
        const to = {
          ArrowLeft: now - STEP,
          ArrowDown: now - STEP,
          ArrowRight: now + STEP,
          ArrowUp: now + STEP,
          Home: floorOf(ledger) ?? low,
          End: high,
        }[event.key];
        if (to === undefined || event.target !== body) return;
        go(to);
        event.preventDefault();
        event.stopPropagation();
      },
      signal,
    );
  }

  #drawIou(): void {
    drawIou(this.#subject, this.#figures.iou);
  }

  /** The lowest and the highest confidence of the pictures. */
  get #ends(): readonly [low: number, high: number] {
    const { scoreEdges } = this.#extra;
    return [scoreEdges[0] as number, scoreEdges.at(-1) as number];
  }

  get #subject(): Subject {
    return { context: this.#context, category: this.#chosen, name: this.#name };
  }

  /** Shows the curve of the class that is lit elsewhere beside the chosen one. */
  #light({ category }: State): void {
    const { ledger } = this.#context;
    const picture = this.#figures.pr.body.querySelector("svg");
    picture?.querySelector(".fl-lit-curve")?.remove();
    const { curves } = this.#extra;
    const at = category === null ? -1 : curves.category.indexOf(category);
    if (!picture || at < 0 || category === this.#chosen || category === ledger.head.classes.length) return;
    const plot = plotAxes(this.#context, { x: [0, 1], y: [0, 1], xTitle: "", yTitle: "" });
    const values = curves.values(this.#iou.selectedIndex, at);
    picture.append(this.#levels(plot, values, "fl-lit-curve"));
  }
}

export const curvesPanel: Panel = {
  id: "curves",
  title: "Curves",
  has: ({ ledger }) => hasExtra(ledger) && ledger.pairs !== null,
  view: (context) => new Curves(context).element,
};
