// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Changes, History } from "../../src/ledger/schema.ts";
import { epochStatus } from "../../src/panels/epoch-status.ts";
import { makeHistory } from "../fixtures/payload.ts";
import { makeScenario } from "../fixtures/scenario.ts";
import { giveElementsWidth, mount, type Stage } from "../fixtures/stage.ts";

const CHANGES: Changes = {
  epoch: 5,
  base: 8,
  problem: "",
  fixed_count: 1,
  broken_count: 3,
  fixed: [0],
  broken: [1, 2, 99_999],
  cells: [{ actual: 0, predicted: 1, before: 4, after: 9 }],
  frames: [{ frame: 0, before: 1, after: 3 }],
};
const HISTORY: History = { ...makeHistory(12), best_epoch: 8, matrix_epoch: 5, saved_epochs: [5, 8], changes: CHANGES };

describe("which epoch the matrix shows", () => {
  const words = (change: Partial<History>, chosen: number | null, inPage = false) =>
    epochStatus({ ...HISTORY, ...change }, chosen, inPage).words;

  it("is always said", () => {
    expect(words({}, null)).toBe("The matrix shows epoch 5");
    expect(words({ matrix_epoch: 8 }, 8)).toBe("The matrix shows epoch 8 (best)");
    expect(words({ matrix_epoch: null, saved_epochs: [] }, 3)).toContain("not stated");
    expect(words({}, 6)).toBe("There are no predictions of epoch 6; the matrix shows epoch 5");
    expect(words({}, 8, true)).toContain("not stored in this page");
    expect(words({ epoch_problem: "b.json: file not found" }, 8)).toContain("Epoch 8: b.json: file not found");
    expect(epochStatus(HISTORY, 8, false).waiting).toBe(true);
  });
});

describe("what changed since the best epoch", () => {
  let stage: Stage;

  async function open(change: Partial<History> = {}): Promise<void> {
    stage = await mount(makeScenario({ history: { ...HISTORY, ...change } }), { view: "epochs" });
  }

  beforeEach(() => giveElementsWidth());
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
    document.body.replaceChildren();
  });

  it("brings the boxes gained and lost to the gallery", async () => {
    await open();
    const [gained, lost] = stage.all(".fl-change-buttons button") as HTMLButtonElement[];
    expect(gained?.textContent).toBe("1 object gained: now right");
    expect(lost?.textContent).toBe("3 objects lost: no longer right, the first 2");
    lost?.click();
    expect(stage.find(".fl-gallery").dataset.count).toBe("2");
  });

  it("leads to cells and frames", async () => {
    await open();
    expect(stage.text('[data-cell="0,1"]')).toBe("car called truck49+5");
    stage.find('[data-cell="0,1"] button').click();
    expect(stage.model.get("selected_cells")).toEqual([[0, 1]]);
    stage.find('[data-frame="0"] button').click();
    expect(Number(stage.find(".fl-gallery").dataset.count)).toBeGreaterThan(0);
    expect(stage.model.get("selected_cells")).toEqual([]);
  });

  it("lets the epoch be chosen without a chart", async () => {
    await open();
    const select = stage.find<HTMLSelectElement>(".fl-epoch-choice");
    expect(select.value).toBe("5");
    select.value = "8";
    select.dispatchEvent(new Event("change"));
    expect(stage.model.get("selected_epoch")).toBe(8);
    stage.model.set("selected_epoch", 6);
    expect(select.value).toBe("5");
  });

  it("says what stands in the way", async () => {
    await open({ changes: { ...CHANGES, problem: "b.json: file not found" } });
    expect(stage.text(".fl-epochs .fl-problem")).toContain("b.json: file not found");
  });

  it("has no panel where only one epoch is there", async () => {
    stage = await mount(makeScenario({ history: { ...HISTORY, saved_epochs: [5] } }));
    expect(stage.all('[role=tab][data-panel="epochs"]')).toHaveLength(0);
  });

  it("says in the header that Python is asked, and that it does not answer", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const mounted = mount(makeScenario({ history: HISTORY }));
    await vi.advanceTimersByTimeAsync(50);
    stage = await mounted;
    stage.model.set("selected_epoch", 8);
    expect(stage.text(".fl-epoch-status")).toBe("Reading the predictions of epoch 8 …");
    await vi.advanceTimersByTimeAsync(5000);
    expect(stage.text(".fl-epoch-status")).toBe("Python does not answer; the matrix still shows epoch 5");
  });
});
