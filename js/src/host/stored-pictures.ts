/** The pictures that stand in the page of a report. */
import type { PictureItem, Stored } from "./model.ts";
import { pictureKey } from "./pictures.ts";
import type { Reply } from "./static-model.ts";

/** One picture as the page holds it; `data` is base64. */
export type StoredPicture = PictureItem & {
  readonly mime?: string;
  readonly width?: number;
  readonly height?: number;
  readonly region?: readonly number[];
  readonly note?: string | null;
  readonly data: string | null;
};

export interface PictureBook extends Stored {
  respond(op: string, args: unknown): Reply;
}

const NOT_STORED = "not stored in this report";

/**
 * `items` is asked when the first picture is wanted. `frameOf` names the frame of a crop, so that the stored frame can
 * stand in for a crop that is not stored.
 */
export function createPictureBook(
  items: () => readonly StoredPicture[],
  frameOf: (object: number, detection: number) => number,
): PictureBook {
  let book: Map<string, StoredPicture> | undefined;

  function find(item: PictureItem): StoredPicture | undefined {
    book ??= new Map(items().map((one) => [pictureKey(one), one]));
    const own = book.get(pictureKey(item));
    if (own?.data || item.kind === "frame") return own;
    const frame = book.get(pictureKey({ kind: "frame", frame: frameOf(item.object, item.detection) }));
    return frame?.data ? frame : own;
  }

  return {
    has: (item) => Boolean(find(item)?.data),
    entry(item) {
      const found = find(item);
      return found?.data ? found : { ...found, note: found?.note ?? NOT_STORED };
    },
    respond(op) {
      if (op === "ping") return { result: {}, buffers: [] };
      throw new Error(`a report cannot answer "${op}"`);
    },
  };
}
