/**
 * The second bundle: everything around matrix and gallery. The first one imports it from text, so that each stays small
 * enough to be sent quickly, and a page without it still has its matrix.
 */
import { chartsPanel } from "../panels/charts.ts";
import { checklistPanel } from "../panels/checklist.ts";
import { classesPanel } from "../panels/classes.ts";
import { startCounting } from "../panels/counting.ts";
import { showEpochStatus } from "../panels/epoch-status.ts";
import { epochsPanel } from "../panels/epochs.ts";
import { galleryView } from "../panels/gallery.ts";
import { helpDialog } from "../panels/help.ts";
import { matrixTools } from "../panels/matrix-tools.ts";
import { thresholdsView } from "../panels/thresholds.ts";
import type { Panel, PanelModule } from "../views/panel.ts";

/** In the order of their tabs. */
const panels: readonly Panel[] = [classesPanel, checklistPanel, chartsPanel, epochsPanel];

export default {
  panels,
  extras: { galleryView, helpDialog, matrixTools, showEpochStatus, startCounting, thresholds: thresholdsView },
} satisfies PanelModule;
