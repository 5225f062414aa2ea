/** The confusion matrix: canvases, tooltip, keyboard, and what a screen reader hears. */
import type { Context } from "./context.ts";
import { MatrixInput } from "./matrix-input.ts";
import { MatrixPainter } from "./matrix-painter.ts";
import { matrixToolbar } from "./matrix-toolbar.ts";

const KEYS =
  "Arrow keys move, Enter selects, Shift and Space selects the row, Control and Space the column, Escape clears.";

export function matrixView(context: Context): HTMLElement {
  const { make, ledger } = context;
  const { classes, counts } = ledger.head;
  const stage = make("div.fl-matrix-stage", {
    tabindex: 0,
    role: "application",
    "aria-roledescription": "confusion matrix",
    "aria-label": `Confusion matrix of ${classes.length} classes and background, ${counts.objects} objects. ${KEYS}`,
  });
  const live = make("p.fl-unseen.fl-live", { "aria-live": "polite" });
  const painter = new MatrixPainter(context, stage);
  new MatrixInput(context, painter, live);
  return make("section.fl-matrix", { "aria-label": "Confusion matrix" }, matrixToolbar(context), stage, live);
}
