import { describe, expect, it } from "vitest";
import { bandWords, verdictOf } from "../../src/ledger/bands.ts";

describe("a band", () => {
  it.each([
    [0.9, [0.9, null], "below"],
    [0.900001, [0.9, null], "in"],
    [1, [0.9, null], "in"],
    [0.85, [0.85, 0.95], "in"],
    [0.95, [0.85, 0.95], "in"],
    [0.96, [0.85, 0.95], "above"],
    [0.84, [0.85, 0.95], "below"],
    [0, [null, 0.3], "in"],
    [0.3, [null, 0.3], "above"],
    [null, [0.85, 0.95], null],
  ] as const)("holds %s against %s: %s", (value, band, expected) => {
    expect(verdictOf(value, band)).toBe(expected);
  });

  it("says where it is open", () => {
    expect([bandWords([0.9, null]), bandWords([null, 0.3]), bandWords([0.85, 0.95])]).toEqual([
      "good: > 0.9",
      "good: < 0.3",
      "good: 0.85–0.95",
    ]);
  });
});
