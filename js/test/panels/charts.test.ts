// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { makeHistory } from "../fixtures/payload.ts";
import { makeScenario } from "../fixtures/scenario.ts";
import { catchFiles, eventually, giveElementsWidth, mount, point, press, type Stage } from "../fixtures/stage.ts";

const history = makeHistory(30);

describe("charts", () => {
  let stage: Stage;

  const plot = (name: string) => stage.find(`[data-chart=${name}] .fl-chart-plot`);
  const epochs = () => stage.all(".fl-chart").map((chart) => chart.dataset.epoch);

  async function open(change: Partial<typeof history> = {}): Promise<void> {
    stage = await mount(makeScenario({ history: { ...history, ...change } }), { view: "charts" });
  }

  beforeEach(() => {
    giveElementsWidth();
  });
  afterEach(() => {
    vi.restoreAllMocks();
    document.body.replaceChildren();
  });

  it("draw every series once, by its name", async () => {
    await open();
    for (const { name, group } of history.series) {
      expect(stage.all(`[data-chart=${group}] .fl-series[data-series="${name}"]`)).toHaveLength(1);
    }
    expect(stage.all(".fl-series")).toHaveLength(history.series.length);
    expect(stage.find('.fl-series[data-series="map50"] path').getAttribute("d")?.match(/M/g)).toHaveLength(2);
  });

  it("mark the best epoch and the epoch of the matrix", async () => {
    await open();
    expect(stage.all(".fl-best").map((mark) => mark.dataset.epoch ?? mark.getAttribute("data-epoch"))).toEqual([
      "26",
      "26",
    ]);
    expect(stage.all(".fl-matrix-epoch")).toHaveLength(2);
    expect(epochs()).toEqual(["26", "26"]);
  });

  it("share crosshair and chosen epoch", async () => {
    await open();
    point(plot("metric"), "pointermove", { clientX: 320, clientY: 50 });
    const [metric, loss] = epochs();
    expect(metric).toBe(loss);
    expect(stage.all(".fl-hovered")).toHaveLength(2);
    point(plot("loss"), "click", { clientX: 320, clientY: 50 });
    expect(stage.model.get("selected_epoch")).toBe(Number(metric));
    plot("metric").dispatchEvent(new PointerEvent("pointerleave"));
    expect(stage.all(".fl-chosen")).toHaveLength(2);
    expect(epochs()).toEqual([metric, metric]);
    point(plot("loss"), "click", { clientX: 320, clientY: 50 });
    expect(stage.model.get("selected_epoch")).toBeNull();
  });

  it("follow the epoch that Python or another chart chose", async () => {
    await open();
    stage.model.set("selected_epoch", 7);
    expect(epochs()).toEqual(["7", "7"]);
    const values = history.series.find(({ name }) => name === "recall")?.values;
    expect(stage.text('[data-series="recall"] .fl-chart-value')).toBe(values?.[6]?.toFixed(3));
    stage.model.set("selected_epoch", 999);
    expect(epochs()).toEqual(["26", "26"]);
  });

  /** What the browser is given to keep after one of the exports of a chart. */
  async function take(chart: string, kind: string): Promise<string> {
    const files = catchFiles();
    stage.find(`[data-chart=${chart}] [data-export="${kind}"]`).click();
    await eventually(() => expect(stage.text(`[data-chart=${chart}] .fl-export-status`)).toBe("in your downloads"));
    return (await files.at(-1)?.text()) ?? "";
  }

  it("leave as the columns that the table of Python has", async () => {
    const series = history.series.map((one, at) => (at === 0 ? { ...one, name: "=1+1" } : one));
    await open({ series });
    for (const group of ["metric", "loss"] as const) {
      const own = series.filter((one) => one.group === group);
      const { rows, stamp } = JSON.parse(await take(group, "JSON"));
      expect(Object.keys(stamp)).toContain("framelens");
      expect(rows.map(({ epoch }: { epoch: number }) => epoch)).toEqual(history.epochs);
      for (const { name, values } of own) {
        expect(rows.map((row: Record<string, unknown>) => row[name])).toEqual(values);
      }
    }
    const lines = (await take("metric", "CSV")).split("\r\n").filter((text) => !/^\ufeff?#/.test(text));
    expect(lines[0]).toMatch(/^epoch,'=1\+1,/);
    const gap = history.series[0]?.values.indexOf(null) as number;
    expect(lines[gap + 1]).toMatch(new RegExp(`^${history.epochs[gap]},,`));
  });

  it("leave one run below the other, and as a picture with the names of the lines in sight", async () => {
    const other = { ...history, name: "second", epochs: history.epochs.slice(0, 5) };
    await open({ name: "first", others: [other] });
    const { rows } = JSON.parse(await take("loss", "JSON"));
    expect(rows.map(({ run }: { run: string }) => run)).toEqual([
      ...history.epochs.map(() => "first"),
      ...other.epochs.map(() => "second"),
    ]);
    stage.find('[data-chart=metric] [data-toggle="recall"]').click();
    const picture = await take("metric", "SVG");
    for (const words of ["Metrics by epoch", "first, second", "framelens", "second · recall"])
      expect(picture).toContain(words);
    expect(picture).not.toContain("first · recall");
  });

  it("can be read and set by keyboard", async () => {
    await open();
    const slider = plot("metric");
    expect(slider.getAttribute("role")).toBe("slider");
    press(slider, "Home");
    press(slider, "ArrowRight");
    press(slider, "ArrowRight");
    expect(slider.getAttribute("aria-valuenow")).toBe("3");
    expect(slider.getAttribute("aria-valuetext")).toContain("epoch 3: precision n/a");
    press(slider, "Enter");
    expect(stage.model.get("selected_epoch")).toBe(3);
    press(slider, "End");
    press(slider, "ArrowRight");
    expect(slider.getAttribute("aria-valuenow")).toBe("30");
    press(slider, "Escape");
    expect(stage.model.get("selected_epoch")).toBeNull();
  });

  it("draw one epoch as dots", async () => {
    await open({ ...makeHistory(1), best_epoch: 1, matrix_epoch: 1 });
    expect(stage.all(".fl-series circle").length).toBe(history.series.length);
    expect(stage.text(".fl-best")).toBe("best 1, matrix");
  });

  it("leave out a chart without series, and all without a run", async () => {
    await open({ series: history.series.filter(({ group }) => group === "loss") });
    expect(stage.all(".fl-chart")).toHaveLength(1);
    stage.life.abort();
    stage = await mount(makeScenario({ history: null }), { view: "report" });
    expect(stage.all(".fl-charts")).toHaveLength(0);
  });
});
