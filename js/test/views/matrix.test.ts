// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { decode } from "../../src/ledger/decode.ts";
import { nextFrame } from "../fixtures/model.ts";
import { makePayload } from "../fixtures/payload.ts";
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

  it("selects a block by a drag, and the click that ends it selects nothing more", async () => {
    const from = cellPoint(canvas, 0, 0);
    const to = cellPoint(canvas, 1, 2);
    point(canvas, "pointerdown", from, { button: 0 });
    point(canvas, "pointermove", to, { buttons: 1 });
    point(canvas, "pointerup", to);
    point(canvas, "click", to);
    const wanted = [0, 1].flatMap((row) => [0, 1, 2].map((column) => [row, column] as [number, number]));
    expect(stage.model.get("selected_cells")).toEqual(wanted.filter((cell) => confusion.count(...cell) > 0));
    point(canvas, "click", from);
    expect(stage.model.get("selected_cells")).toEqual([[0, 0]]);
  });

  it("selects a block with Shift and arrows", () => {
    press(canvas, "Home", { ctrlKey: true });
    press(canvas, "ArrowRight", { shiftKey: true });
    press(canvas, "ArrowDown", { shiftKey: true });
    expect(stage.model.get("selected_cells")).toEqual(
      [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ].filter(([actual, predicted]) => confusion.count(actual as number, predicted as number) > 0),
    );
  });

  it("puts classes that are left over into one row that can be selected and opened", async () => {
    stage.model.set("top", 3);
    await nextFrame();
    expect(canvas.dataset.size).toBe("5");
    point(canvas, "pointermove", cellPoint(canvas, 3, 0));
    await nextFrame();
    expect(stage.text(".fl-tooltip-words")).toContain("“(other: 7 classes)” objects were called “car”");
    const count = Number(stage.find(".fl-tooltip").dataset.count);
    point(canvas, "click", cellPoint(canvas, 3, 0));
    expect(stage.find(".fl-gallery").dataset.count).toBe(String(count));
    stage.find(".fl-open-other").click();
    expect(stage.model.get("top")).toBeNull();
    await nextFrame();
    expect(canvas.dataset.size).toBe(String(TRAFFIC.length + 1));
  });

  it("says how many classes stand alone, also where Python asked for a number that is not offered", async () => {
    const names = Array.from({ length: 12 }, (_, at) => `class ${at}`);
    const asked = await mount(makePayload(names, []), { top: 3 });
    const choice = asked.find<HTMLSelectElement>(".fl-top");
    expect(choice.options[choice.selectedIndex]?.textContent).toBe("top 3 and (other)");
    asked.model.set("top", 10);
    expect(choice.value).toBe(" 10");
  });

  it("says what a choice of classes puts an end to", async () => {
    const names = Array.from({ length: 12 }, (_, at) => `class ${at}`);
    const asked = await mount(makePayload(names, []), { top: 3 });
    const note = asked.find(".fl-choice-note");
    expect(note.hidden).toBe(true);
    asked.find(".fl-pick").click();
    expect(asked.text(".fl-picked-count")).toBe("the first 3 of 12 classes alone");
    asked.find<HTMLInputElement>(".fl-class input").click();
    await nextFrame();
    expect(asked.model.get("top")).toBeNull();
    expect(note.hidden).toBe(false);
    expect(note.textContent).toBe("This ended the top 3.");
    expect(asked.text(".fl-picked-count")).toBe("11 classes alone");
    const choice = asked.find<HTMLSelectElement>(".fl-top");
    choice.value = " 10";
    choice.dispatchEvent(new Event("change"));
    await nextFrame();
    expect(asked.model.get("visible_classes")).toEqual([]);
    expect(note.textContent).toBe("This ended the picking of classes.");
    asked.find("[data-pick=all]").click();
    await nextFrame();
    expect(note.hidden).toBe(true);
  });

  it("finds classes by name and shows those that were picked", async () => {
    stage.find(".fl-pick").click();
    const search = stage.find<HTMLInputElement>(".fl-class-search");
    search.value = "C";
    search.dispatchEvent(new Event("input"));
    const found = stage.all(".fl-class").filter((label) => !label.hidden);
    expect(found.map((label) => label.textContent?.trim())).toEqual(TRAFFIC.filter((name) => name.includes("c")));
    stage.find("[data-pick=found]").click();
    const wanted = TRAFFIC.flatMap((name, index) => (name.includes("c") ? [index] : []));
    expect(stage.model.get("visible_classes")).toEqual(wanted);
    await nextFrame();
    expect(canvas.dataset.size).toBe(String(wanted.length + 2));
    stage.find("[data-pick=all]").click();
    expect(stage.model.get("visible_classes")).toEqual([]);
  });

  it("lists the pairs that are confused most, both ways together", () => {
    stage.find(".fl-confused").click();
    const first = stage.find(".fl-confused-list .fl-worst");
    const [one, other] = (first.dataset.pair ?? "").split(",").map(Number) as [number, number];
    expect(first.textContent).toContain(String(confusion.count(one, other) + confusion.count(other, one)));
    first.click();
    expect(stage.find(".fl-gallery").dataset.count).toBe(
      String(confusion.count(one, other) + confusion.count(other, one)),
    );
  });

  it("splits background by kind, and each kind brings its boxes", () => {
    const buttons = stage.all(".fl-split [data-kind]");
    expect(buttons.map(({ dataset }) => dataset.kind)).toEqual(["missed", "localisation", "duplicate", "background"]);
    const counts = buttons.map(({ textContent }) => Number.parseInt(textContent ?? "", 10));
    expect(counts[0]).toBe(confusion.columnSum[BACKGROUND]);
    expect((counts[1] ?? 0) + (counts[2] ?? 0) + (counts[3] ?? 0)).toBe(confusion.rowSum[BACKGROUND]);
    buttons[3]?.click();
    expect(stage.find(".fl-gallery").dataset.count).toBe(String(counts[3]));
    expect(stage.text(".fl-gallery-body .fl-heading")).toBe("Nothing there: pure background");
  });

  it("lists all keys on the question mark, and gives the focus back", async () => {
    canvas.focus();
    press(canvas, "?", { shiftKey: true });
    await nextFrame();
    const dialog = stage.find<HTMLDialogElement>(".fl-help-dialog");
    expect(dialog.open).toBe(true);
    expect(dialog.textContent).toContain("Shift + arrows, drag");
    dialog.close();
    expect(stage.all(".fl-help-dialog")).toHaveLength(0);
    expect(document.activeElement).toBe(canvas);
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
    expect(stage.text(".fl-live")).toMatch(/^actual truck, predicted bus, \d+, [\d.]+ percent of truck$/);
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
