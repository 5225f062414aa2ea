/** The panels say what Python's tables say, on 160 datasets: at the given point, at another, and for some frames. */
import { describe, expect, it } from "vitest";
import type { Confusion } from "../../src/ledger/confusion.ts";
import { decode, type Ledger } from "../../src/ledger/decode.ts";
import { type Mask, recount } from "../../src/ledger/recount.ts";
import { wilson } from "../../src/ledger/words.ts";
import { extraOf, type Facet } from "../../src/panels/extra.ts";
import { calibrate, confidenceCurve, iouHistogram, judge, pointAt, scoreHistogram } from "../../src/panels/figures.ts";
import { filterOf } from "../../src/panels/filter.ts";
import { worstFirst } from "../../src/panels/frames.ts";
import { f1Ends } from "../../src/panels/intervals.ts";
import { issuesShown } from "../../src/panels/labels.ts";
import { sizeFacet } from "../../src/panels/sizes.ts";
import { sliceRows } from "../../src/panels/slices.ts";
import {
  errorBoxes,
  frameBoxes,
  sliceBoxes,
  tallyAll,
  tallyFrames,
  tallySlices,
  worstSlices,
} from "../../src/panels/tallies.ts";
import { scoresWithout } from "../../src/panels/without.ts";
import type { Filter, Store } from "../../src/views/store.ts";
import { readPanelCases, type Tables } from "../fixtures/panels.ts";

const LEAST = 3;
const cases = readPanelCases().map((one) => ({ ...one, ledger: decode(one.head, one.data) }));

/** Numbers that are sums in another order may differ in their last digits. */
function same(found: unknown, expected: unknown, where: string): void {
  if (Array.isArray(expected)) {
    expect(Array.isArray(found) && found.length, where).toBe(expected.length);
    expected.forEach((one, at) => {
      same((found as unknown[])[at], one, `${where}[${at}]`);
    });
  } else if (typeof expected === "number") {
    expect(typeof found, where).toBe("number");
    expect(Math.abs((found as number) - expected), where).toBeLessThan(1e-9);
  } else expect(found, where).toBe(expected);
}

function worstRows(facets: readonly Facet[], confusion: Confusion) {
  return worstSlices(facets, confusion, LEAST, 10).map(({ words, objects, f1, facet, slice }) => [
    words,
    objects,
    f1,
    sliceBoxes(facet, slice, confusion, "errors").object.length,
  ]);
}

interface Page {
  readonly ledger: Ledger;
  readonly mask: Mask | null;
  readonly frames: Uint8Array | null;
}

function tables(
  { ledger, mask, frames }: Page,
  { confidence, iou, curve }: Tables,
): Omit<Tables, "confidence" | "iou"> {
  const extra = extraOf(ledger);
  const { confusion } = recount(ledger, { confidence, iou, pairing: "class", mask });
  const judged = judge(ledger, iou, mask);
  const points = confidenceCurve(ledger, judged, null);
  const all = tallyAll(confusion);
  const own = Array.from({ length: confusion.background }, (_, index) => index);
  const bins = calibrate(ledger, judged, { bins: 10, category: null });
  const transposed = (rows: readonly (readonly (readonly number[])[])[]) =>
    (rows[0] ?? []).map((_, bin) => rows.map((series) => series[bin]?.length ?? 0));
  return {
    classes: [
      Array.from(confusion.rowSum.slice(0, -1)),
      Array.from(confusion.columnSum.slice(0, -1)),
      own.map((index) => confusion.count(index, index)),
    ],
    ends: own.map((index) => {
      const [right, detections, objects] = [
        confusion.count(index, index),
        confusion.columnSum[index] as number,
        confusion.rowSum[index] as number,
      ];
      const ends = [wilson(right, detections), wilson(right, objects), f1Ends(right, detections, objects)];
      return ends.flatMap((one) => one ?? [null, null]);
    }),
    curve: curve.map(([at = null]) => {
      const point = pointAt(points, at as number);
      // Without detections that count at this confidence there is no point: nothing is found.
      const none = ledger.objects.flags.some((flag, row) => !flag && !mask?.objects?.[row]) ? 0 : null;
      if (!point) return [at, 0, 0, null, none, none] as const;
      return [at, point.detections, point.right, point.precision, point.recall, point.f1] as const;
    }),
    ious: transposed(iouHistogram(ledger, confusion, 20, null).rows),
    scores: transposed(scoreHistogram(ledger, judged, extra.scoreEdges, null).rows),
    calibration: bins.bins.map(({ rows, right, confidence: mean, precision }) => [rows.length, right, mean, precision]),
    ece: [bins.ece, bins.mce],
    slices: extra.facets.flatMap((facet) =>
      sliceRows(facet, tallySlices(facet, confusion), all, extra.reliable).map((row) => {
        for (const [kind, count] of [
          ["false", row.wrong],
          ["missed", row.lost],
          ["objects", row.objects],
        ] as const) {
          expect(sliceBoxes(facet, row.at, confusion, kind).object.length).toBe(count);
        }
        const counts = [row.objects, row.detections, row.right, row.wrong, row.lost];
        return [facet.name, row.label, ...counts, row.f1, row.note.includes("differs")];
      }),
    ),
    worst: worstRows(extra.facets, confusion),
    frames: worstFirst(tallyFrames(ledger, confusion, (frame) => !frames || frames[frame] === 1)).map((row) => {
      const boxes = frameBoxes(ledger, confusion, row.frame);
      expect(boxes.object.filter((object) => object >= 0).length).toBe(row.objects);
      expect(boxes.detection.filter((detection) => detection >= 0).length).toBe(row.detections);
      const counts = [row.objects, row.detections, row.right, row.wrong, row.lost, row.confused];
      return [ledger.head.frames.names[row.frame] as string, ...counts, row.f1, row.profile];
    }),
  };
}

function compare(page: Page, said: Tables, where: string, only?: readonly (keyof Tables)[]): void {
  const found = tables(page, said);
  for (const name of Object.keys(found) as (keyof typeof found)[]) {
    if (only && !only.includes(name)) continue;
    // Slices that hold frames without boxes are rows in Python; here a row stands for boxes.
    const expected =
      name === "slices" ? said.slices.filter((row) => (row[2] as number) + (row[3] as number) > 0) : said[name];
    same(found[name], expected, `${where}: ${name}`);
  }
}

describe("the panels on 160 datasets", () => {
  it("say what the tables say at the point of the evaluation", () => {
    for (const [number, { ledger, given }] of cases.entries()) {
      compare({ ledger, mask: null, frames: null }, given, `dataset ${number}`);
    }
    expect(cases.length).toBe(160);
  });

  it("follow to another confidence and IoU", () => {
    for (const [number, { ledger, other }] of cases.entries()) {
      compare({ ledger, mask: null, frames: null }, other, `dataset ${number} at ${other.confidence}, ${other.iou}`);
    }
  });

  it("count some of the frames as Python's evaluation of these frames does", () => {
    for (const [number, { ledger, part }] of cases.entries()) {
      const kept = part.flags.flatMap((flag, frame) => (flag === 1 ? frame : []));
      const filter = filterOf(ledger, [{ frames: kept }], []) as Filter;
      const names = ["classes", "ends", "curve", "ious", "scores", "calibration", "ece", "frames"] as const;
      // Edges of scores outside 0 to 1 and the quarters of numbers are those of the whole.
      const unit = extraOf(ledger).scoreEdges[0] === 0 && extraOf(ledger).scoreEdges.at(-1) === 1;
      const only = names.filter((name) => unit || name !== "scores");
      compare({ ledger, mask: filter.mask, frames: filter.frames ?? null }, part, `part of dataset ${number}`, only);
      for (const [at, category] of [null, 0].entries()) {
        if (category !== null && ledger.head.classes.length === 0) continue;
        const boxes = errorBoxes(ledger, extraOf(ledger), { confidence: null, category, mask: filter.mask });
        same(
          boxes.map(({ object }) => object.length),
          part.errors[at],
          `errors of a part of dataset ${number}`,
        );
      }
    }
  });

  it("bring as many boxes of each error type as Python counts", () => {
    for (const [number, { ledger, errors, given }] of cases.entries()) {
      for (const [at, confidence] of [null, given.confidence].entries()) {
        for (const [which, category] of [null, 0].entries()) {
          const boxes = errorBoxes(ledger, extraOf(ledger), { confidence, category, mask: null });
          same(
            boxes.map(({ object }) => object.length),
            errors[at]?.[which],
            `dataset ${number} from ${confidence}`,
          );
        }
      }
    }
  });

  it("count the errors of each class from its own confidence on", () => {
    for (const [number, { ledger, given }] of cases.entries()) {
      const extra = extraOf(ledger);
      const { score, category: of } = ledger.detections;
      const all = new Map(ledger.head.classes.map((_, index) => [index, given.confidence ?? -1]));
      const common = errorBoxes(ledger, extra, { confidence: given.confidence, category: null, mask: null });
      for (const confidence of [null, 2]) {
        const own = errorBoxes(ledger, extra, { confidence, perClass: all, category: null, mask: null });
        expect(own, `dataset ${number}`).toEqual(common);
      }
      const [first] = errorBoxes(ledger, extra, {
        confidence: null,
        perClass: new Map([[0, 0.5]]),
        category: null,
        mask: null,
      }).map(({ detection }) => [...detection].filter((row) => row >= 0 && of[row] === 0));
      expect(first?.every((row) => (score[row] as number) >= 0.5)).toBe(true);
    }
  });

  it("list the places where labels may be wrong as Python does", () => {
    for (const [number, { ledger, issues }] of cases.entries()) {
      const extra = extraOf(ledger);
      const found = issuesShown(extra, undefined).map(({ at, object, detection }) => [
        extra.issues.kinds[extra.issues.kind[at] as number]?.id,
        object,
        detection,
      ]);
      same(found, issues, `dataset ${number}`);
    }
  });

  it("count by ranges of sizes of one's own as Python does, also for areas on an edge", () => {
    for (const [number, { ledger, sized }] of cases.entries()) {
      const [ranges, expected, worst] = sized;
      const facet = sizeFacet(ledger, ranges);
      const { confusion } = ledger;
      const found = sliceRows(facet, tallySlices(facet, confusion), tallyAll(confusion), 30).map((row) => {
        expect(sliceBoxes(facet, row.at, confusion, "objects").object.length).toBe(row.objects);
        const counts = [row.objects, row.detections, row.right, row.wrong, row.lost];
        return ["size", row.label, ...counts, row.f1, row.note.includes("differs")];
      });
      const boxes = expected.filter((row) => (row[2] as number) + (row[3] as number) > 0);
      same(found, boxes, `sizes of dataset ${number}`);
      const facets = extraOf(ledger).facets.map((one) => (one.name === "size" ? facet : one));
      same(worstRows(facets, confusion), worst, `worst slices of dataset ${number}`);
    }
  });

  it("say what the scores would be without marked labels, as Python's evaluation without them does", () => {
    for (const [number, { ledger, without }] of cases.entries()) {
      const marks = issuesShown(extraOf(ledger), undefined)
        .slice(0, 3)
        .map(({ object, detection }) => ({ object, detection, mark: "label error" as const, note: "" }));
      const { confidence, iou } = ledger.head.operating_point;
      const state = { point: { confidence, iou }, pairing: "class", perClass: null, filter: null, marks } as const;
      const found = scoresWithout({ ledger, store: { state } as unknown as Store });
      const { precision, recall, f1 } = found.without.macro;
      same([precision, recall, f1], without, `dataset ${number}`);
      expect(found.with).toEqual(recount(ledger, { confidence, iou, pairing: "class", mask: null }).scores);
    }
  });
});
