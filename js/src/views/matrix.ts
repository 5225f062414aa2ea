/** The confusion matrix: canvases, tooltip, keyboard, and what a screen reader hears. */
import type { Context } from "./context.ts";
import { MatrixInput } from "./matrix-input.ts";
import { MatrixPainter } from "./matrix-painter.ts";
import { shapeOf } from "./matrix-shape.ts";
import { matrixToolbar } from "./matrix-toolbar.ts";

const KEYS = "Arrow keys move, Enter selects, Escape clears, the question mark lists all keys.";

export function matrixView(context: Context): HTMLElement {
  const { make, ledger, signal } = context;
  const { classes, counts } = ledger.head;
  const stage = make("div.fl-matrix-stage", {
    tabindex: 0,
    role: "application",
    "aria-roledescription": "confusion matrix",
    "aria-label": `Confusion matrix of ${classes.length} classes and background, ${counts.objects} objects. ${KEYS}`,
  });
  const live = make("p.fl-unseen.fl-live", { "aria-live": "polite" });
  const shape = shapeOf(context);
  const painter = new MatrixPainter(context, stage, shape);
  new MatrixInput(context, painter, shape, live);
  const section = make("section.fl-matrix", { "aria-label": "Confusion matrix" });
  const tools = make("div.fl-matrix-tools");
  section.append(matrixToolbar(context, shape), tools, stage, live);
  // Without the second bundle the matrix stays as it is; what went wrong is said where the panels would stand.
  context.load().then(
    ({ extras }) => extras && !signal.aborted && tools.append(extras.matrixTools(context)),
    () => undefined,
  );
  return section;
}
