// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type BandRow, bandProblem, readBands } from "../../src/ledger/bands.ts";
import type { Head } from "../../src/ledger/schema.ts";
import { className } from "../../src/ledger/words.ts";
import { settle } from "../fixtures/model.ts";
import { CARDS, makeScenario } from "../fixtures/scenario.ts";
import { giveElementsWidth, mount, press, type Stage } from "../fixtures/stage.ts";

const payload = makeScenario({ cards: CARDS.map((card) => ({ ...card, usual: card.band })) });
const classes = payload.head.classes;
const bandsOf = (stage: Stage) => stage.model.get("bands") as BandRow[];

beforeEach(giveElementsWidth);
afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

async function open(): Promise<Stage> {
  const stage = await mount(payload, { bands: [] });
  stage.find("[data-card=recall] .fl-band-edit").focus();
  stage.find("[data-card=recall] .fl-band-edit").click();
  await settle();
  return stage;
}

function write(stage: Stage, low: string, high: string, reason = ""): void {
  for (const [name, text] of Object.entries({ low, high, reason })) {
    stage.find<HTMLInputElement>(`[data-band=${name}]`).value = text;
  }
  press(stage.find("[data-band=high]"), "Enter");
}

describe("the bands of good values", () => {
  it("are set with a reason, shown on the card, undone and taken away", async () => {
    const stage = await open();
    expect(stage.find<HTMLInputElement>("[data-band=low]").value).toBe("0.9");
    expect(stage.find<HTMLButtonElement>(".fl-band-undo").disabled).toBe(true);
    write(stage, "", "0.01", " <b>drafts</b> ");
    const row = { card: "recall", class: null, low: null, high: 0.01, reason: "<b>drafts</b>" };
    expect(bandsOf(stage)).toEqual([row]);
    expect(stage.find(".fl-card[data-card=recall]").dataset.verdict).toBe("above");
    expect(stage.text(".fl-card[data-card=recall] .fl-card-reason")).toBe("<b>drafts</b>");
    write(stage, "0.2", "0.8");
    expect(stage.text(".fl-card[data-card=recall] .fl-band-edit")).toBe("good: 0.2–0.8");
    stage.find(".fl-band-undo").click();
    expect(bandsOf(stage)).toEqual([row]);
    stage.find(".fl-band-reset").click();
    expect(bandsOf(stage)).toEqual([]);
    expect(stage.text(".fl-band-list")).toContain("the default is good: > 0.9");
  });

  it("are set for one class", async () => {
    const stage = await open();
    const whose = stage.find<HTMLSelectElement>(".fl-band-class");
    whose.value = "1";
    whose.dispatchEvent(new Event("change"));
    expect(stage.find<HTMLInputElement>("[data-band=low]").value).toBe("");
    write(stage, "0.3", "");
    expect(bandsOf(stage)).toEqual([{ card: "recall", class: 1, low: 0.3, high: null, reason: "" }]);
    expect(stage.text(".fl-band-list")).toContain(`${className(classes, 1)} good: > 0.3`);
    expect(stage.text(".fl-card[data-card=recall] .fl-band-edit")).toBe("good: > 0.9");
  });

  it.each([
    ["", "", "at least one end"],
    ["0.9", "0.8", "must go up"],
    ["1", "", "must go up"],
    ["-1", "0.5", "from 0 to 1"],
  ])("from %j to %j are not: %s", async (low, high, words) => {
    const stage = await open();
    write(stage, low, high);
    expect(stage.text(".fl-band-said")).toContain(words);
    expect(bandsOf(stage)).toEqual([]);
  });

  it("come from Python, and the dialog leaves nothing behind", async () => {
    const stage = await open();
    stage.model.set("bands", [
      { card: "recall", class: null, low: 0.4, high: null, reason: "" },
      { card: "recall", class: 99, low: 0.4, high: null, reason: "" },
      { card: "__proto__", class: null, low: 0.4, high: null, reason: "" },
      { card: "precision", class: null, low: Number.NaN, high: null, reason: "" },
      null,
    ] as never);
    expect(stage.text(".fl-card[data-card=recall] .fl-band-edit")).toBe("good: > 0.4");
    expect(stage.all(".fl-band-list li").length).toBe(1);
    const dialog = stage.find<HTMLDialogElement>(".fl-band-dialog");
    dialog.dispatchEvent(new Event("close"));
    expect(stage.all(".fl-band-dialog")).toEqual([]);
    expect((document.activeElement as HTMLElement).closest<HTMLElement>(".fl-card")?.dataset.card).toBe("recall");
  });

  it("stay where a text that is selected ends outside the dialog; a click beside it closes it", async () => {
    const stage = await open();
    const dialog = stage.find<HTMLDialogElement>(".fl-band-dialog");
    const down = (target: Element) => target.dispatchEvent(new Event("pointerdown", { bubbles: true }));
    down(stage.find("[data-band=reason]"));
    dialog.click();
    expect(stage.all(".fl-band-dialog")).toEqual([dialog]);
    down(dialog);
    dialog.click();
    expect(stage.all(".fl-band-dialog")).toEqual([]);
  });

  it("of a page without a model are those of the head", () => {
    const cards = [{ id: "recall", band: [0.5, null], usual: [0.9, null], reason: "" }, { id: "map50", band: [0.85, 0.95], usual: [0.85, 0.95] }]; // biome-ignore format: rows
    const class_bands = [{ class: 0, field: "ap50", band: [0.1, null], reason: "why" }];
    expect(readBands(undefined, { head: { cards, class_bands, classes } as unknown as Head })).toEqual([
      { card: "recall", class: null, low: 0.5, high: null, reason: "" },
      { card: "map50", class: 0, low: 0.1, high: null, reason: "why" },
    ]);
    expect(bandProblem(0.5, null)).toBe("");
  });
});
