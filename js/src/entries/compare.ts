/** The second bundle of a comparison: it stands where panels.js stands beside an evaluation. */
import { comparePanel } from "../panels/compare.ts";
import type { PanelModule } from "../views/panel.ts";

export default { panels: [comparePanel] } satisfies PanelModule;
