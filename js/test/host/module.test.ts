import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { importText } from "../../src/host/module.ts";

const TEXT = 'export default { name: "panels ü" };';

describe("a module from its text", () => {
  afterEach(() => vi.restoreAllMocks());

  it.each([
    ["as it is", TEXT],
    ["packed", gzipSync(TEXT).toString("base64")],
  ])("is imported %s", async (_, text) => {
    const blobs: Blob[] = [];
    vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
      blobs.push(blob as Blob);
      return `data:text/javascript,${encodeURIComponent(TEXT)}`;
    });
    vi.spyOn(URL, "revokeObjectURL").mockImplementation(() => undefined);
    expect(await importText(text)).toEqual({ name: "panels ü" });
    expect(await blobs[0]?.text()).toBe(TEXT);
  });
});
