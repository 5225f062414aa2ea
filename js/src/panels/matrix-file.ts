/** The confusion matrix as a picture to take away: every label that fits, title and stamp around it. */
import { svg } from "../draw/dom.ts";
import { layoutMatrix } from "../draw/layout.ts";
import { ENDS, paintMatrix, widestLabel } from "../draw/matrix.ts";
import { Palette } from "../draw/palette.ts";
import { canvasInks } from "../views/canvas.ts";
import type { Context } from "../views/context.ts";
import { shapeOf } from "../views/matrix-shape.ts";
import { pointWords } from "../views/point-words.ts";
import { framed, groundOf } from "./picture-file.ts";
import { SvgPen } from "./svg-pen.ts";

const WORDS = {
  count: "Boxes",
  row: "Share of the actual class",
  column: "Share of the predicted class",
  total: "Share of all boxes",
};
/** Edge of a cell whose label can be read, and what the edge of all cells grows between. */
const [READABLE, SMALLEST, LARGEST] = [14, 720, 2000];
/** Below it the settings would take more lines than the matrix. */
const NARROWEST = 480;

/** As it stands on the page, and larger where its labels need it. */
export function matrixPicture(context: Context): SVGSVGElement {
  const { document, root, store } = context;
  const { normalize, colorScale, hideDiagonal, theme } = store.state;
  const { confusion, labels, facing } = shapeOf(context)();
  const inks = canvasInks(root);
  const pen = new SvgPen(document, groundOf(context));
  const widest = widestLabel(pen, [...labels.slice(0, -1), ...ENDS], inks.font);
  const largest = Math.max(SMALLEST, Math.min(LARGEST, READABLE * confusion.size));
  const layout = layoutMatrix({
    size: confusion.size,
    width: 3 * LARGEST,
    largest,
    rowLabel: widest,
    columnLabel: widest,
  });
  const palette = new Palette(theme.dark);
  paintMatrix(pen, { layout, confusion, labels, normalize, colorScale, hideDiagonal, facing, palette, inks, ratio: 1 });
  const viewBox = `0 0 ${Math.ceil(Math.max(NARROWEST, layout.width))} ${Math.ceil(layout.height)}`;
  const errors = hideDiagonal ? "; colours of the errors alone" : "";
  return framed(context, svg(document, "svg", { viewBox }, ...pen.parts), {
    title: `Confusion matrix · ${context.ledger.head.title}`,
    key: [],
    words: `${WORDS[normalize]} at ${pointWords(store.state)}${errors}. Hatched: shares of fewer than 20 boxes.`,
  });
}
