// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { makeHistory } from "../fixtures/payload.ts";
import { makeScenario } from "../fixtures/scenario.ts";
import { giveElementsWidth, mount, point, press, type Stage } from "../fixtures/stage.ts";

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
    stage.life.abort();
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
