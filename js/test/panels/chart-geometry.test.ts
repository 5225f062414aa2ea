import { describe, expect, it } from "vitest";
import { layoutChart, linePath, lonely, nearestEpoch, valueTicks } from "../../src/panels/chart-geometry.ts";

describe("chart", () => {
  const epochs = [1, 2, 3, 4, 5];

  it("leaves a gap where a value is undefined", () => {
    const values = [0.1, 0.2, null, 0.4, 0.5];
    const path = linePath(layoutChart(400, 200, epochs, [values]), epochs, values);
    expect(path.match(/M/g)).toHaveLength(2);
    expect(path.match(/L/g)).toHaveLength(2);
    expect(path).not.toMatch(/NaN|Infinity|null/);
  });

  it("draws nothing for a series without values", () => {
    const values = [null, null, null, null, null];
    expect(linePath(layoutChart(400, 200, epochs, [values]), epochs, values)).toBe("");
  });

  it("marks values that no line reaches", () => {
    expect(lonely([0.1, null, 0.2, null, 0.3, 0.4])).toEqual([0, 2]);
    expect(lonely([null, null])).toEqual([]);
    expect(lonely([0])).toEqual([0]);
  });

  it.each([
    [[], [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [[null], [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [[0], [0, 1]],
    [
      [0.3, 0.83],
      [0, 0.2, 0.4, 0.6, 0.8, 1],
    ],
    [[1], [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [
      [-2, 4],
      [-2, -1, 0, 1, 2, 3, 4],
    ],
    [[3.06], [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5]],
    [
      [-0.3, 0.05],
      [-0.3, -0.2, -0.1, 0, 0.1],
    ],
  ])("covers %j with round values", (values, expected) => {
    const found = valueTicks(values);
    expect(found).toHaveLength(expected.length);
    for (const [index, tick] of found.entries()) expect(tick).toBeCloseTo(expected[index] as number, 12);
  });

  it("keeps every value inside the plot", () => {
    for (let top = 0.001; top < 1e6; top *= 3.7) {
      const layout = layoutChart(400, 200, epochs, [[0, top / 3, top]]);
      for (const value of [0, top / 3, top]) {
        expect(layout.y(value)).toBeGreaterThanOrEqual(layout.top - 1e-6);
        expect(layout.y(value)).toBeLessThanOrEqual(layout.bottom + 1e-6);
      }
    }
  });

  it("labels epochs with whole numbers only", () => {
    for (const last of [1, 2, 3, 7, 30, 300, 1000]) {
      const layout = layoutChart(500, 200, [1, last], [[1]]);
      expect(layout.xTicks.length).toBeGreaterThan(0);
      expect(layout.xTicks.every(Number.isInteger)).toBe(true);
    }
  });

  it("finds the epoch nearest to the pointer, also with holes between epochs", () => {
    const sparse = [1, 2, 10, 50];
    const layout = layoutChart(500, 200, sparse, [[1]]);
    for (const [index, epoch] of sparse.entries()) expect(nearestEpoch(layout, sparse, layout.x(epoch))).toBe(index);
    expect(nearestEpoch(layout, sparse, -100)).toBe(0);
    expect(nearestEpoch(layout, sparse, 9999)).toBe(3);
    expect(nearestEpoch(layout, [], 3)).toBe(-1);
  });
});
