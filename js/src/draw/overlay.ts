/** Boxes over a picture, in the units of the boxes, sharp at every size. */
import type { Region } from "../host/pictures.ts";
import type { Ledger } from "../ledger/decode.ts";
import { boxOf, type Mark, type Pair } from "../ledger/outcome.ts";
import { svg } from "./dom.ts";

const positive = (value: number) => (value > 0 ? value : 1);

/** Position of a box inside a region, as fractions of the region. */
export function placeIn(region: Region, [x, y, width, height]: readonly [number, number, number, number]): Region {
  const [wide, high] = [positive(region[2]), positive(region[3])];
  return [(x - region[0]) / wide, (y - region[1]) / high, width / wide, height / high];
}

/**
 * The part of the frame to show when there is no picture: the boxes with half their size around them, inside the frame
 * where its size is known.
 */
export function regionAround(
  boxes: readonly (readonly [number, number, number, number])[],
  frame: readonly [number, number] | null,
): Region {
  if (boxes.length === 0) return [0, 0, frame?.[0] ?? 1, frame?.[1] ?? 1];
  const left = Math.min(...boxes.map((box) => box[0]));
  const top = Math.min(...boxes.map((box) => box[1]));
  const right = Math.max(...boxes.map((box) => box[0] + box[2]));
  const bottom = Math.max(...boxes.map((box) => box[1] + box[3]));
  const pad = Math.max(right - left, bottom - top) / 2;
  const [x, y] = frame ? [Math.max(0, left - pad), Math.max(0, top - pad)] : [left - pad, top - pad];
  const [farX, farY] = frame
    ? [Math.min(frame[0], right + pad), Math.min(frame[1], bottom + pad)]
    : [right + pad, bottom + pad];
  return [x, y, positive(farX - x), positive(farY - y)];
}

/** An SVG that lies over a picture of `region` and draws `marks`: ground truth solid, detections dashed. */
export function overlaySvg(
  document: Document,
  ledger: Ledger,
  region: Region,
  marks: readonly Mark[],
  highlight: Pair | null = null,
): SVGSVGElement {
  const picture = svg(document, "svg", {
    class: "fl-overlay",
    viewBox: `0 0 1 1`,
    preserveAspectRatio: "none",
    "aria-hidden": "true",
    focusable: "false",
  });
  for (const mark of marks) {
    const [x, y, width, height] = placeIn(region, boxOf(ledger, mark));
    const lit = highlight === null ? null : highlight[mark.source] === mark.row;
    const state = lit === null ? "" : lit ? " fl-lit" : " fl-dim";
    const shape = { x, y, width, height, "vector-effect": "non-scaling-stroke" } as const;
    const names = `fl-box fl-${mark.source}${state}`;
    picture.append(
      svg(document, "rect", { ...shape, class: `fl-halo${state}` }),
      svg(document, "rect", { ...shape, class: names, "data-outcome": mark.outcome, "data-row": mark.row }),
    );
  }
  return picture;
}
