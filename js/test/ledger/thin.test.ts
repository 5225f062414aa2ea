import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Head } from "../../src/ledger/schema.ts";
import { unthin } from "../../src/ledger/thin.ts";

interface Case {
  readonly head: Head;
  readonly thin: string;
  readonly digest: string;
}

/** See tests/contract/thin_cases.py. */
const cases = JSON.parse(
  gunzipSync(readFileSync(join(import.meta.dirname, "../fixtures/thin.gz"))).toString(),
) as Case[];
const unpacked = ({ thin }: Case) => Uint8Array.from(Buffer.from(thin, "base64"));

describe("unthin", () => {
  it("makes the very bytes that Python put in", () => {
    expect(cases.length).toBe(50);
    for (const one of cases) {
      const { buffer } = unthin(one.head, unpacked(one));
      expect(createHash("sha256").update(new Uint8Array(buffer)).digest("hex")).toBe(one.digest);
    }
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
