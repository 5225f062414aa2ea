// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { decode } from "../../src/ledger/decode.ts";
import { type Marking, readMarks } from "../../src/ledger/marking.ts";
import { recount } from "../../src/ledger/recount.ts";
import { className } from "../../src/ledger/words.ts";
import { nextFrame } from "../fixtures/model.ts";
import type { Payload } from "../fixtures/payload.ts";
import { readCases } from "../fixtures/recount.ts";
import { giveElementsWidth, mount, press, type Stage } from "../fixtures/stage.ts";

const payload = readCases().find(
  ({ head }) => head.counts.detections > 25 && head.classes.length > 2 && head.counts.objects > 15,
) as Payload;
const ledger = decode(payload.head, payload.data);
const cell = ledger.confusion.worst(1)[0] as { actual: number; predicted: number };

beforeEach(giveElementsWidth);
afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

async function open(): Promise<Stage> {
  const stage = await mount(payload, { selected_cells: [[cell.actual, cell.predicted]] });
  await nextFrame();
  return stage;
}

const marksOf = (stage: Stage) => stage.model.get("marks") as Marking[];

describe("marks", () => {
  it("are made by key in the gallery, shown, and taken back", async () => {
    const stage = await open();
    const thumb = stage.find(".fl-thumb");
    press(thumb, "l");
    expect(marksOf(stage)).toHaveLength(1);
    expect(marksOf(stage)[0]?.mark).toBe("label error");
    expect(stage.text(".fl-badge")).toBe("label error");
    expect(stage.text("[data-marked='label error']")).toBe("1 label error");
    press(stage.find(".fl-thumb"), "h");
    expect(marksOf(stage).map(({ mark }) => mark)).toEqual(["hard"]);
    press(stage.find(".fl-thumb"), "H");
    expect(marksOf(stage)).toEqual([]);
    expect(stage.all(".fl-badge")).toEqual([]);
    press(stage.find(".fl-thumb"), "l", { ctrlKey: true });
    expect(marksOf(stage)).toEqual([]);
  });

  it("carry a note, which stays when the mark goes", async () => {
    const stage = await open();
    stage.find(".fl-thumb").click();
    const note = stage.find<HTMLInputElement>(".fl-note");
    note.value = " <b>two dogs</b> ";
    note.dispatchEvent(new Event("change", { bubbles: true }));
    expect(marksOf(stage)[0]).toMatchObject({ mark: "note", note: "<b>two dogs</b>" });
    press(note, "l");
    expect(marksOf(stage)[0]?.mark).toBe("note");
    press(stage.find("dialog.fl-frame"), "i");
    expect(marksOf(stage)[0]).toMatchObject({ mark: "ignore", note: "<b>two dogs</b>" });
    expect(stage.find(".fl-mark-bar [data-mark=ignore]").getAttribute("aria-pressed")).toBe("true");
    expect(stage.text(".fl-badge")).toBe("ignore: <b>two dogs</b>");
    stage.find(".fl-mark-bar [data-mark=ignore]").click();
    expect(marksOf(stage)[0]?.mark).toBe("note");
  });

  it("can be left out of every number", async () => {
    const stage = await open();
    press(stage.find(".fl-thumb"), "l");
    const [mark] = marksOf(stage);
    stage.find("[data-without='label error']").click();
    const mask = {
      objects: new Uint8Array(ledger.objects.frame.length),
      detections: new Uint8Array(ledger.detections.frame.length),
    };
    if (mark && mark.object >= 0) mask.objects[mark.object] = 1;
    if (mark && mark.detection >= 0) mask.detections[mark.detection] = 1;
    const { total } = recount(ledger, { ...ledger.head.operating_point, mask }).confusion;
    expect(total).toBe(ledger.confusion.total - 1);
    expect(stage.text(".fl-operating-point")).toContain("without 1 label error");
    expect(Number(stage.find(".fl-gallery").dataset.count)).toBe(
      ledger.confusion.count(cell.actual, cell.predicted) - 1,
    );
    stage.model.set("marks", []);
    expect(stage.text(".fl-operating-point")).toContain("without 0 label errors");
    stage.find("[data-without='label error']").click();
    expect(stage.text(".fl-operating-point")).not.toContain("without");
  });

  it("leave with other conditions, and the filter is shared with Python both ways", async () => {
    const stage = await open();
    press(stage.find(".fl-thumb"), "l");
    stage.find("[data-without='label error']").click();
    expect(stage.model.get("filter")).toEqual([{ without: ["label error"] }]);
    stage.model.set("filter", [
      { class: cell.actual },
      { without: ["label error"] },
      { class: -1 },
      { by: "no", slice: "" },
    ]);
    const name = className(ledger.head.classes, cell.actual);
    expect(stage.text(".fl-operating-point")).toContain(`${name}, without 1 label error`);
    stage.find("[data-without='label error']").click();
    expect(stage.model.get("filter")).toEqual([{ class: cell.actual }]);
    const others = ledger.objects.category.filter((own) => own !== cell.actual).length;
    expect(others).toBeGreaterThan(0);
    stage.find("[data-end-filter]").click();
    expect(stage.model.get("filter")).toEqual([]);
    expect(stage.text(".fl-counts")).toContain(`${ledger.objects.frame.length} objects`);
  });

  it("come from Python and are looked at together", async () => {
    const stage = await mount(payload, {
      marks: [
        { object: 0, detection: -1, mark: "hard", note: "" },
        { object: -1, detection: 1, mark: "hard", note: "x" },
      ],
    });
    stage.find("[data-marked=hard]").click();
    expect(stage.find(".fl-gallery").dataset.count).toBe("2");
  });

  it("that cannot be are not there", () => {
    const raw = [
      null,
      3,
      { object: 0, detection: -1, mark: "odd" },
      { object: 9e9, detection: 0, mark: "hard" },
      { mark: "hard" },
    ];
    expect(readMarks(raw, ledger)).toEqual([]);
    expect(readMarks("x", ledger)).toEqual([]);
  });
});
