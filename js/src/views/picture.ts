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

/** From this share of a picture on, the part of it that is wanted is cut out of it. */
const WORTH_CUTTING = 0.6;

/** The part of the frame that is shown, in box units. */
export function regionOf(ledger: Ledger, { picture, marks, frame, whole }: PictureOptions): Region {
  const size = frameSize(ledger, frame);
  const around = () =>
    regionAround(
      marks.map((mark) => boxOf(ledger, mark)),
      size,
    );
  if (!picture?.region) return whole && size ? [0, 0, size[0], size[1]] : around();
  if (whole || marks.length === 0) return picture.region;
  // a page without a kernel may hold the whole frame in place of the crop
  const [wanted, [x, y, width, height]] = [around(), picture.region];
  const inside =
    wanted[0] >= x - 1 &&
    wanted[1] >= y - 1 &&
    wanted[0] + wanted[2] <= x + width + 1 &&
    wanted[1] + wanted[3] <= y + height + 1;
  return inside && wanted[2] * wanted[3] < WORTH_CUTTING * width * height ? wanted : picture.region;
}

/** Width / height on the screen. Relative boxes say nothing about it; the picture or the frame does. */
function aspectOf({ head }: Ledger, region: Region, { picture, frame }: PictureOptions): number {
  if (picture?.region && picture.width > 0 && picture.height > 0) {
    const unit = picture.width / picture.height / (picture.region[2] / picture.region[3]);
    return (region[2] / region[3]) * unit;
  }
  if (picture && picture.width > 0 && picture.height > 0) return picture.width / picture.height;
  const [width, height] = [head.frames.width[frame], head.frames.height[frame]];
  const stretch = head.box_unit === "relative" && width && height ? width / height : 1;
  return Math.min(8, Math.max(1 / 8, (region[2] / region[3]) * stretch));
}

/** Shows only `region` of an image that holds `held`; what hangs over is cut off by the element around it. */
function place(image: HTMLImageElement, held: Region, region: Region): void {
  const percent = (part: number, whole: number) => `${(100 * part) / whole}%`;
  Object.assign(image.style, {
    inset: "auto",
    left: percent(held[0] - region[0], region[2]),
    top: percent(held[1] - region[1], region[3]),
    width: percent(held[2], region[2]),
    height: percent(held[3], region[3]),
    maxWidth: "none",
  });
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
    // A thumbnail is decoded sooner than another frame would come.
    const image = make("img", { alt: "", decoding: fit === null ? "async" : null });
    image.src = picture.url;
    if (picture.region && picture.region !== region) place(image, picture.region, region);
    element.append(image);
  }
  element.append(overlaySvg(document, ledger, region, marks, highlight));
  return element;
}
