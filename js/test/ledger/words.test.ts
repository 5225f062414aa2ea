import { describe, expect, it } from "vitest";
import { decode } from "../../src/ledger/decode.ts";
import {
  fraction,
  integer,
  intervalWords,
  printable,
  selectionTitle,
  sentence,
  share,
  spoken,
  wilson,
} from "../../src/ledger/words.ts";
import { HOSTILE } from "../fixtures/hostile.ts";
import { examplesOf, makePayload } from "../fixtures/payload.ts";
import { makeScenario } from "../fixtures/scenario.ts";

function of(classes: readonly string[], cells: readonly [actual: number, predicted: number, count: number][]) {
  const { head, data } = makePayload(classes, examplesOf(cells));
  const { confusion } = decode(head, data);
  return (actual: number, predicted: number) => sentence(confusion, classes, actual, predicted);
}

describe("sentence", () => {
  const say = of(
    ["truck", "car", "dog", "cat"],
    [
      [0, 0, 375],
      [0, 1, 37],
      [2, 4, 12],
      [2, 2, 28],
      [4, 3, 9],
      [3, 3, 1],
    ],
  );

  it.each([
    [0, 1, "37 of 412 “truck” objects were called “car”"],
    [0, 0, "375 of 412 “truck” objects were found and called “truck”"],
    [2, 4, "12 of 40 “dog” objects were not detected"],
    [4, 3, "9 of 10 “cat” detections are where no object is"],
    [3, 3, "1 of 1 “cat” object was found and called “cat”"],
    [3, 4, "0 of 1 “cat” object was not detected"],
    [1, 0, "There is no “car” object"],
    [4, 2, "0 of 28 “dog” detections are where no object is"],
    [4, 4, "Nothing can stand here: no object and no detection"],
  ])("of cell %i, %i", (actual, predicted, words) => {
    expect(say(actual, predicted)).toBe(words);
  });

  it("says when a class was never predicted", () => {
    expect(of(["a", "b"], [[0, 2, 3]])(2, 1)).toBe("Nothing was called “b”");
  });

  it("uses the singular for one of many", () => {
    const one = of(
      ["a", "b"],
      [
        [0, 1, 1],
        [0, 0, 4],
        [2, 0, 1],
      ],
    );
    expect(one(0, 1)).toBe("1 of 5 “a” objects was called “b”");
    expect(one(2, 0)).toBe("1 of 5 “a” detections is where no object is");
  });

  it("holds the count of every cell on one line, whatever the names", () => {
    const { head, data } = makeScenario({}, HOSTILE, 4000);
    const { confusion } = decode(head, data);
    for (let actual = 0; actual < confusion.size; actual++) {
      for (let predicted = 0; predicted < confusion.size; predicted++) {
        const words = sentence(confusion, head.classes, actual, predicted);
        expect(words).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]|undefined|NaN/u);
        expect(words.length).toBeLessThan(220);
        if (confusion.count(actual, predicted) > 0)
          expect(words).toContain(integer(confusion.count(actual, predicted)));
      }
    }
  });
});

describe("share", () => {
  it.each([
    [0, 0, "n/a"],
    [0, 7, "0.0%"],
    [7, 7, "100%"],
    [37, 412, "9.0%"],
    [1, 100000, "<0.1%"],
    [99999, 100000, ">99.9%"],
    [1, 3, "33.3%"],
  ])("%i of %i", (part, whole, words) => expect(share(part, whole)).toBe(words));

  it("says all only of all and none only of none", () => {
    for (let whole = 1; whole < 3000; whole += 7) {
      for (const part of [0, 1, whole >> 1, whole - 1, whole]) {
        expect(share(part, whole) === "100%").toBe(part === whole);
        expect(share(part, whole) === "0.0%").toBe(part === 0);
      }
    }
  });
});

describe("interval of a share", () => {
  it.each([
    // Newcombe 1998, table I: the score method without continuity correction.
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])("%i of %i", (part, whole, low, high) => {
    const interval = wilson(part, whole);
    expect(interval?.[0]).toBeCloseTo(low, 4);
    expect(interval?.[1]).toBeCloseTo(high, 4);
  });

  it("holds the share, stays inside 0..1, and mirrors", () => {
    for (let whole = 1; whole < 400; whole += 13) {
      for (let part = 0; part <= whole; part += Math.max(1, whole >> 3)) {
        const [low, high] = wilson(part, whole) as readonly [number, number];
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(part / whole);
        expect(high).toBeGreaterThanOrEqual(part / whole);
        expect(wilson(whole - part, whole)?.[0]).toBeCloseTo(1 - high, 12);
      }
    }
  });

  it("is undefined of nothing", () => {
    expect(wilson(0, 0)).toBeNull();
    expect(intervalWords(0, 0)).toBe("n/a");
    expect(intervalWords(81, 263)).toBe("25.5–36.6%");
  });
});

describe("names and numbers", () => {
  it.each(HOSTILE)("makes one short printable line of %j", (name) => {
    const line = printable(name);
    expect(line).not.toBe("");
    expect(Array.from(line).length).toBeLessThanOrEqual(60);
    expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
  });

  it("does not cut a character in two", () => {
    expect(printable("😀".repeat(100), 3)).toBe("😀😀…");
  });

  it("shows undefined as n/a and never as a number", () => {
    expect([null, undefined, Number.NaN, Number.POSITIVE_INFINITY].map((value) => fraction(value))).toEqual(
      Array(4).fill("n/a"),
    );
    expect(fraction(0)).toBe("0.000");
  });

  it("groups thousands", () => expect(integer(1234567)).toBe("1,234,567"));

  it("names selections", () => {
    const classes = ["cat", "dog"];
    expect(selectionTitle(classes, [[0, 1]])).toBe("cat called dog");
    expect(selectionTitle(classes, [[0, 0]])).toBe("cat, correct");
    expect(selectionTitle(classes, [[0, 2]])).toBe("cat, not detected");
    expect(selectionTitle(classes, [[2, 1]])).toBe("dog, nothing there");
    expect(
      selectionTitle(classes, [
        [0, 1],
        [1, 0],
      ]),
    ).toBe("2 cells");
  });

  it("speaks a cell", () => {
    const { head, data } = makePayload(["truck", "car"], [{ actual: 0, predicted: 1, frame: 0 }]);
    const { confusion } = decode(head, data);
    expect(spoken(confusion, head.classes, 0, 1)).toBe("actual truck, predicted car, 1, 100 percent of truck");
    expect(spoken(confusion, head.classes, 2, 1)).toBe("nothing there, predicted car, 0, 0 percent of predicted car");
  });
});
