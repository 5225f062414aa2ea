/** The page counts as Python does: the fixtures are made by tests/front_end/recount.py. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { decode, type Ledger } from "../../src/ledger/decode.ts";
import { type Counted, countOver, recount } from "../../src/ledger/recount.ts";
import { maskOf, readCases, type Setting } from "../fixtures/recount.ts";

function countAt(ledger: Ledger, setting: Setting): Counted {
  const { confidence, iou, pairing, perClass } = setting;
  return recount(ledger, {
    confidence,
    iou,
    pairing,
    perClass: perClass ? new Map(perClass) : null,
    mask: maskOf(setting, ledger),
  });
}

function digest({ confusion, ignoredObjects, ignoredDetections }: Counted): string {
  const { object, detection } = confusion.examples;
  const rows = Array.from(object, (thing, row) => [...confusion.cellOf(row), thing, detection[row] as number]);
  const numbers = Int32Array.from([...rows.flat(), ignoredObjects, ignoredDetections]);
  return createHash("sha256").update(numbers).digest("hex").slice(0, 12);
}

const cases = readCases().map(({ head, data, settings }) => ({ ledger: decode(head, data), settings }));

describe("counting anew", () => {
  it("gives Python's matrix, examples and their order in 200 datasets at 20 settings", () => {
    let compared = 0;
    for (const [number, { ledger, settings }] of cases.entries()) {
      for (const setting of settings) {
        const where = `dataset ${number}: ${JSON.stringify(setting)}`;
        expect(digest(countAt(ledger, setting)), where).toBe(setting.digest);
        compared += 1;
      }
    }
    expect(compared).toBe(4000);
  });

  it("gives Python's mean rates", () => {
    let compared = 0;
    for (const { ledger, settings } of cases) {
      for (const setting of settings.filter(({ rates }) => rates)) {
        const { precision, recall, f1 } = countAt(ledger, setting).scores.macro;
        for (const [index, value] of [precision, recall, f1].entries()) {
          const expected = setting.rates?.[index];
          if (expected === null || value === null) expect(value).toBe(expected);
          else expect(value).toBeCloseTo(expected as number, 12);
          compared += 1;
        }
      }
    }
    expect(compared).toBeGreaterThan(1000);
  });

  it("gives the matrix of the payload at its own operating point, with its IoUs", () => {
    for (const { ledger } of cases) {
      const { confidence, iou } = ledger.head.operating_point;
      const { confusion } = recount(ledger, { confidence, iou });
      expect(confusion.cells).toEqual(ledger.confusion.cells);
      expect(confusion.examples.object).toEqual(ledger.confusion.examples.object);
      expect(confusion.examples.detection).toEqual(ledger.confusion.examples.detection);
      for (const [row, value] of confusion.examples.iou.entries()) {
        expect(value).toBeCloseTo(ledger.confusion.examples.iou[row] as number, 5);
      }
    }
  });

  it("refuses an IoU between the steps, and a ledger without pairs", () => {
    const { ledger } = cases[1] as (typeof cases)[number];
    expect(() => recount(ledger, { confidence: null, iou: 0.505 })).toThrow("none of the steps");
    expect(() => recount({ ...ledger, pairs: null }, { confidence: null, iou: 0.5 })).toThrow("cannot be counted");
  });

  it("takes a score that is the confidence to be over it", () => {
    expect(countOver(Float64Array.of(0.9, 0.5, 0.5, 0.1), 0.5)).toBe(3);
    expect(countOver(Float64Array.of(0.9, 0.5, 0.5, 0.1), 0.50000001)).toBe(1);
    expect(countOver(Float64Array.of(0.9), null)).toBe(1);
    expect(countOver(new Float64Array(), 0.5)).toBe(0);
  });
});
