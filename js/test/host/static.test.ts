import { describe, expect, it, vi } from "vitest";
import { bytesFromBase64, gunzip } from "../../src/host/bytes.ts";
import type { Traits } from "../../src/host/model.ts";
import { createRpc } from "../../src/host/rpc.ts";
import { createStaticModel } from "../../src/host/static-model.ts";
import { createPictureBook, type StoredPicture } from "../../src/host/stored-pictures.ts";
import { makePayload } from "../fixtures/payload.ts";

const forever = new AbortController().signal;
const traits: Traits = {
  ...makePayload(["cat"], []),
  view: "report",
  selected_cells: [],
  normalize: "count",
  transpose: false,
  selected_epoch: null,
  selected_panel: "",
  confidence: null,
  iou: null,
  pairing: "class",
  marks: [],
  panels: "",
};

describe("static model", () => {
  it("announces a change once and only when it is one", () => {
    const model = createStaticModel(traits, () => ({ result: {}, buffers: [] }));
    const heard: string[] = [];
    const listener = () => heard.push("normalize");
    model.on("change:normalize", listener);
    model.set("normalize", "row");
    model.set("normalize", "row");
    model.save_changes();
    expect(model.get("normalize")).toBe("row");
    expect(heard).toEqual(["normalize"]);
    model.off("change:normalize", listener);
    model.set("normalize", "count");
    expect(heard).toHaveLength(1);
  });

  it("answers messages as a kernel does, errors among them", async () => {
    const model = createStaticModel(traits, (op) => {
      if (op === "bad") throw new Error("cannot");
      return { result: op, buffers: [] };
    });
    const rpc = createRpc(model, forever);
    await expect(rpc.request("ping", {}, forever)).resolves.toMatchObject({ result: "ping" });
    await expect(rpc.request("bad", {}, forever)).rejects.toThrow("cannot");
  });
});

describe("picture book", () => {
  const stored: StoredPicture[] = [
    {
      kind: "crop",
      object: 0,
      detection: 4,
      mime: "image/jpeg",
      width: 4,
      height: 3,
      region: [1, 2, 3, 4],
      data: "AQID",
    },
    { kind: "frame", frame: 9, mime: "image/png", width: 8, height: 6, region: [0, 0, 80, 60], data: "BAU=" },
    { kind: "crop", object: 2, detection: -1, data: null, note: "file is missing" },
  ];
  const book = createPictureBook(
    () => stored,
    (object, detection) => (object === 5 || detection === 5 ? 9 : 0),
  );

  it("gives the stored picture with its region", () => {
    expect(book.entry({ kind: "crop", object: 0, detection: 4 })).toMatchObject({
      mime: "image/jpeg",
      width: 4,
      height: 3,
      region: [1, 2, 3, 4],
      data: "AQID",
    });
    expect(book.entry({ kind: "frame", frame: 9 })).toMatchObject({ mime: "image/png", data: "BAU=" });
  });

  it("shows the whole frame where the crop is not stored", () => {
    const crop = { kind: "crop", object: -1, detection: 5 } as const;
    expect(book.entry(crop)).toMatchObject({ region: [0, 0, 80, 60], data: "BAU=" });
    expect(book.has(crop)).toBe(true);
  });

  it("says why there is no picture", () => {
    const [broken, strange] = [
      { kind: "crop", object: 2, detection: -1 } as const,
      { kind: "frame", frame: 1 } as const,
    ];
    expect(book.entry(broken)).toMatchObject({ note: "file is missing" });
    expect(book.entry(strange)).toEqual({ note: "not stored in this report" });
    expect([book.has(broken), book.has(strange)]).toEqual([false, false]);
  });

  it("is read when a picture is wanted, once", () => {
    const items = vi.fn(() => stored);
    const late = createPictureBook(items, () => 0);
    expect(items).not.toHaveBeenCalled();
    for (const object of [0, 1]) late.has({ kind: "crop", object, detection: 4 });
    expect(items).toHaveBeenCalledOnce();
  });

  it("answers a ping and refuses what it does not know", () => {
    expect(book.respond("ping", {})).toEqual({ result: {}, buffers: [] });
    expect(() => book.respond("recount", {})).toThrow('cannot answer "recount"');
  });
});

describe("bytes", () => {
  it("undoes base64", () => expect([...bytesFromBase64("AP+AAQ==")]).toEqual([0, 255, 128, 1]));

  it("undoes gzip", async () => {
    const packed = new Blob(["framelens"]).stream().pipeThrough(new CompressionStream("gzip"));
    const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
    expect(new TextDecoder().decode(await gunzip(bytes))).toBe("framelens");
  });

  it("refuses text that is not base64", () => expect(() => bytesFromBase64("%%")).toThrow());
});
