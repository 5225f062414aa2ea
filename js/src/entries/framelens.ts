/** The anywidget module: draws one evaluation. Nothing happens at import, and there is no `initialize`. */

import type { AnyWidget } from "@anywidget/types";
import { lent } from "../host/lent.ts";
import type { Traits } from "../host/model.ts";
import { importText } from "../host/module.ts";
import { painted } from "../views/canvas.ts";
import type { PanelModule, StartPanels } from "../views/panel.ts";
import { renderWidget } from "../views/widget.ts";

/** By their texts: the page holds this bundle once (`loader.ts`), and so the others. */
const started = new Map<string, Promise<PanelModule>>();

/** Imports the second bundle and lends it what it shares with this one. */
async function startPanels(text: string): Promise<PanelModule> {
  const start = await importText<StartPanels>(text);
  return start(lent);
}

const widget: AnyWidget<Traits> = {
  render(props) {
    const load = () => {
      const text = props.model.get("panels");
      const known = started.get(text) ?? painted().then(() => startPanels(text));
      started.set(text, known);
      known.catch(() => started.delete(text)); // the next one tries again
      return known;
    };
    return renderWidget(props, load);
  },
};

export default widget;
