import { describe, expect, it } from "vitest";
import { ticks } from "../../src/panels/ticks.ts";

describe("ticks", () => {
  it.each([
    [0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [0, 0.3, 3, [0, 0.1, 0.2, 0.3]],
    [1, 30, 6, [5, 10, 15, 20, 25, 30]],
    [-2, 4, 6, [-2, -1, 0, 1, 2, 3, 4]],
    [0, 3.4e-7, 3, [0, 1e-7, 2e-7, 3e-7]],
  ])("from %d to %d", (low, high, wanted, expected) => expect(ticks(low, high, wanted)).toEqual(expected));

  it("lie inside the range, rise, and are neither too few nor too many", () => {
    for (let span = 1e-6; span < 1e7; span *= 1.37) {
      for (const low of [0, -span / 3, span / 7]) {
        const found = ticks(low, low + span, 5);
        expect(found.length).toBeGreaterThanOrEqual(2);
        expect(found.length).toBeLessThanOrEqual(9);
        expect(found[0]).toBeGreaterThanOrEqual(low - span * 1e-6);
        expect(found.at(-1)).toBeLessThanOrEqual(low + span * (1 + 1e-6));
        for (const [index, tick] of found.slice(1).entries()) expect(tick).toBeGreaterThan(found[index] as number);
      }
    }
  });

  it("have no tail of rounding", () => {
    for (const tick of ticks(0, 1, 10)) expect(String(tick).length).toBeLessThanOrEqual(3);
  });

  it("of no range are its one value", () => {
    expect(ticks(3, 3, 5)).toEqual([3]);
    expect(ticks(0, Number.NaN, 5)).toEqual([0]);
    expect(ticks(0, Number.POSITIVE_INFINITY, 5)).toEqual([0]);
  });
});
