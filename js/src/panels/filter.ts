/** From frames back to numbers: leaves out frames and classes, and everything on the page is counted anew. */
import { listen } from "../draw/dom.ts";
import type { Ledger } from "../ledger/decode.ts";
import { integer } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import type { Filter } from "../views/store.ts";

/** What stays: the frames, and of the boxes those of one class. */
export interface Condition {
  readonly title: string;
  readonly frame?: (frame: number) => boolean;
  readonly category?: number;
}

/** The filter with one more condition. */
export function narrowed(
  { head, objects, detections }: Ledger,
  before: Filter | null,
  { title, frame, category }: Condition,
): Filter {
  const frames = before?.frames?.slice() ?? new Uint8Array(head.frames.names.length).fill(1);
  if (frame) for (let at = 0; at < frames.length; at++) if (!frame(at)) frames[at] = 0;
  const out = (boxes: { frame: Int32Array; category: Int32Array }, known: Uint8Array | null | undefined) =>
    Uint8Array.from(boxes.frame, (own, row) =>
      Number(known?.[row] || !frames[own] || (category !== undefined && boxes.category[row] !== category)),
    );
  return {
    title: before ? `${before.title}, ${title}` : title,
    frames,
    mask: { objects: out(objects, before?.mask.objects), detections: out(detections, before?.mask.detections) },
  };
}

/** Whether the page can count without some of the boxes. */
export const canFilter = ({ ledger }: Pick<Context, "ledger">) => ledger.pairs !== null;

export function narrow({ ledger, store }: Context, condition: Condition): void {
  store.set({ filter: narrowed(ledger, store.state.filter, condition), cells: [], picked: null });
}

/** Says what is left out and ends it; stands above all numbers while there is a filter. */
export function filterBar({ make, ledger, store, signal }: Context): HTMLElement {
  const words = make("span");
  const end = make("button.fl-button", { "data-end-filter": true }, "Show everything");
  const bar = make("div.fl-filter-bar", { role: "status" }, words, end);
  listen(end, "click", () => store.set({ filter: null, cells: [], picked: null }), signal);
  store.watch(
    ["filter"],
    ({ filter }) => {
      bar.hidden = filter === null;
      const all = ledger.head.frames.names.length;
      const left = filter?.frames?.reduce((sum, own) => sum + own, 0) ?? all;
      words.textContent = filter
        ? `Only ${filter.title}: ${integer(left)} of ${integer(all)} frames. Every number here counts these alone.`
        : "";
    },
    signal,
  );
  return bar;
}
