import { describe, expect, it } from "vitest";
import { Confusion } from "../../src/ledger/confusion.ts";
import { decode } from "../../src/ledger/decode.ts";
import { makeScenario } from "../fixtures/scenario.ts";

const { head, data } = makeScenario();
const { confusion } = decode(head, data);

describe("Confusion", () => {
  it("sums rows and columns to the same total", () => {
    const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
    expect(sum(confusion.rowSum)).toBe(confusion.total);
    expect(sum(confusion.columnSum)).toBe(confusion.total);
  });

  it("counts a cell as many times as a click brings examples", () => {
    for (let actual = 0; actual < confusion.size; actual++) {
      for (let predicted = 0; predicted < confusion.size; predicted++) {
        const rows = confusion.examplesOf([[actual, predicted]]);
        expect(rows.length).toBe(confusion.count(actual, predicted));
        for (const row of rows) expect(confusion.cellOf(row)).toEqual([actual, predicted]);
      }
    }
  });

  it("puts every example into exactly one cell", () => {
    const pairs = Array.from(
      { length: confusion.size ** 2 },
      (_, key) => [Math.floor(key / confusion.size), key % confusion.size] as const,
    );
    const rows = confusion.examplesOf(pairs);
    expect(new Set(rows).size).toBe(confusion.total);
  });

  it("brings several cells in the order they were chosen", () => {
    const rows = confusion.examplesOf([
      [0, confusion.background],
      [0, 1],
    ]);
    const first = confusion.count(0, confusion.background);
    expect(confusion.cellOf(rows[0] as number)).toEqual([0, confusion.background]);
    expect(confusion.cellOf(rows[first] as number)).toEqual([0, 1]);
  });

  it("finds nothing outside the matrix", () => {
    expect(confusion.count(-1, 0)).toBe(0);
    expect(confusion.count(99, 99)).toBe(0);
    expect(confusion.examplesOf([[99, 0]])).toHaveLength(0);
  });

  it("lists the largest errors and never the diagonal", () => {
    const worst = confusion.worst(5);
    expect(worst).toHaveLength(5);
    expect(worst.every(({ actual, predicted }) => actual !== predicted)).toBe(true);
    const counts = worst.map(({ count }) => count);
    expect(counts).toEqual([...counts].sort((one, other) => other - one));
  });

  it("knows an empty matrix", () => {
    const none = new Int32Array();
    const cells = { actual: none, predicted: none, start: new Int32Array([0]) };
    const empty = new Confusion(3, cells, { object: none, detection: none, iou: new Float32Array() });
    expect([empty.total, empty.max, empty.length]).toEqual([0, 0, 0]);
    expect(empty.worst(3)).toEqual([]);
    expect(empty.count(0, 0)).toBe(0);
  });

  it("counts more than it has examples of where the payload says so", () => {
    const of = (values: number[]) => Int32Array.from(values);
    const examples = { object: of([4, 7]), detection: of([1, -1]), iou: Float32Array.from([0.5, -1]) };
    const cells = { actual: of([0, 0, 1]), predicted: of([0, 2, 1]), start: of([0, 0, 2, 2]), count: of([9, 5, 1]) };
    const partial = new Confusion(3, cells, examples);
    expect([partial.count(0, 0), partial.count(0, 2), partial.total, partial.max]).toEqual([9, 5, 15, 9]);
    expect([...partial.rowSum]).toEqual([14, 1, 0]);
    expect(partial.examplesOf([[0, 0]])).toHaveLength(0);
    expect([...partial.examplesOf([[0, 2]])]).toEqual([0, 1]);
    expect([0, 1].map((example) => partial.cellOf(example))).toEqual([
      [0, 2],
      [0, 2],
    ]);
    expect(() => new Confusion(3, { ...cells, count: of([9, 1, 1]) }, examples)).toThrow("cell 1 is empty");
    expect(() => new Confusion(3, { ...cells, count: of([0, 5, 1]) }, examples)).toThrow("cell 0 is empty");
  });
});
