import { describe, expect, it } from "vitest";
import { Facing } from "../../src/draw/facing.ts";

describe("facing", () => {
  const orders = [
    [0, 1, 2, 3],
    [2, 0, 1, 3],
    [1, 2, 0, 3],
  ];

  it.each(orders.flatMap((order) => [false, true].map((transpose) => ({ order, transpose }))))(
    "goes to a place and back ($order, transposed: $transpose)",
    ({ order, transpose }) => {
      const facing = new Facing(Int32Array.from(order), transpose);
      const seen = new Set<string>();
      for (let actual = 0; actual < 4; actual++) {
        for (let predicted = 0; predicted < 4; predicted++) {
          const place = facing.place([actual, predicted]);
          expect(facing.cell(place)).toEqual([actual, predicted]);
          seen.add(place.join());
        }
      }
      expect(seen.size).toBe(16);
      expect(facing.place([3, 3])).toEqual([3, 3]);
    },
  );

  it("puts the actual class on the rows, or on the columns when transposed", () => {
    expect(new Facing(Int32Array.from([2, 0, 1, 3]), false).place([2, 1])).toEqual([0, 2]);
    expect(new Facing(Int32Array.from([2, 0, 1, 3]), true).place([2, 1])).toEqual([2, 0]);
  });
});
