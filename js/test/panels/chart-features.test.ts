// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { History, Signal } from "../../src/ledger/schema.ts";
import { layoutChart, logTicks, smooth } from "../../src/panels/chart-geometry.ts";
import { makeHistory } from "../fixtures/payload.ts";
import { makeScenario } from "../fixtures/scenario.ts";
import { eventually, giveElementsWidth, mount, point, press, type Stage } from "../fixtures/stage.ts";

const signal = (kind: string, series: string, start_epoch: number, end_epoch: number, strength = 0.5): Signal => ({
  kind,
  series,
  start_epoch,
  end_epoch,
  strength,
  text: `${kind} of ${series}`,
});
const extra = (name: string, part: string, values: number[]) =>
  ({ name, label: name, group: "extra", part, split: "train", color: 0, values }) as const;
const EPOCHS = Array.from({ length: 30 }, (_, index) => index + 1);
const HISTORY: History = {
  ...makeHistory(30),
  best_epoch: 12,
  patience: 10,
  stopped_early: true,
  signals: [
    signal("best_epoch", "map50_95", 12, 12),
    signal("plateau", "map50_95", 10, 30),
    signal("spike", "val/box", 20, 20),
  ],
  extra: [
    extra(
      "lr/pg0",
      "lr",
      EPOCHS.map((epoch) => 0.01 / epoch),
    ),
    extra(
      "wall_time",
      "wall_time",
      EPOCHS.map((epoch) => 60 * epoch),
    ),
  ],
};

describe("numbers of a chart", () => {
  it("smooths by the mean of the epochs around, and keeps gaps", () => {
    expect(smooth([1, 2, 3, 4], [1, 2, null, 6], 1)).toEqual([1.5, 1.5, null, 6]);
    expect(smooth([1, 5, 6], [1, 2, 4], 1)).toEqual([1, 3, 3]);
    expect(smooth([], [], 3)).toEqual([]);
  });

  it("has a logarithmic scale that leaves out what it cannot show", () => {
    expect(logTicks([0.02, 3])).toEqual([0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]);
    expect(logTicks([0, -1, null])).toEqual([1, 10]);
    expect(logTicks([1e-9, 1])[0]).toBe(1e-9);
    const layout = layoutChart(640, 220, [1, 2], [[1, 100]], { log: true });
    expect(layout.y(10)).toBeCloseTo((layout.y(1) + layout.y(100)) / 2);
    expect(layout.y(0)).toBeNaN();
  });
});

describe("charts", () => {
  let stage: Stage;

  const plot = (name: string) => stage.find(`[data-chart=${name}] .fl-chart-plot`);
  const chart = (name: string) => stage.find(`[data-chart=${name}]`);

  async function open(change: Partial<History> = {}): Promise<void> {
    stage = await mount(makeScenario({ history: { ...HISTORY, ...change } }), { view: "charts" });
  }

  beforeEach(() => giveElementsWidth());
  afterEach(() => {
    vi.restoreAllMocks();
    document.body.replaceChildren();
  });

  it("switch a line off by its name and fit the values that are left", async () => {
    await open();
    const top = () => stage.text("[data-chart=loss] .fl-axes");
    const toggle = stage.find<HTMLButtonElement>('[data-toggle="train/cls"]');
    const before = top();
    for (const name of ["train/cls", "val/cls"]) stage.find(`[data-toggle="${name}"]`).click();
    expect(toggle.getAttribute("aria-pressed")).toBe("false");
    expect(stage.all('.fl-series[data-series="train/cls"]')).toHaveLength(0);
    expect(top()).not.toBe(before);
    toggle.click();
    expect(stage.all('.fl-series[data-series="train/cls"]')).toHaveLength(1);
  });

  it("keep the values faintly behind smoothed lines", async () => {
    await open();
    expect(stage.all(".fl-raw")).toHaveLength(0);
    const select = stage.find<HTMLSelectElement>(".fl-smoothing");
    select.value = "5";
    select.dispatchEvent(new Event("change"));
    const drawn = stage.all("[data-raw]").map((line) => line.dataset.raw ?? line.getAttribute("data-raw"));
    expect(drawn).toEqual(HISTORY.series.map(({ name }) => name));
    const path = (selector: string) => stage.find(selector).getAttribute("d");
    expect(path('[data-raw="map50"] path')).not.toBe(path('.fl-series[data-series="map50"] path'));
  });

  it("have a logarithmic scale for losses alone", async () => {
    await open();
    stage.find(".fl-log-scale").click();
    expect(stage.find(".fl-log-scale").getAttribute("aria-pressed")).toBe("true");
    expect([chart("loss").dataset.scale, chart("metric").dataset.scale]).toEqual(["log", "linear"]);
  });

  it("show learning rate and wall time on demand", async () => {
    await open();
    expect([chart("lr").hidden, chart("time").hidden]).toEqual([true, true]);
    stage.find('[data-more="lr"]').click();
    expect([chart("lr").hidden, chart("time").hidden]).toEqual([false, true]);
    stage.model.set("selected_epoch", 2);
    expect(stage.text('[data-series="lr/pg0"] .fl-chart-value')).toBe("0.005");
    expect(stage.text('[data-series="wall_time"] .fl-chart-value')).toBe("120 s");
  });

  it("zoom together by a drag and go back by a button", async () => {
    await open();
    const drag = plot("metric");
    point(drag, "pointerdown", { clientX: 200, clientY: 50 });
    drag.dispatchEvent(new PointerEvent("pointermove", { clientX: 400, clientY: 50, buttons: 1, bubbles: true }));
    expect(Number(stage.find("[data-chart=metric] .fl-brush").getAttribute("width"))).toBe(200);
    point(drag, "pointerup", { clientX: 400, clientY: 50 });
    point(drag, "click", { clientX: 400, clientY: 50 });
    const window = chart("metric").dataset.window;
    expect(window).toMatch(/^\d+,\d+$/);
    expect(chart("loss").dataset.window).toBe(window);
    expect(stage.model.get("selected_epoch")).toBeNull();
    const all = stage.find<HTMLButtonElement>(".fl-all-epochs");
    expect(all.disabled).toBe(false);
    all.click();
    expect(chart("loss").dataset.window).toBe("");
    expect(all.disabled).toBe(true);
  });

  it("zoom by keyboard", async () => {
    await open();
    press(plot("loss"), "+");
    const [first = 0, last = 0] = (chart("metric").dataset.window ?? "").split(",").map(Number);
    expect(last - first).toBeLessThan(16);
    expect(first <= 12 && last >= 12).toBe(true);
    press(plot("loss"), "0");
    expect(chart("metric").dataset.window).toBe("");
  });

  it("mark patience, early stop and signals by number, and say what the signals are", async () => {
    await open();
    expect(stage.all(".fl-patience")).toHaveLength(2);
    expect(stage.text(".fl-patience title")).toBe("patience 10: epochs 12 to 22");
    expect(stage.text(".fl-stopped text")).toBe("stopped 30");
    const marks = (name: string) =>
      [...chart(name).querySelectorAll(".fl-signal-mark")].map((mark) => [
        mark.getAttribute("data-number"),
        mark.getAttribute("data-kind"),
      ]);
    expect(marks("metric")).toEqual([["1", "plateau"]]);
    expect(marks("loss")).toEqual([["2", "spike"]]);
    const words = stage.all(".fl-signals li").map((item) => item.textContent);
    expect(words).toEqual(["best_epoch of map50_95", "1plateau of map50_95", "2spike of val/box"]);
    stage.find('.fl-signals [data-kind="spike"] button').click();
    expect(stage.model.get("selected_epoch")).toBe(20);
  });

  it("draw several runs over each other, told apart by name and dash", async () => {
    const other: History = { ...makeHistory(40), name: "train8", best_epoch: 40 };
    await open({ others: [other] });
    expect(stage.all(".fl-chart-runs li").map((item) => item.textContent)).toEqual(["train7", "train8"]);
    expect(stage.find('.fl-series[data-series="1 map50"]').getAttribute("class")).toContain("fl-run-1");
    expect(stage.text('[data-toggle="1 map50"]')).toBe("train8 · mAP50");
    press(plot("metric"), "End");
    expect(chart("loss").dataset.epoch).toBe("40");
    expect(stage.text('[data-series="map50"] .fl-chart-value')).toBe("n/a");
    expect(stage.text('[data-series="1 map50"] .fl-chart-value')).not.toBe("n/a");
  });

  it("keep the way they are looked at when the payload changes", async () => {
    await open();
    stage.find(".fl-log-scale").click();
    stage.model.update(makeScenario({ history: { ...HISTORY, best_epoch: 13 } }) as never);
    await eventually(() => expect(stage.text(".fl-best text")).toBe("best 13"));
    expect(chart("loss").dataset.scale).toBe("log");
  });

  it("say which epoch the matrix belongs to", async () => {
    await open({ matrix_epoch: 9 });
    expect(stage.text(".fl-charts .fl-epoch-status")).toBe("The matrix shows epoch 9");
  });
});
