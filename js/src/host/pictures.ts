/** Pictures by message: asks for what is missing, keeps what came, gives out object URLs and takes them back. */
import { onAbort } from "./life.ts";
import type { PictureEntry, PictureItem, Stored } from "./model.ts";
import type { Rpc } from "./rpc.ts";

export type Region = readonly [x: number, y: number, width: number, height: number];

/** A picture of a region of a frame. `url` is null where there is none, and `note` then says why. */
export interface Picture {
  readonly url: string | null;
  readonly region: Region | null;
  readonly width: number;
  readonly height: number;
  readonly note: string | null;
}

export interface Pictures {
  /** Pictures for `items` that are here already, in their order; null where one is not. */
  ready(items: readonly PictureItem[], side: number): Picture[] | null;
  /** Pictures for `items`, in their order. Rejects as `Rpc.request` does. */
  load(items: readonly PictureItem[], side: number, signal: AbortSignal): Promise<Picture[]>;
}

const MIME = new Set(["image/jpeg", "image/png", "image/webp"]);
/** Pages of pictures that stay in memory: going back to one costs nothing. */
const KEPT = 240;

export function pictureKey(item: PictureItem): string {
  return item.kind === "frame" ? `frame:${item.frame}` : `crop:${item.object}:${item.detection}`;
}

/** A region without area is that of a whole frame that could not be read: its size is what the labels say. */
function isRegion(value: unknown): value is Region {
  return Array.isArray(value) && value.every(Number.isFinite) && value[2] * value[3] > 0;
}

/** Stands where there is no picture; `note` says why, or null where that is said elsewhere. */
export function noPicture(note: string | null): Picture {
  return { url: null, region: null, width: 0, height: 0, note };
}

/** One entry of an answer as a picture; its URL is the caller's to take back. */
export function readPicture(entry: PictureEntry, buffers: readonly DataView[] = []): Picture {
  const region = isRegion(entry.region) ? entry.region : null;
  const note = typeof entry.note === "string" ? entry.note : null;
  const bytes = typeof entry.buffer === "number" ? buffers[entry.buffer] : undefined;
  const size = { width: Number(entry.width) || 0, height: Number(entry.height) || 0 };
  const text = typeof entry.data === "string" ? entry.data : undefined;
  if (bytes === undefined && text === undefined) return { url: null, region, ...size, note: note ?? "no picture" };
  const mime = String(entry.mime);
  if (!MIME.has(mime) || region === null) return { url: null, region, ...size, note: "picture cannot be shown" };
  // An address that is the picture needs no help of another process: it is there in the frame that asks for it.
  if (bytes === undefined) return { url: `data:${mime};base64,${text}`, region, ...size, note };
  const view = new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
  return { url: URL.createObjectURL(new Blob([view], { type: mime })), region, ...size, note };
}

export function createPictures(rpc: Rpc, signal: AbortSignal, stored?: Stored, kept = KEPT): Pictures {
  const cache = new Map<string, Picture>();

  function drop(key: string): void {
    const picture = cache.get(key);
    if (picture?.url) URL.revokeObjectURL(picture.url);
    cache.delete(key);
  }

  function store(key: string, picture: Picture): void {
    drop(key);
    cache.set(key, picture);
  }

  function shrink(): void {
    for (const key of cache.keys()) {
      if (cache.size <= kept) return;
      drop(key);
    }
  }

  const keyOf = (item: PictureItem, side: number) => `${pictureKey(item)}@${side}`;

  /** What the cache holds; it is the last to go now. */
  function taken(items: readonly PictureItem[], side: number): Picture[] {
    return items.map((item) => {
      const key = keyOf(item, side);
      const picture = cache.get(key) ?? noPicture("no picture");
      cache.delete(key);
      cache.set(key, picture);
      return picture;
    });
  }

  function ready(items: readonly PictureItem[], side: number): Picture[] | null {
    if (stored) return items.map((item) => readPicture(stored.entry(item)));
    return items.every((item) => cache.has(keyOf(item, side))) ? taken(items, side) : null;
  }

  async function load(items: readonly PictureItem[], side: number, own: AbortSignal): Promise<Picture[]> {
    const here = ready(items, side);
    if (here) return here;
    const missing = items.filter((item) => !cache.has(keyOf(item, side)));
    const { result, buffers } = await rpc.request("pictures", { items: missing, side }, own);
    const entries = (result as { items?: unknown } | null)?.items;
    missing.forEach((item, index) => {
      const entry = Array.isArray(entries) ? (entries[index] as PictureEntry | undefined) : undefined;
      store(keyOf(item, side), entry ? readPicture(entry, buffers) : noPicture("no answer for this picture"));
    });
    const pictures = taken(items, side);
    shrink();
    return pictures;
  }

  onAbort(signal, () => {
    for (const key of [...cache.keys()]) drop(key);
  });
  return { ready, load };
}
