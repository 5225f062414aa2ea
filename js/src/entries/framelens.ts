/** The anywidget module: draws one evaluation. Nothing happens at import, and there is no `initialize`. */

import type { AnyWidget } from "@anywidget/types";
import { lent } from "../host/lent.ts";
import type { Traits } from "../host/model.ts";
import { importText, oncePerPage } from "../host/module.ts";
import { painted } from "../views/canvas.ts";
import type { PanelModule, StartPanels } from "../views/panel.ts";
import { renderWidget } from "../views/widget.ts";

/** Imports the second bundle and lends it what it shares with this one. */
async function startPanels(text: string): Promise<PanelModule> {
  const start = await importText<StartPanels>(text);
  return start(lent);
}

const widget: AnyWidget<Traits> = {
  render(props) {
    let known: Promise<PanelModule> | undefined;
    const load = () => {
      known ??= painted().then(() => oncePerPage(props.model.get("panels"), startPanels));
      return known;
    };
    return renderWidget(props, load);
  },
};

export default widget;
