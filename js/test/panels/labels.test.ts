// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Marking } from "../../src/ledger/marking.ts";
import { nextFrame } from "../fixtures/model.ts";
import { readPanelCases } from "../fixtures/panels.ts";
import { eventually, giveElementsWidth, mount, press, type Stage } from "../fixtures/stage.ts";

const payload = readPanelCases().find(({ issues }) => issues.length > 3) as ReturnType<typeof readPanelCases>[number];

beforeEach(giveElementsWidth);
afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

async function open(): Promise<Stage> {
  const stage = await mount(payload, { selected_panel: "labels" });
  await nextFrame();
  return stage;
}

const marksOf = (stage: Stage) => stage.model.get("marks") as Marking[];
const rows = (stage: Stage) => stage.all(".fl-labels tr[data-issue]");

describe("suspected labels", () => {
  it("are marked by button and by key where they stand, and keep their place", async () => {
    const stage = await open();
    const [first, second] = rows(stage) as [HTMLElement, HTMLElement];
    first.querySelector<HTMLElement>('[data-mark="label error"]')?.click();
    expect(marksOf(stage)).toEqual([
      { object: payload.issues[0]?.[1], detection: payload.issues[0]?.[2], mark: "label error", note: "" },
    ]);
    expect(first.querySelector('[aria-pressed="true"]')?.textContent).toBe("Label error");
    first.querySelector<HTMLElement>("[data-bring]")?.focus();
    press(document.activeElement as HTMLElement, "ArrowDown");
    expect(second.contains(document.activeElement)).toBe(true);
    press(document.activeElement as HTMLElement, "h");
    expect(marksOf(stage).map(({ mark }) => mark)).toEqual(["label error", "hard"]);
    press(document.activeElement as HTMLElement, "n");
    const note = document.activeElement as HTMLInputElement;
    expect(note.matches("input")).toBe(true);
    press(note, "i");
    expect(marksOf(stage).map(({ mark }) => mark)).toEqual(["label error", "hard"]);
    note.value = "too dark";
    note.dispatchEvent(new Event("change", { bubbles: true }));
    expect(marksOf(stage)[1]).toMatchObject({ mark: "hard", note: "too dark" });
    expect(stage.text(".fl-triaged")).toBe(`2 of ${payload.issues.length} marked`);
  });

  it("are listed by what was said of them, and the score without them is said and counted", async () => {
    const stage = await open();
    rows(stage)[0]?.querySelector<HTMLElement>('[data-mark="label error"]')?.click();
    const triage = stage.find<HTMLSelectElement>(".fl-triage");
    const count = rows(stage).length;
    triage.value = "open";
    triage.dispatchEvent(new Event("change", { bubbles: true }));
    expect(rows(stage).length).toBe(count - 1);
    await eventually(() => expect(stage.text(".fl-without")).toContain("Without 1 label error at the same confidence"));
    const line = stage.find(".fl-without");
    line.querySelector("button")?.click();
    await nextFrame();
    expect(stage.text(".fl-filter-bar")).toContain("without 1 label error");
    await eventually(() => expect(line.querySelector("button")?.getAttribute("aria-pressed")).toBe("true"));
    triage.value = "marked";
    triage.dispatchEvent(new Event("change", { bubbles: true }));
    expect(rows(stage).length).toBe(1);
  });
});
