import { describe, expect, it } from "vitest";
import { csvCell, csvText } from "../../src/panels/save.ts";

describe("tables to take away", () => {
  it.each(["=1+1", "+1", "-cat", "@sum", "\tx", "\rx"])("no spreadsheet takes %j for a formula", (name) => {
    expect(csvCell(name).replace(/^"/, "")).toMatch(/^'/);
  });

  it("numbers stay numbers and what is undefined stays empty", () => {
    expect([-1.5, 0, null, undefined, Number.NaN].map(csvCell)).toEqual(["-1.5", "0", "", "", ""]);
  });

  it("quotes commas, quotes and line breaks", () => {
    expect(csvCell('a,"b"\nc')).toBe('"a,""b""\nc"');
  });

  it("the settings stand first, one line each", () => {
    expect(csvText([["rules", "a\nb"]], [["x"], [1]])).toBe("# rules: a b\r\nx\r\n1\r\n");
  });
});
