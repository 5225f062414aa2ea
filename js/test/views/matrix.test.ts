// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { decode } from "../../src/ledger/decode.ts";
import { nextFrame } from "../fixtures/model.ts";
import { makeScenario, TRAFFIC } from "../fixtures/scenario.ts";
import { cellPoint, giveElementsWidth, mount, point, press, type Stage } from "../fixtures/stage.ts";

const BACKGROUND = TRAFFIC.length;
const payload = makeScenario();
const { confusion } = decode(payload.head, payload.data);

describe("matrix", () => {
  let stage: Stage;
  let canvas: HTMLElement;

  beforeEach(async () => {
    giveElementsWidth();
    stage = await mount(payload, { view: "matrix" });
    canvas = stage.find(".fl-matrix-stage");
  });
  afterEach(() => {
    stage.life.abort();
    vi.restoreAllMocks();
    document.body.replaceChildren();
  });

  it("shows the exact count of the cell under the pointer, in numbers and in words", async () => {
    point(canvas, "pointermove", cellPoint(canvas, 0, 1));
    await nextFrame();
    const tooltip = stage.find(".fl-tooltip");
    expect(tooltip.hidden).toBe(false);
    expect(tooltip.dataset.count).toBe(String(confusion.count(0, 1)));
    expect(stage.text(".fl-tooltip-words")).toMatch(
      new RegExp(`^${confusion.count(0, 1)} of \\d+ “car” objects were called “truck”$`),
    );
    expect(canvas.dataset.hover).toBe("0,1");
  });

  it("hides the tooltip beside the cells, on the empty corner and when the pointer leaves", async () => {
    const tooltip = stage.find(".fl-tooltip");
    for (const away of [
      () => point(canvas, "pointermove", { clientX: 1, clientY: 1 }),
      () => point(canvas, "pointermove", cellPoint(canvas, BACKGROUND, BACKGROUND)),
      () => canvas.dispatchEvent(new PointerEvent("pointerleave")),
    ]) {
      point(canvas, "pointermove", cellPoint(canvas, 2, 2));
      await nextFrame();
      expect(tooltip.hidden).toBe(false);
      away();
      await nextFrame();
      expect(tooltip.hidden).toBe(true);
    }
  });

  it("selects by click, adds with Ctrl, and clears by a second click", async () => {
    point(canvas, "click", cellPoint(canvas, 0, BACKGROUND));
    expect(stage.model.get("selected_cells")).toEqual([[0, BACKGROUND]]);
    point(canvas, "click", cellPoint(canvas, 1, 1), { ctrlKey: true });
    expect(stage.model.get("selected_cells")).toEqual([
      [0, BACKGROUND],
      [1, 1],
    ]);
    point(canvas, "click", cellPoint(canvas, 0, BACKGROUND), { shiftKey: true });
    expect(stage.model.get("selected_cells")).toEqual([[1, 1]]);
    point(canvas, "click", cellPoint(canvas, 1, 1));
    expect(stage.model.get("selected_cells")).toEqual([]);
    expect(stage.model.saved).toBe(4);
    await nextFrame();
    expect(canvas.dataset.selected).toBeUndefined();
  });

  it("means the other cell when transposed, and says so in the same words", async () => {
    point(stage.find(".fl-transpose"), "click", { clientX: 0, clientY: 0 });
    expect(stage.model.get("transpose")).toBe(true);
    await nextFrame();
    point(canvas, "pointermove", cellPoint(canvas, 1, 0));
    await nextFrame();
    expect(stage.text(".fl-tooltip-words")).toContain("“car” objects were called “truck”");
    point(canvas, "click", cellPoint(canvas, BACKGROUND, 3));
    expect(stage.model.get("selected_cells")).toEqual([[3, BACKGROUND]]);
  });

  it("shows the same cells in another order of the classes", async () => {
    const order = stage.find<HTMLSelectElement>(".fl-order");
    order.value = "name";
    order.dispatchEvent(new Event("change"));
    await nextFrame();
    expect(canvas.dataset.order).toBe("name");
    const sorted = [...TRAFFIC].sort();
    const [row, column] = [sorted.indexOf("car"), sorted.indexOf("truck")];
    point(canvas, "pointermove", cellPoint(canvas, row, column));
    await nextFrame();
    expect(stage.find(".fl-tooltip").dataset.count).toBe(String(confusion.count(0, 1)));
    expect(stage.text(".fl-tooltip-words")).toContain("“car” objects were called “truck”");
    point(canvas, "click", cellPoint(canvas, row, BACKGROUND));
    expect(stage.model.get("selected_cells")).toEqual([[0, BACKGROUND]]);
    press(canvas, "Home");
    expect(stage.text(".fl-live")).toContain("actual car, predicted bicycle");
  });

  it("selects a row or a column by its label and by keyboard, and lights its class", async () => {
    const details = cellPoint(canvas, 1, 2);
    point(canvas, "pointermove", { clientX: Number(canvas.dataset.left) - 5, clientY: details.clientY });
    await nextFrame();
    expect(canvas.dataset.over).toBe("label");
    point(canvas, "click", { clientX: Number(canvas.dataset.left) - 5, clientY: details.clientY });
    const row = stage.model.get("selected_cells") as [number, number][];
    expect(row.length).toBeGreaterThan(1);
    expect(row.every(([actual]) => actual === 1)).toBe(true);
    expect(stage.find(".fl-gallery").dataset.count).toBe(String(confusion.rowSum[1]));
    expect(stage.text(".fl-gallery .fl-gallery-head")).toContain(`actual truck, ${row.length} cells`);
    point(canvas, "click", { clientX: details.clientX, clientY: Number(canvas.dataset.top) - 5 }, { ctrlKey: true });
    const both = stage.model.get("selected_cells") as [number, number][];
    expect(new Set(both.map(String)).size).toBe(both.length);
    const sum = (confusion.rowSum[1] as number) + (confusion.columnSum[2] as number) - confusion.count(1, 2);
    expect(stage.find(".fl-gallery").dataset.count).toBe(String(sum));
    press(canvas, "ArrowDown");
    press(canvas, " ", { ctrlKey: true });
    expect(stage.find(".fl-gallery").dataset.count).toBe(String(confusion.columnSum[0]));
    press(canvas, " ", { shiftKey: true });
    expect(stage.find(".fl-gallery").dataset.count).toBe(String(confusion.rowSum[1]));
  });

  it("can show errors only, with the colours said so", () => {
    const button = stage.find(".fl-errors-only");
    button.click();
    expect(button.getAttribute("aria-pressed")).toBe("true");
    expect(stage.text(".fl-key-most")).toBe(String(confusion.maxError));
  });

  it("does the whole task by keyboard", async () => {
    press(canvas, "ArrowDown");
    press(canvas, "ArrowRight");
    press(canvas, "ArrowRight");
    expect(stage.text(".fl-live")).toMatch(/^actual truck, predicted bus, \d+, [\d.]+% of truck$/);
    press(canvas, "Enter");
    expect(stage.model.get("selected_cells")).toEqual([[1, 2]]);
    press(canvas, "End");
    press(canvas, "Enter", { ctrlKey: true });
    expect(stage.model.get("selected_cells")).toEqual([
      [1, 2],
      [1, BACKGROUND],
    ]);
    press(canvas, "Escape");
    expect(stage.model.get("selected_cells")).toEqual([]);
    for (let step = 0; step < 30; step++) press(canvas, "ArrowUp");
    press(canvas, "Home");
    expect(stage.text(".fl-live")).toContain("actual car, predicted car");
  });

  it("keeps the keys it uses from the notebook, and no others", () => {
    for (const element of stage.all("button, select, summary, dialog, [tabindex]")) {
      expect(element.dataset.lmSuppressShortcuts, element.className).toBe("true");
    }
    expect(press(canvas, "ArrowDown").defaultPrevented).toBe(true);
    expect(press(canvas, "Enter").defaultPrevented).toBe(true);
    expect(press(canvas, "Tab").defaultPrevented).toBe(false);
    expect(press(canvas, "b").defaultPrevented).toBe(false);
  });

  it("changes the numbers with the buttons and tells Python", () => {
    const [, row] = stage.all("[data-normalize]");
    row?.click();
    expect(stage.model.get("normalize")).toBe("row");
    expect(row?.getAttribute("aria-pressed")).toBe("true");
    expect(stage.text(".fl-key-most")).toBe("100%");
  });

  it("follows Python, and leaves out what does not exist", async () => {
    stage.model.set("selected_cells", [[2, 2], [99, 0], "x", [1], [0, 0.5], [-1, 0]]);
    stage.model.set("normalize", "column");
    await nextFrame();
    expect(canvas.dataset.selected).toBe("2,2");
    expect(stage.find(".fl-gallery").dataset.count).toBe(String(confusion.count(2, 2)));
    expect(stage.find("[data-normalize=column]").getAttribute("aria-pressed")).toBe("true");
  });
});
