/** A picture with its boxes; an empty frame with its boxes where there is no picture. */

import type { Html } from "../draw/dom.ts";
import { overlaySvg, regionAround } from "../draw/overlay.ts";
import type { Picture, Region } from "../host/pictures.ts";
import type { Ledger } from "../ledger/decode.ts";
import { boxOf, type Mark, type Pair } from "../ledger/outcome.ts";

export interface PictureOptions {
  readonly picture: Picture | null;
  readonly marks: readonly Mark[];
  readonly frame: number;
  /** Show the whole frame where no picture says otherwise. */
  readonly whole: boolean;
  readonly highlight?: Pair | null;
  /** Width / height of the space the picture is fitted into; null: as wide as it can be. */
  readonly fit: number | null;
}

/** Size of a frame in box units, or null where it is unknown. */
export function frameSize({ head }: Ledger, frame: number): readonly [number, number] | null {
  if (head.box_unit === "relative") return [1, 1];
  const [width, height] = [head.frames.width[frame], head.frames.height[frame]];
  return width && height ? [width, height] : null;
}

/** The part of the frame that is shown, in box units. */
export function regionOf(ledger: Ledger, { picture, marks, frame, whole }: PictureOptions): Region {
  if (picture?.region) return picture.region;
  const size = frameSize(ledger, frame);
  if (whole && size) return [0, 0, size[0], size[1]];
  return regionAround(
    marks.map((mark) => boxOf(ledger, mark)),
    size,
  );
}

/** Width / height on the screen. Relative boxes say nothing about it; the picture or the frame does. */
function aspectOf({ head }: Ledger, region: Region, { picture, frame }: PictureOptions): number {
  if (picture && picture.width > 0 && picture.height > 0) return picture.width / picture.height;
  const [width, height] = [head.frames.width[frame], head.frames.height[frame]];
  const stretch = head.box_unit === "relative" && width && height ? width / height : 1;
  return Math.min(8, Math.max(1 / 8, (region[2] / region[3]) * stretch));
}

export function pictureView(make: Html, document: Document, ledger: Ledger, options: PictureOptions): HTMLElement {
  const { picture, marks, highlight = null, fit } = options;
  const region = regionOf(ledger, options);
  const aspect = aspectOf(ledger, region, options);
  const state = picture === null ? "waiting" : picture.url ? "shown" : "absent";
  const element = make("span.fl-picture", { "data-picture": state });
  element.style.aspectRatio = String(aspect);
  element.style.setProperty("--fl-aspect", String(aspect));
  if (fit !== null) element.style.width = `${100 * Math.min(1, aspect / fit)}%`;
  if (picture?.url) {
    const image = make("img", { alt: "", decoding: "async" });
    image.src = picture.url;
    element.append(image);
  }
  element.append(overlaySvg(document, ledger, region, marks, highlight));
  return element;
}
