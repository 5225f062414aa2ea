import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Head } from "../../src/ledger/schema.ts";
import { unthin as unthinLazily } from "../../src/ledger/thin.ts";

interface Case {
  readonly head: Head;
  readonly thin: string;
  readonly digest: string;
}

/** See tests/front_end/thin.py. */
const cases = JSON.parse(
  gunzipSync(readFileSync(join(import.meta.dirname, "../fixtures/thin.gz"))).toString(),
) as Case[];
const unpacked = ({ thin }: Case) => Uint8Array.from(Buffer.from(thin, "base64"));

/** All columns at once. */
function unthin(head: Head, bytes: Uint8Array<ArrayBuffer>) {
  const data = unthinLazily(head, bytes);
  for (const name of Object.keys(head.columns)) data.need(name);
  return data;
}

describe("unthin", () => {
  it("makes the very bytes that Python put in", () => {
    expect(cases.length).toBe(50);
    for (const one of cases) {
      const { buffer } = unthin(one.head, unpacked(one));
      expect(createHash("sha256").update(new Uint8Array(buffer)).digest("hex")).toBe(one.digest);
    }
  });

  it("makes of a payload what is read, and what that follows from", () => {
    const one = cases[3] as Case;
    const whole = unthin(one.head, unpacked(one));
    const data = unthinLazily(one.head, unpacked(one));
    const bytesOf = (made: DataView<ArrayBuffer>, name: string) => {
      const { offset, shape, dtype } = one.head.columns[name] as Head["columns"][string];
      const bytes = { u1: 1, i4: 4, f4: 4, f8: 8 }[dtype] * shape.reduce((product, size) => product * size, 1);
      return [...new Uint8Array(made.buffer, offset, bytes)];
    };
    const isMade = (name: string) => bytesOf(data, name).some((byte) => byte !== 0);
    data.need("cell_start");
    expect(bytesOf(data, "cell_start")).toEqual(bytesOf(whole, "cell_start"));
    expect(["object_box", "detection_box", "detection_score", "pair_level", "example_object"].filter(isMade)).toEqual(
      [],
    );
    // Overlaps follow from the boxes as they were before they were rounded, and those of detections from the pairs.
    data.need("example_iou");
    for (const name of ["example_iou", "example_object", "detection_box", "pair_object"])
      expect(bytesOf(data, name)).toEqual(bytesOf(whole, name));
    expect(isMade("detection_score")).toBe(false);
  });

  it("says every time that a column cannot be made", () => {
    const one = cases[3] as Case;
    const { pair_object: _, ...columns } = one.head.columns;
    expect(() => unthinLazily({ ...one.head, columns }, unpacked(one))).toThrow('no column "pair_object"');
    const frames = { ...one.head, frames: { ...one.head.frames, names: null } } as unknown as Head;
    const broken = unthinLazily(frames, unpacked(one));
    for (const _ of [1, 2]) expect(() => broken.need("detection_class")).toThrow(TypeError);
  });

  it("says that bytes are missing, or too many", () => {
    const [one] = cases as [Case];
    const bytes = unpacked(one);
    expect(() => unthin(one.head, bytes.slice(0, -1))).toThrow("the data of this report ends early");
    expect(() => unthin(one.head, new Uint8Array([...bytes, 0]))).toThrow("the data of this report is not complete");
  });

  it("ends with an error or with bytes, whatever a stranger changed", () => {
    const one = cases.at(-2) as Case;
    const bytes = unpacked(one);
    let seed = 7;
    for (let round = 0; round < 300; round++) {
      const changed = bytes.slice();
      seed = (seed * 48271) % 2147483647;
      changed[seed % changed.length] = seed >> 8;
      try {
        expect(unthin(one.head, changed).byteLength).toBeLessThan(1e6);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }
  });

  it("knows a way of writing that it does not know", () => {
    const [one] = cases as [Case];
    const list = new TextEncoder().encode(JSON.stringify([["object_frame", "constructor", 0, 0]]));
    const bytes = new Uint8Array(4 + list.length);
    new DataView(bytes.buffer).setUint32(0, list.length, true);
    bytes.set(list, 4);
    expect(() => unthin(one.head, bytes)).toThrow('"constructor"');
  });
});
