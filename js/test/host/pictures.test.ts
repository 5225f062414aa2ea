import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PictureItem } from "../../src/host/model.ts";
import { createPictures } from "../../src/host/pictures.ts";
import type { Rpc } from "../../src/host/rpc.ts";

const forever = new AbortController().signal;
const crop = (object: number): PictureItem => ({ kind: "crop", object, detection: -1 });

describe("pictures", () => {
  const urls = new Map<string, Blob>();
  let made = 0;

  beforeEach(() => {
    urls.clear();
    made = 0;
    vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
      const url = `blob:${++made}`;
      urls.set(url, blob as Blob);
      return url;
    });
    vi.spyOn(URL, "revokeObjectURL").mockImplementation((url) => void urls.delete(url));
  });
  afterEach(() => vi.restoreAllMocks());

  function start(answer: (item: PictureItem, index: number) => unknown, kept = 100) {
    const asked: PictureItem[][] = [];
    const life = new AbortController();
    const rpc: Rpc = {
      request: async (_op, args) => {
        const { items } = args as { items: PictureItem[] };
        asked.push(items);
        const bytes = new Uint8Array([9, 9, 1, 2, 3, 9]);
        return { result: { items: items.map(answer) }, buffers: items.map(() => new DataView(bytes.buffer, 2, 3)) };
      },
    };
    return { pictures: createPictures(rpc, life.signal, undefined, kept), asked, life };
  }

  const good = (_: PictureItem, buffer: number) => ({
    mime: "image/jpeg",
    width: 4,
    height: 3,
    region: [0, 0, 40, 30],
    note: null,
    buffer,
  });

  it("says at once what is here, and nothing of what would have to be asked for", async () => {
    const { pictures, asked } = start(good);
    expect(pictures.ready([crop(1)], 160)).toBeNull();
    const [loaded] = await pictures.load([crop(1)], 160, forever);
    expect(pictures.ready([crop(1)], 160)).toEqual([loaded]);
    expect(pictures.ready([crop(1)], 320)).toBeNull();
    expect(pictures.ready([crop(1), crop(2)], 160)).toBeNull();
    expect(asked).toHaveLength(1);
  });

  it("asks nobody for what a page holds", async () => {
    const request = vi.fn();
    const entry = { mime: "image/jpeg", width: 4, height: 3, region: [0, 0, 40, 30], data: "AQID" };
    const stored = {
      has: () => true,
      entry: (item: PictureItem) => (item.kind === "frame" ? { note: "file is missing" } : entry),
    };
    const pictures = createPictures({ request }, forever, stored);
    const frame: PictureItem = { kind: "frame", frame: 0 };
    expect(pictures.ready([crop(1), frame], 160)).toMatchObject([
      { url: "data:image/jpeg;base64,AQID", region: [0, 0, 40, 30], note: null },
      { url: null, note: "file is missing" },
    ]);
    expect((await pictures.load([crop(1)], 160, forever))[0]?.url).toBe("data:image/jpeg;base64,AQID");
    expect(request).not.toHaveBeenCalled();
  });

  it("makes a picture of exactly the bytes it was given", async () => {
    const { pictures } = start(good);
    const [picture] = await pictures.load([crop(1)], 160, forever);
    expect(picture).toMatchObject({ url: "blob:1", region: [0, 0, 40, 30], width: 4, height: 3 });
    const blob = urls.get("blob:1") as Blob;
    expect([...new Uint8Array(await blob.arrayBuffer())]).toEqual([1, 2, 3]);
    expect(blob.type).toBe("image/jpeg");
  });

  it("asks only for what it does not have, and keeps the order", async () => {
    const { pictures, asked } = start(good);
    const [first] = await pictures.load([crop(1)], 160, forever);
    const loaded = await pictures.load([crop(2), crop(1), crop(3)], 160, forever);
    expect(asked).toEqual([[crop(1)], [crop(2), crop(3)]]);
    expect(loaded[1]).toBe(first);
    await pictures.load([crop(1)], 320, forever);
    expect(asked).toHaveLength(3);
  });

  it("takes back the URLs of what it forgets", async () => {
    const { pictures, life } = start(good, 5);
    for (let object = 0; object < 20; object++) await pictures.load([crop(object)], 160, forever);
    expect(urls.size).toBe(5);
    life.abort();
    expect(urls.size).toBe(0);
  });

  it.each([
    ["a note instead of bytes", { note: "file is missing", buffer: null, region: [0, 0, 1, 1] }, "file is missing"],
    ["neither", { buffer: null }, "no picture"],
    ["another type", { mime: "image/svg+xml", buffer: 0, region: [0, 0, 1, 1] }, "picture cannot be shown"],
    ["a region that is none", { mime: "image/png", buffer: 0, region: [0, 0, null, 1] }, "picture cannot be shown"],
    ["a buffer that is not there", { mime: "image/png", buffer: 7, region: [0, 0, 1, 1] }, "no picture"],
    ["nothing", undefined, "no answer for this picture"],
  ])("shows a note for %s", async (_, entry, note) => {
    const { pictures } = start(() => entry);
    const [picture] = await pictures.load([crop(1)], 160, forever);
    expect(picture).toMatchObject({ url: null, note });
    expect(urls.size).toBe(0);
  });

  it("leaves the size of a frame that cannot be read to the labels, so that its boxes are seen", async () => {
    const { pictures } = start(() => ({ note: "file is missing", buffer: null, region: [0, 0, 0, 0] }));
    const [picture] = await pictures.load([{ kind: "frame", frame: 0 }], 960, forever);
    expect(picture).toMatchObject({ url: null, region: null, note: "file is missing" });
  });
});
