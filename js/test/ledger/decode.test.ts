import { describe, expect, it } from "vitest";
import { Confusion } from "../../src/ledger/confusion.ts";
import { column, decode } from "../../src/ledger/decode.ts";
import { frameOf, marksOf, outcomeOf, pairAt, readPair } from "../../src/ledger/outcome.ts";
import { PayloadError } from "../../src/ledger/schema.ts";
import { type Example, makePayload, pack } from "../fixtures/payload.ts";
import { makeExamples, makeScenario } from "../fixtures/scenario.ts";

/** The same bytes, `shift` bytes into a larger buffer. */
function shifted(data: DataView, shift: number): DataView {
  const room = new Uint8Array(data.byteLength + shift + 16).fill(0xab);
  room.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), shift);
  return new DataView(room.buffer, shift, data.byteLength);
}

describe("column", () => {
  const { data, columns } = pack({
    a: { dtype: "i4", values: [1, -2, 3] },
    b: { dtype: "f8", values: [0.1, 1e300] },
    c: { dtype: "f4", values: [1, 2, 3, 4, 5, 6, 7, 8], width: 4 },
  });

  it("reads every type", () => {
    expect([...column(columns, data, "a", "i4")]).toEqual([1, -2, 3]);
    expect([...column(columns, data, "b", "f8")]).toEqual([0.1, 1e300]);
    expect([...column(columns, data, "c", "f4", 4)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it.each([0, 1, 2, 3, 4, 5, 7, 8, 12, 16])("honours a byte offset of %i", (shift) => {
    const view = shifted(data, shift);
    expect([...column(columns, view, "a", "i4")]).toEqual([1, -2, 3]);
    expect([...column(columns, view, "b", "f8")]).toEqual([0.1, 1e300]);
  });

  it("shares the bytes when they are aligned and copies them when not", () => {
    expect(column(columns, shifted(data, 8), "b", "f8").buffer.byteLength).toBeGreaterThan(data.byteLength);
    expect(column(columns, shifted(data, 3), "b", "f8").buffer.byteLength).toBe(16);
  });

  it.each([
    ["missing", "i4", 1, 'no column "missing"'],
    ["a", "f4", 1, 'column "a" is i4, expected f4'],
    ["a", "i4", 4, 'column "a" has shape [3], expected [n, 4]'],
    ["toString", "i4", 1, 'no column "toString"'],
  ] as const)("says what is wrong with %s", (name, dtype, width, words) => {
    expect(() => column(columns, data, name, dtype, width)).toThrow(words);
  });

  it.each([
    { shape: [1e9], offset: 0 },
    { shape: [3], offset: -8 },
    { shape: [3], offset: 1e9 },
    { shape: [-1], offset: 0 },
    { shape: [Number.NaN], offset: 0 },
    { shape: [3], offset: 0.5 },
  ])("refuses a column outside the bytes: %o", (spec) => {
    expect(() => column({ a: { dtype: "i4", ...spec } }, data, "a", "i4")).toThrow(PayloadError);
  });
});

describe("decode", () => {
  it("gives back every example in the cell it was put into", () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const examples = makeExamples(6, 200, 20, seed);
      const { head, data } = makePayload(["a", "b", "c", "d", "e", "f"], examples);
      const ledger = decode(head, data);
      const count = (actual: number, predicted: number) =>
        examples.filter((example) => example.actual === actual && example.predicted === predicted).length;
      for (let actual = 0; actual < 7; actual++) {
        for (let predicted = 0; predicted < 7; predicted++) {
          expect(ledger.confusion.count(actual, predicted)).toBe(count(actual, predicted));
        }
      }
      const frames = Array.from({ length: ledger.confusion.total }, (_, at) =>
        frameOf(ledger, pairAt(ledger.confusion.examples, at)),
      );
      expect(frames.sort()).toEqual(examples.map(({ frame }) => frame).sort());
    }
  });

  it("puts object and detection of one example side by side, with their outcome", () => {
    const object = [10, 20, 30, 40] as const;
    const detection = [12, 22, 30, 40] as const;
    const examples: Example[] = [{ actual: 0, predicted: 1, frame: 3, object, detection, score: 0.9, iou: 0.8 }];
    const { head, data } = makePayload(["cat", "dog"], examples);
    const ledger = decode(head, data);
    expect(marksOf(ledger, { object: 0, detection: 0 })).toEqual([
      { source: "object", row: 0, outcome: "confused" },
      { source: "detection", row: 0, outcome: "confused" },
    ]);
    expect(ledger.detections.score[0]).toBe(0.9);
    expect([...ledger.objects.box]).toEqual([...object]);
  });

  it("names every outcome", () => {
    const { confusion } = decode(...payloadOf([]));
    expect(outcomeOf(confusion, 0, 0)).toBe("correct");
    expect(outcomeOf(confusion, 0, 1)).toBe("confused");
    expect(outcomeOf(confusion, 0, 2)).toBe("missed");
    expect(outcomeOf(confusion, 2, 0)).toBe("false-alarm");
  });

  it("says what became of boxes that stand in no cell, or not together", () => {
    const object = [0, 0, 10, 10] as const;
    const detection = [5, 0, 10, 10] as const;
    const { head, data } = makePayload(
      ["cat", "dog"],
      [
        { actual: 0, predicted: 0, frame: 0, object, detection, score: 0.9, iou: 0.8 },
        { actual: 2, predicted: 1, frame: 0, detection, score: 0.7 },
        { actual: 1, predicted: 2, frame: 0, object },
      ],
    );
    const ledger = decode(head, data);
    const alone = new Confusion(
      3,
      { actual: Int32Array.of(0), predicted: Int32Array.of(0), start: Int32Array.of(0, 1) },
      { object: Int32Array.of(0), detection: Int32Array.of(0), iou: Float32Array.of(0.8) },
    );
    const read = (object: number, detection: number, confusion = ledger.confusion, confidence = 0.8) =>
      readPair(
        { ...ledger, confusion, head: { ...head, operating_point: { ...head.operating_point, confidence } } },
        { object, detection },
      );
    expect(read(0, 1)).toMatchObject({ example: -1, actual: 0, predicted: 1, outcome: "false-alarm" });
    expect(read(0, 1).iou).toBeCloseTo(1 / 3);
    expect(read(0, -1)).toMatchObject({ example: -1, actual: 0, predicted: 2, outcome: "correct", iou: Number.NaN });
    expect(read(0, 0)).toMatchObject({ example: 0, outcome: "correct" });
    expect(read(-1, 1, alone)).toMatchObject({ example: -1, outcome: "below", actual: 2, predicted: 1 });
    expect(read(-1, 1, alone, 0.7).outcome).toBe("ignored");
    expect(read(1, -1, alone).outcome).toBe("ignored");
  });

  it("reads an evaluation without anything in it", () => {
    const ledger = decode(...payloadOf([]));
    expect(ledger.confusion.total).toBe(0);
    expect(ledger.confusion.max).toBe(0);
  });

  it("reads a large payload through an odd offset", () => {
    const { head, data } = makeScenario();
    const plain = decode(head, data);
    const moved = decode(head, shifted(data, 5));
    expect([...moved.detections.score]).toEqual([...plain.detections.score]);
  });
});

function payloadOf(examples: readonly Example[]): [unknown, DataView] {
  const { head, data } = makePayload(["cat", "dog"], examples);
  return [head, data];
}

describe("decode refuses", () => {
  const one: Example = { actual: 0, predicted: 1, frame: 0, score: 0.5, iou: 0.6 };

  function broken(change: (head: Record<string, unknown>, data: DataView) => void): () => void {
    const [head, data] = payloadOf([one, { ...one, predicted: 0 }]);
    const copy = structuredClone(head) as Record<string, unknown>;
    change(copy, data);
    return () => decode(copy, data);
  }

  const at = (head: Record<string, unknown>, name: string) =>
    (head.columns as Record<string, { offset: number }>)[name]?.offset as number;

  it.each([
    ["another schema", (head) => Object.assign(head, { schema: 2 }), "schema 2"],
    ["classes that are no list", (head) => Object.assign(head, { classes: {} }), '"classes" is not a list'],
    ["a class that is no text", (head) => Object.assign(head, { classes: ["cat", 7] }), "classes[1] is not text"],
    ["counts that are no numbers", (head) => Object.assign(head, { counts: { frames: "1" } }), "counts.frames"],
    ["frame sizes of another length", (head) => Object.assign(head.frames as object, { width: [] }), "frames.width"],
    [
      "a series of another length",
      (head) => Object.assign(head, { history: { epochs: [1, 2], series: [{ values: [1] }] } }),
      "2 values",
    ],
    [
      "an object in no frame",
      (head, data) => data.setInt32(at(head, "object_frame"), 9, true),
      '"object_frame" row 0 is 9',
    ],
    [
      "a negative class",
      (head, data) => data.setInt32(at(head, "detection_class"), -1, true),
      '"detection_class" row 0 is -1',
    ],
    [
      "an example of no object",
      (head, data) => data.setInt32(at(head, "example_object"), 5, true),
      '"example_object" row 0 is 5',
    ],
    [
      "cells that do not cover the examples",
      (head, data) => data.setInt32(at(head, "cell_start") + 8, 1, true),
      "cell_start",
    ],
    ["cells out of order", (head, data) => data.setInt32(at(head, "cell_predicted") + 4, 0, true), "row-major"],
    ["an empty cell", (head, data) => data.setInt32(at(head, "cell_start") + 4, 0, true), "cell 0 is empty"],
  ] as [string, (head: Record<string, unknown>, data: DataView) => void, string][])("%s", (_, change, words) => {
    expect(broken(change)).toThrow(words);
  });

  it("an example with nothing in it", () => {
    const change = (head: Record<string, unknown>, data: DataView) => {
      data.setInt32(at(head, "example_object"), -1, true);
      data.setInt32(at(head, "example_detection"), -1, true);
    };
    expect(broken(change)).toThrow("example 0 has neither");
  });

  it.each([null, undefined, 1, "x", [], {}])("a head that is %o", (head) => {
    expect(() => decode(head, new DataView(new ArrayBuffer(0)))).toThrow(PayloadError);
  });

  it("bytes that were cut off at any place", () => {
    const [head, data] = payloadOf([one, { ...one, predicted: 2 }]);
    for (let length = 0; length < data.byteLength - 8; length += 4) {
      expect(() => decode(head, new DataView(data.buffer, 0, length))).toThrow(PayloadError);
    }
  });
});
