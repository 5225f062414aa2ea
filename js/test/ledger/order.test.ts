import { describe, expect, it } from "vitest";
import { decode } from "../../src/ledger/decode.ts";
import { arrange, ORDERS, weightsOf } from "../../src/ledger/order.ts";
import { HOSTILE } from "../fixtures/hostile.ts";
import { examplesOf, makePayload } from "../fixtures/payload.ts";
import { makeExamples } from "../fixtures/scenario.ts";

function of(
  classes: readonly string[],
  cells: readonly (readonly [actual: number, predicted: number, count: number])[],
) {
  const { head, data } = makePayload(classes, examplesOf(cells));
  return decode(head, data).confusion;
}

describe("orders", () => {
  const classes = ["c10", "c2", "B", "a"];
  const confusion = of(classes, [
    [0, 0, 3],
    [1, 1, 9],
    [2, 2, 5],
    [3, 3, 5],
    [0, 2, 2],
    [2, 4, 1],
    [4, 3, 7],
  ]);

  it.each([
    ["file", [0, 1, 2, 3, 4]],
    ["name", [3, 2, 1, 0, 4]],
    ["objects", [1, 2, 0, 3, 4]],
    ["errors", [3, 2, 0, 1, 4]],
  ] as const)("by %s", (order, expected) => expect([...arrange(order, confusion, classes)]).toEqual(expected));

  it("counts an error for both of its classes", () =>
    expect([...weightsOf("errors", confusion)]).toEqual([2, 0, 3, 7, 8]));

  it("hold every class once and background last, for any data and any names", () => {
    for (let seed = 1; seed < 12; seed++) {
      const names = HOSTILE.slice(0, 3 + seed);
      const { head, data } = makePayload(names, makeExamples(names.length, 40 * seed, 5, seed));
      const made = decode(head, data).confusion;
      for (const order of ORDERS) {
        const places = [...arrange(order, made, names)];
        expect(places.at(-1)).toBe(names.length);
        expect([...places].sort((one, other) => one - other)).toEqual(
          Array.from({ length: names.length + 1 }, (_, index) => index),
        );
      }
    }
  });

  it("put classes that are confused side by side, wherever the file has them", () => {
    const names = Array.from({ length: 9 }, (_, index) => `class ${index}`);
    const mixed = of(names, [
      ...names.map((_, index) => [index, index, 20] as const),
      [0, 8, 6],
      [8, 4, 5],
      [2, 6, 9],
      [5, 9, 30],
    ]);
    const places = [...arrange("similar", mixed, names)];
    const distance = (one: number, other: number) => Math.abs(places.indexOf(one) - places.indexOf(other));
    expect(distance(0, 8)).toBe(1);
    expect(distance(8, 4)).toBe(1);
    expect(distance(2, 6)).toBe(1);
  });

  it("put the strongest link first where a class has more than two", () => {
    const names = ["hub", "near", "nearer", "far"];
    const star = of(names, [...names.map((_, index) => [index, index, 30] as const), [0, 1, 9], [0, 2, 12], [0, 3, 2]]);
    const places = [...arrange("similar", star, names)];
    expect(Math.abs(places.indexOf(0) - places.indexOf(2))).toBe(1);
    expect(Math.abs(places.indexOf(0) - places.indexOf(1))).toBe(1);
  });

  it("keep the order of the file where nothing is confused", () => {
    const calm = of(
      ["a", "b", "c"],
      [
        [0, 0, 2],
        [1, 1, 2],
      ],
    );
    expect([...arrange("similar", calm, ["a", "b", "c"])]).toEqual([0, 1, 2, 3]);
  });
});
