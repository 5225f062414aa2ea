import { describe, expect, it } from "vitest";
import { edgeOf, hit, labelled, layoutMatrix, offsetOf } from "../../src/draw/layout.ts";

const SIZES = [1, 2, 3, 5, 11, 21, 81, 366, 1204];
const WIDTHS = [240, 320, 480, 640, 1000, 2400];
const cases = SIZES.flatMap((size) => WIDTHS.map((width) => ({ size, width })));
const layoutOf = (size: number, width: number, label = 80) =>
  layoutMatrix({ size, width, rowLabel: label, columnLabel: label });

describe("matrix layout", () => {
  it.each(cases)("fits $size rows into $width pixels", ({ size, width }) => {
    const layout = layoutOf(size, width);
    expect(layout.width).toBeLessThanOrEqual(width + 1);
    expect(layout.cell).toBeGreaterThan(0);
    expect(layout.left + layout.extent).toBeLessThanOrEqual(layout.width);
    expect(layout.rowLabel).toBeLessThanOrEqual(80);
  });

  it.each(cases)("finds the cell under its own middle ($size, $width)", ({ size, width }) => {
    const layout = layoutOf(size, width);
    const middle = (index: number) => offsetOf(layout, index) + edgeOf(layout, index) / 2;
    for (const row of new Set([0, 1, size >> 1, size - 2, size - 1].filter((index) => index >= 0 && index < size))) {
      for (const column of new Set([0, size >> 1, size - 1])) {
        expect(hit(layout, layout.left + middle(column), layout.top + middle(row))).toEqual([row, column]);
      }
    }
  });

  it("hits nothing on labels, in the gap before background, or beyond the grid", () => {
    const layout = layoutOf(11, 640);
    const inside = layout.top + 5;
    expect(hit(layout, layout.left - 1, inside)).toBeNull();
    expect(hit(layout, layout.left + 5, layout.top - 1)).toBeNull();
    expect(hit(layout, layout.left + 10 * layout.cell + 1, inside)).toBeNull();
    expect(hit(layout, layout.left + layout.extent, inside)).toBeNull();
  });

  it("uses whole pixels while a cell has three of them", () => {
    expect(Number.isInteger(layoutOf(21, 640).cell)).toBe(true);
    expect(layoutOf(1204, 640).cell).toBeLessThan(1);
  });

  it("keeps background thick enough to be seen and hit", () => {
    expect(layoutOf(1204, 640).lastCell).toBe(8);
    expect(layoutOf(11, 640).lastCell).toBe(layoutOf(11, 640).cell);
  });

  it.each(SIZES)("labels background and never two rows closer than a line (%i)", (size) => {
    const layout = layoutOf(size, 640);
    const rows = labelled(layout);
    expect(rows.at(-1)).toBe(size - 1);
    const classes = rows.slice(0, -1);
    for (const [index, row] of classes.slice(1).entries()) {
      expect(offsetOf(layout, row) - offsetOf(layout, classes[index] as number)).toBeGreaterThanOrEqual(11.9);
    }
  });
});
