import { describe, expect, it } from "vitest";
import { csvCell, csvText, jsonText } from "../../src/panels/files.ts";

describe("tables to take away", () => {
  it.each(["=1+1", "+1", "-cat", "@sum", "\tx", "\rx"])("no spreadsheet takes %j for a formula", (name) => {
    expect(csvCell(name).replace(/^"/, "")).toMatch(/^'/);
  });

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
