/** Average precision of a part, counted as Python does: the fixtures are made by tests/front_end/recount.py. */
import { describe, expect, it } from "vitest";
import { canCountAP, countAP } from "../../src/ledger/average-precision.ts";
import { decode, type Ledger } from "../../src/ledger/decode.ts";
import { maskOf, readCases, type Setting } from "../fixtures/recount.ts";

function countPart(ledger: Ledger, setting: Setting): readonly (readonly (number | null)[])[] {
  const { map50, map50_95, classes } = countAP(ledger, maskOf(setting, ledger));
  const every = classes ?? [];
  return [[map50, map50_95], every.map(({ ap50 }) => ap50), every.map((row) => row.ap50_95)];
}

const cases = readCases().map(({ head, data, settings }) => ({ ledger: decode(head, data), settings }));

describe("average precision of a part", () => {
  it("is Python's in 200 datasets, of chosen frames and without single boxes", () => {
    let [compared, defined, refused] = [0, 0, 0];
    for (const [number, { ledger, settings }] of cases.entries()) {
      for (const setting of settings.filter(({ ap }) => ap)) {
        if (!canCountAP(ledger)) {
          refused += 1;
          continue;
        }
        const found = countPart(ledger, setting).flat();
        const expected = setting.ap?.flat() ?? [];
        expect(found).toHaveLength(expected.length);
        for (const [at, value] of expected.entries()) {
          const where = `dataset ${number}, ${JSON.stringify(setting.frames ?? setting.detections)}, number ${at}`;
          if (value === null || found[at] === null) expect(found[at], where).toBe(value);
          else expect(Math.abs((found[at] as number) - value), where).toBeLessThan(1e-12);
          defined += Number(value !== null);
        }
        compared += 1;
      }
    }
    expect(compared + refused).toBe(800);
    expect(compared).toBeGreaterThan(700);
    expect(defined).toBeGreaterThan(3000);
  });

  it("is not counted where Python does not say that it can be, nor with detections missing", () => {
    const { ledger } = cases.find(({ ledger }) => canCountAP(ledger)) as (typeof cases)[number];
    const { recount } = ledger.head;
    if (!recount) throw new Error("this ledger can be counted anew");
    const having = (patch: object) =>
      canCountAP({ ...ledger, head: { ...ledger.head, recount: { ...recount, ...patch } } });
    expect(having({})).toBe(true);
    expect(having({ average_precision: false })).toBe(false);
    expect(having({ average_precision: undefined })).toBe(false);
    expect(having({ below: 1 })).toBe(false);
    expect(canCountAP({ ...ledger, pairs: null })).toBe(false);
  });
});
