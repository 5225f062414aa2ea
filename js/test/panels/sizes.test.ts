// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { nextFrame } from "../fixtures/model.ts";
import { readPanelCases } from "../fixtures/panels.ts";
import { giveElementsWidth, mount } from "../fixtures/stage.ts";

const payload = readPanelCases()[6] as ReturnType<typeof readPanelCases>[number];

beforeEach(giveElementsWidth);
afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

describe("ranges of sizes", () => {
  it("are edited on the page, shared with Python, refused where they are wrong, and set back", async () => {
    const stage = await mount(payload, { selected_panel: "slices" });
    await nextFrame();
    const labels = () => stage.all("tr[data-slice]").map(({ dataset }) => dataset.slice);
    const type = (row: number, id: string, value: string) => {
      const box = stage.all(`.fl-sizes [data-range=${id}]`)[row] as HTMLInputElement;
      box.value = value;
      box.dispatchEvent(new Event("change", { bubbles: true }));
    };
    expect(stage.model.get("size_ranges") ?? []).toEqual([]);
    stage.all(".fl-sizes [data-range=remove]")[2]?.click();
    stage.all(".fl-sizes [data-range=remove]")[1]?.click();
    type(0, "name", "everything");
    type(0, "high", "");
    await nextFrame();
    expect(labels()).toEqual(["everything"]);
    expect(stage.model.get("size_ranges")).toEqual([["everything", 0, 1e10]]);
    type(0, "low", "-1");
    expect(stage.text(".fl-sizes [role=status]")).toContain("two whole numbers");
    expect(stage.model.get("size_ranges")).toEqual([["everything", 0, 1e10]]);
    type(0, "low", "0");
    const high = stage.find<HTMLInputElement>(".fl-sizes [data-range=high]");
    vi.spyOn(high, "validity", "get").mockReturnValue({ badInput: true } as ValidityState);
    type(0, "high", "");
    expect(stage.text(".fl-sizes [role=status]")).toContain("two whole numbers");
    stage.find("[data-range=reset]").click();
    await nextFrame();
    expect(stage.model.get("size_ranges")).toEqual([]);
    expect(stage.all(".fl-sizes tbody tr").length).toBe(3);
    const names = () => stage.all(".fl-sizes [data-range=name]").map((box) => (box as HTMLInputElement).value);
    for (let time = 0; time < 3; time++) stage.find("[data-range=add]").click();
    stage.all(".fl-sizes [data-range=remove]")[3]?.click();
    stage.find("[data-range=add]").click();
    expect(names(), "a new range has a name that is free").toEqual([
      "small",
      "medium",
      "large",
      "range 5",
      "range 6",
      "range 7",
    ]);
    expect(stage.text(".fl-sizes [role=status]")).toBe("");
    (document.activeElement as HTMLElement | null)?.blur();
    stage.model.set("size_ranges", [
      ["a", 0, 400],
      ["b", 401, 1e10],
    ]);
    await nextFrame();
    expect(labels().every((label) => label === "a" || label === "b")).toBe(true);
    expect(stage.text(".fl-worst-slices")).not.toMatch(/size: (small|medium|large)/);
  });
});
