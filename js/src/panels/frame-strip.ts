/** What a video shows shortly before and after a frame, with the time of each. */
import { onAbort } from "../host/life.ts";
import { type Picture, readPicture } from "../host/pictures.ts";
import { isAbort } from "../host/rpc.ts";
import { printable } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";

const BESIDE = 3;
const SIDE = 160;

/** `1:02.40`, or "" where the time is unknown. */
export function clock(seconds: number | null | undefined): string {
  if (typeof seconds !== "number" || !Number.isFinite(seconds)) return "";
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - 60 * minutes).toFixed(2).padStart(5, "0")}`;
}

interface Beside {
  readonly picture: Picture;
  readonly offset: number;
  readonly name: string;
  readonly time: number | null;
}

function readBeside(entry: Record<string, unknown>, buffers: readonly DataView[]): Beside {
  const { offset, name, time } = entry;
  return {
    picture: readPicture(entry, buffers),
    offset: Number(offset) || 0,
    name: printable(String(name ?? ""), 60),
    time: typeof time === "number" ? time : null,
  };
}

/**
 * Shows the neighbours of `frame` in `strip` until `signal` aborts. A frame without a known time is no frame of a video: it
 * has none.
 */
export async function showNeighbours(context: Context, strip: HTMLElement, frame: number, signal: AbortSignal) {
  const { make, ledger, rpc } = context;
  const time = ledger.head.frames.time?.[frame];
  strip.replaceChildren();
  strip.hidden = typeof time !== "number" || !ledger.head.pictures;
  if (strip.hidden) return;
  const note = (words: string) => strip.replaceChildren(make("li.fl-picture-note", {}, words));
  try {
    const wanted = { frame, before: BESIDE, after: BESIDE, side: SIDE };
    const { result, buffers } = await rpc.request("neighbours", wanted, signal);
    if (signal.aborted) return;
    const items = (result as { items?: unknown } | null)?.items;
    const found = (Array.isArray(items) ? items : []).map((item) => readBeside(item, buffers));
    onAbort(signal, () => {
      for (const { picture } of found) if (picture.url) URL.revokeObjectURL(picture.url);
    });
    const shown = found.map(({ picture, offset, name, time: at }) => {
      const words = [`${offset > 0 ? "+" : "−"}${Math.abs(offset)}`, clock(at)].filter(Boolean).join(" · ");
      const image = picture.url ? make("img", { alt: `${words} ${name}` }) : make("span", {}, picture.note ?? "");
      if (picture.url) (image as HTMLImageElement).src = picture.url;
      return make("li", { title: name, "data-offset": offset }, image, make("span", {}, words));
    });
    strip.replaceChildren(...shown);
  } catch (error) {
    if (!isAbort(error) && !signal.aborted) note("The frames before and after need a kernel.");
  }
}
