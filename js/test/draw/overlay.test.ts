// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { overlaySvg, placeIn, regionAround } from "../../src/draw/overlay.ts";
import { decode } from "../../src/ledger/decode.ts";
import { boxOf, classOf, frameOf, marksOf, pairAt, pairsInFrame, readPair } from "../../src/ledger/outcome.ts";
import { type Box, type Example, makePayload } from "../fixtures/payload.ts";
import { makeExamples, randomNumbers, TRAFFIC } from "../fixtures/scenario.ts";

const close = (found: readonly number[], expected: readonly number[]) => {
  expect(found).toHaveLength(expected.length);
  for (const [index, value] of found.entries()) expect(value).toBeCloseTo(expected[index] as number, 9);
};

describe("boxes in a region", () => {
  it("are fractions of it, whatever the unit", () => {
    close(placeIn([100, 50, 200, 100], [150, 75, 100, 25]), [0.25, 0.25, 0.5, 0.25]);
    close(placeIn([0, 0, 1, 1], [0.2, 0.3, 0.4, 0.5]), [0.2, 0.3, 0.4, 0.5]);
  });

  it("may reach beyond it", () => close(placeIn([10, 10, 10, 10], [0, 0, 40, 40]), [-1, -1, 4, 4]));

  it("stay finite in a region without size", () => {
    expect(placeIn([5, 5, 0, 0], [5, 5, 3, 3]).every(Number.isFinite)).toBe(true);
  });
});

describe("the region shown without a picture", () => {
  it("holds every box, lies in the frame, and has a size", () => {
    const random = randomNumbers(3);
    for (let turn = 0; turn < 200; turn++) {
      const boxes = Array.from({ length: 1 + Math.floor(random() * 3) }, (): Box => {
        const [x, y] = [random() * 600, random() * 440];
        return [x, y, random() * (640 - x), random() * (480 - y)];
      });
      const [x, y, width, height] = regionAround(boxes, [640, 480]);
      expect(x).toBeGreaterThanOrEqual(0);
      expect(y).toBeGreaterThanOrEqual(0);
      expect(x + width).toBeLessThanOrEqual(640 + 1e-9);
      expect(y + height).toBeLessThanOrEqual(480 + 1e-9);
      for (const box of boxes) {
        expect(box[0]).toBeGreaterThanOrEqual(x - 1e-9);
        expect(box[0] + box[2]).toBeLessThanOrEqual(x + width + 1e-9);
        expect(box[1] + box[3]).toBeLessThanOrEqual(y + height + 1e-9);
      }
    }
  });

  it("leaves room around a box in a frame of unknown size", () =>
    close(regionAround([[10, 10, 20, 40]], null), [-10, -10, 60, 80]));

  it("is the frame when there is no box, and never empty", () => {
    expect(regionAround([], [640, 480])).toEqual([0, 0, 640, 480]);
    expect(regionAround([], null)).toEqual([0, 0, 1, 1]);
    const [, , width, height] = regionAround([[5, 5, 0, 0]], null);
    expect(width > 0 && height > 0).toBe(true);
  });
});

describe("overlay", () => {
  const object = [10, 20, 30, 40] as const;
  const detection = [12, 22, 30, 40] as const;
  const examples: Example[] = [
    { actual: 0, predicted: 1, frame: 0, object, detection, score: 0.9, iou: 0.8 },
    { actual: 1, predicted: 2, frame: 0, object: [100, 100, 20, 20] },
  ];
  const { head, data } = makePayload(["cat", "dog"], examples);
  const ledger = decode(head, data);
  const marks = [0, 1].flatMap((example) => marksOf(ledger, pairAt(ledger.confusion.examples, example)));

  it("draws each box twice, a dark edge under its colour", () => {
    const picture = overlaySvg(document, ledger, [0, 0, 200, 200], marks);
    expect(picture.querySelectorAll(".fl-halo")).toHaveLength(3);
    const boxes = [...picture.querySelectorAll(".fl-box")];
    expect(boxes.map((box) => box.getAttribute("data-outcome"))).toEqual(["confused", "confused", "missed"]);
    expect(boxes.map((box) => box.getAttribute("class"))).toEqual([
      "fl-box fl-object",
      "fl-box fl-detection",
      "fl-box fl-object",
    ]);
    expect(boxes[0]?.getAttribute("x")).toBe("0.05");
    expect(boxes.every((box) => box.getAttribute("vector-effect") === "non-scaling-stroke")).toBe(true);
  });

  it("lights one pair and dims the others", () => {
    const lit = pairAt(ledger.confusion.examples, 0);
    const picture = overlaySvg(document, ledger, [0, 0, 200, 200], marks, lit);
    expect(picture.querySelectorAll(".fl-box.fl-lit")).toHaveLength(2);
    expect(picture.querySelectorAll(".fl-box.fl-dim")).toHaveLength(1);
  });

  it("knows box, class and frame of every mark", () => {
    for (const [index, expected] of [object, detection].entries()) {
      const mark = marks[index] as (typeof marks)[number];
      close(boxOf(ledger, mark), expected);
      expect(classOf(ledger, mark)).toBe(index);
    }
    expect(frameOf(ledger, pairAt(ledger.confusion.examples, 1))).toBe(0);
  });
});

describe("frames", () => {
  it("share out the examples: each lies in exactly one", () => {
    const { head, data } = makePayload(TRAFFIC, makeExamples(TRAFFIC.length, 300, 12, 5));
    const ledger = decode(head, data);
    const found = head.frames.names.flatMap((_, frame) => pairsInFrame(ledger, frame));
    const places = found.map((pair) => readPair(ledger, pair).example).sort((one, other) => one - other);
    expect(places).toEqual(Array.from({ length: 300 }, (_, example) => example));
  });
});
