// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { decode } from "../../src/ledger/decode.ts";
import { recount } from "../../src/ledger/recount.ts";
import { tabbed } from "../../src/panels/export.ts";
import { csvCell, csvText, jsonText } from "../../src/panels/files.ts";
import { nextFrame, settle } from "../fixtures/model.ts";
import { readPanelCases } from "../fixtures/panels.ts";
import { CARDS } from "../fixtures/scenario.ts";
import { catchFiles, giveElementsWidth, mount } from "../fixtures/stage.ts";

beforeEach(giveElementsWidth);
afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

describe("tables to take away", () => {
  it.each(["=1+1", " @SUM(A1)", "+1", "-cat", "@sum", "\tx", "\rx"])(
    "no spreadsheet takes %j for a formula",
    (name) => {
      expect(csvCell(name).replace(/^"/, "")).toMatch(/^'/);
    },
  );

  it("numbers stay numbers and what is undefined stays empty", () => {
    expect([-1.5, 0, null, Number.NaN].map(csvCell)).toEqual(["-1.5", "0", "", ""]);
  });

  it("quotes commas, quotes and line breaks", () => {
    expect(csvCell('a,"b"\nc')).toBe('"a,""b""\nc"');
  });

  it("what a stranger called a file cannot become a formula in the settings either", () => {
    expect(csvText([["truth", "a,=1+1;@b"]], { columns: [], rows: [] })).toContain("# truth: a,'=1+1;'@b");
    expect([csvCell("a;=1"), csvCell("\uff1d1")]).toEqual(['"a;=1"', "'\uff1d1"]);
  });

  it("JSON names every column and has null for what is undefined", () => {
    const table = {
      columns: ["class", "ap50"],
      rows: [
        ["=cat", Number.NaN],
        ["dog", 0.5],
      ],
    };
    expect(JSON.parse(jsonText([["rules", "coco"]], table))).toEqual({
      stamp: { rules: "coco" },
      rows: [
        { class: "=cat", ap50: null },
        { class: "dog", ap50: 0.5 },
      ],
    });
  });

  it("the settings stand first, one line each", () => {
    expect(csvText([["rules", "a\nb"]], { columns: ["x"], rows: [[1]] })).toBe("# rules: a b\r\nx\r\n1\r\n");
  });
});

describe("the clipboard", () => {
  it("takes the same care of formulas as a file", () => {
    const names = ["-2+3+cmd|' /C calc'!A0", "\uff1d1", "=1", "a\tb"];
    const [, row] = tabbed({ columns: ["a", "b", "c", "d", "e"], rows: [[...names, -1.5]] }).split("\n");
    expect(row?.split("\t")).toEqual([`'${names[0]}`, "'\uff1d1", "'=1", "a b", "-1.5"]);
  });
});

describe("the panel", () => {
  const payload = readPanelCases()[6] as ReturnType<typeof readPanelCases>[number];

  it("writes the numbers of the cards at the point that it names", async () => {
    const files = catchFiles();
    const given = { ...payload, head: { ...payload.head, cards: CARDS } };
    const stage = await mount(given, { selected_panel: "save", confidence: 0.7 });
    stage.find('[data-save="numbers"]').click();
    await settle();
    const found = JSON.parse((await files.at(-1)?.text()) ?? "");
    expect(found.operating_point.confidence).toBe(0.7);
    const ledger = decode(payload.head, payload.data);
    const { scores } = recount(ledger, { confidence: 0.7, iou: payload.head.operating_point.iou });
    const card = (id: string) => found.cards.find((one: { id: string }) => one.id === id);
    expect(card("recall").value).toBe(scores.macro.recall);
    expect(card("recall").rule).toContain("at confidence 0.7");
    const detections = scores.classes.map((row) => row.detections);
    expect(found.per_class.map((row: { detections: number }) => row.detections)).toEqual(detections);
  });

  it("keeps the view once the kernel has what was changed before", async () => {
    const stage = await mount(payload, { selected_panel: "save" });
    await nextFrame();
    stage.find('[data-save="freeze"]').click();
    const asked = (op: string) => stage.model.sent.filter((one) => one.op === op);
    expect(asked("freeze")).toEqual([]);
    stage.model.answer(asked("ping")[0]?.id as number, {});
    await settle();
    expect(asked("freeze")).toHaveLength(1);
  });
});
