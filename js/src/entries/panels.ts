/**
 * The second bundle: everything around matrix and gallery. The first one imports it from text, so that each stays small
 * enough to be sent quickly, and a page without it still has its matrix.
 */
import { bandDialog } from "../panels/bands.ts";
import { chartsPanel } from "../panels/charts.ts";
import { checklistPanel } from "../panels/checklist.ts";
import { classesPanel } from "../panels/classes.ts";
import { watchConnection } from "../panels/connection.ts";
import { startCounting } from "../panels/counting.ts";
import { curvesPanel } from "../panels/curves.ts";
import { showEpochStatus } from "../panels/epoch-status.ts";
import { epochsPanel } from "../panels/epochs.ts";
import { errorsPanel } from "../panels/errors.ts";
import { eventsPanel } from "../panels/events.ts";
import { canFilter, filterBar } from "../panels/filter.ts";
import { framesPanel } from "../panels/frames.ts";
import { galleryView } from "../panels/gallery.ts";
import { helpDialog } from "../panels/help.ts";
import { passSaving } from "../panels/host-keys.ts";
import { labelsPanel } from "../panels/labels.ts";
import { matrixTools } from "../panels/matrix-tools.ts";
import { paperView } from "../panels/paper.ts";
import { savePanel } from "../panels/save.ts";
import { bindSizes } from "../panels/sizes.ts";
import { slicesPanel } from "../panels/slices.ts";
import { thresholdsView } from "../panels/thresholds.ts";
import type { Extras, Panel, PanelModule } from "../views/panel.ts";
import { tabsView } from "../views/tabs.ts";

/** In the order of their tabs. */
const panels: readonly Panel[] = [
  classesPanel,
  curvesPanel,
  errorsPanel,
  slicesPanel,
  framesPanel,
  eventsPanel,
  labelsPanel,
  checklistPanel,
  chartsPanel,
  epochsPanel,
  savePanel,
];

const start: Extras["startCounting"] = (model, context) => {
  startCounting(model, context);
  passSaving(context);
  watchConnection(model, context);
  bindSizes(model, context);
  if (canFilter(context)) context.root.prepend(filterBar(context));
};

export default {
  panels,
  extras: {
    bandDialog,
    galleryView,
    helpDialog,
    matrixTools,
    paper: paperView,
    showEpochStatus,
    startCounting: start,
    tabsView,
    thresholds: thresholdsView,
  },
} satisfies PanelModule;
