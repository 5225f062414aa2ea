// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ChecklistRow } from "../../src/ledger/schema.ts";
import { makeScenario } from "../fixtures/scenario.ts";
import { giveElementsWidth, mount, type Stage } from "../fixtures/stage.ts";

const ROW: ChecklistRow = {
  id: "over-fitting",
  title: "Validation loss turns up",
  verdict: "present",
  evidence: "val/box turns up at epoch 7",
  epochs: [[7, 12]],
  cells: [[0, 1]],
  classes: [2],
  cause: "Likely over-fitting.",
  remedy: "Stop earlier.",
  other_readings: ["The split changed."],
};

describe("the checklist", () => {
  let stage: Stage;

  async function open(rows: readonly ChecklistRow[]): Promise<void> {
    stage = await mount(makeScenario({ checklist: rows }), { view: "checklist" });
  }

  beforeEach(() => giveElementsWidth());
  afterEach(() => {
    vi.restoreAllMocks();
    document.body.replaceChildren();
  });

  it("shows what is present first and folds the rest", async () => {
    await open([{ ...ROW, id: "a", verdict: "absent" }, { ...ROW, id: "b", verdict: "cannot tell" }, ROW]);
    expect(stage.text(".fl-checklist-sum")).toBe("1 of 3 symptoms present");
    expect(stage.all(".fl-checklist > .fl-findings > .fl-finding").map((row) => row.dataset.rule)).toEqual([ROW.id]);
    const folded = stage.find<HTMLDetailsElement>(".fl-more-findings");
    expect(folded.open).toBe(false);
    expect(folded.querySelectorAll(".fl-finding")).toHaveLength(2);
    expect(stage.text(".fl-more-findings summary")).toBe("1 absent, 1 cannot be told");
  });

  it("says the verdict by a shape and a word, and all that the rule says", async () => {
    await open([ROW]);
    expect(stage.text(".fl-verdict")).toBe("▲ present");
    const text = stage.text(".fl-finding");
    for (const words of [ROW.evidence, ROW.cause, ROW.remedy, ...ROW.other_readings]) expect(text).toContain(words);
  });

  it("goes to the epoch, the cell and the class of its evidence", async () => {
    await open([ROW]);
    const button = (kind: string) => stage.find<HTMLButtonElement>(`[data-place="${kind}"]`);
    expect(button("epoch").textContent).toBe("epochs 7 to 12");
    button("epoch").click();
    expect(stage.model.get("selected_epoch")).toBe(7);
    expect(button("cell").textContent).toBe("car called truck");
    button("cell").click();
    expect(stage.model.get("selected_cells")).toEqual([[0, 1]]);
    button("class").click();
    const cells = stage.model.get("selected_cells") as [number, number][];
    expect(cells.length).toBeGreaterThan(0);
    expect(cells.every(([actual]) => actual === 2)).toBe(true);
  });

  it("shows what a stranger wrote as text", async () => {
    await open([{ ...ROW, title: "<img src=x onerror=alert(1)>", evidence: "</script><b>" }]);
    expect(stage.all("img, b")).toHaveLength(0);
    expect(stage.text(".fl-evidence")).toBe("</script><b>");
  });

  it("has no panel where there is nothing to say", async () => {
    stage = await mount(makeScenario({ checklist: [] }));
    expect(stage.all('[role=tab][data-panel="checklist"]')).toHaveLength(0);
  });
});
