import { describe, expect, it } from "vitest";
import { decode } from "../../src/ledger/decode.ts";
import { pairAt, pairsOf, readPair } from "../../src/ledger/outcome.ts";
import { isFiltered, NO_SIFT, SORTS, siftPairs } from "../../src/ledger/sift.ts";
import { makeScenario } from "../fixtures/scenario.ts";

const payload = makeScenario();
const ledger = decode(payload.head, payload.data);
const { confusion, detections, objects } = ledger;
const all = pairsOf(
  confusion,
  confusion.examplesOf([...confusion.line("actual", 0), ...confusion.line("predicted", 0)]),
);
const listed = (sift: Partial<typeof NO_SIFT>) => {
  const pairs = siftPairs(ledger, all, { ...NO_SIFT, ...sift });
  return Array.from(pairs.object, (_, at) => pairAt(pairs, at));
};
const key = ({ object, detection }: { object: number; detection: number }) => `${object},${detection}`;

describe("sorting", () => {
  it.each(SORTS)("by %s keeps every box exactly once", (sort) => {
    const before = Array.from(all.object, (_, at) => key(pairAt(all, at))).sort();
    expect(listed({ sort }).map(key).sort()).toEqual(before);
  });

  it("puts what has no such number last, either way", () => {
    for (const sort of ["score", "score-low"] as const) {
      const scores = listed({ sort }).map(({ detection }) => detections.score[detection]);
      const known = scores.filter((score) => score !== undefined);
      expect(scores.slice(0, known.length)).toEqual(known);
      const sorted = [...known].sort((one, other) => (sort === "score" ? other - one : one - other));
      expect(known).toEqual(sorted);
    }
  });

  it("by size goes from large to small", () => {
    const area = ({ object, detection }: { object: number; detection: number }) => {
      const [{ box }, row] = object >= 0 ? [objects, object] : [detections, detection];
      return (box[4 * row + 2] as number) * (box[4 * row + 3] as number);
    };
    const areas = listed({ sort: "size" }).map(area);
    expect(areas).toEqual([...areas].sort((one, other) => other - one));
  });

  it("by the worst puts confident errors first and what is correct last", () => {
    const outcomes = listed({ sort: "worst" }).map((pair) => readPair(ledger, pair).outcome);
    const rank = { confused: 0, "false-alarm": 0, missed: 1, correct: 2, below: 3, ignored: 3 };
    const ranks = outcomes.map((outcome) => rank[outcome]);
    expect(ranks).toEqual([...ranks].sort());
  });
});

describe("filters", () => {
  it("leave out by outcome, score and name of the frame", () => {
    const missed = listed({}).filter((pair) => readPair(ledger, pair).outcome === "missed");
    expect(missed.length).toBeGreaterThan(0);
    expect(listed({ outcome: "missed" })).toEqual(missed);
    const scores = listed({ low: 0.5, high: 0.6 }).map(({ detection }) => detections.score[detection] as number);
    expect(scores.length).toBeGreaterThan(0);
    expect(scores.every((score) => score >= 0.5 && score <= 0.6)).toBe(true);
    expect(listed({ search: "nowhere" })).toEqual([]);
    expect(listed({ search: "FRAME_" })).toHaveLength(all.object.length);
  });

  it("are on when anything can be left out", () => {
    expect(isFiltered({ ...NO_SIFT, sort: "worst" })).toBe(false);
    expect(isFiltered({ ...NO_SIFT, low: 0 })).toBe(true);
  });
});
