/** The anywidget module: draws one evaluation. Nothing happens at import, and there is no `initialize`. */

import type { AnyWidget } from "@anywidget/types";
import { lent } from "../host/lent.ts";
import type { Traits } from "../host/model.ts";
import { importText } from "../host/module.ts";
import { painted } from "../views/canvas.ts";
import type { PanelModule, StartPanels } from "../views/panel.ts";
import { renderWidget } from "../views/widget.ts";

/** Modules are never freed, so a model that is drawn several times imports its panels once. */
const imported = new WeakMap<object, Promise<PanelModule>>();

/** Imports the second bundle and lends it what it shares with this one. */
async function startPanels(text: string): Promise<PanelModule> {
  const start = await importText<StartPanels>(text);
  return start(lent);
}

const widget: AnyWidget<Traits> = {
  render(props) {
    const { model } = props;
    const load = () => {
      const known = imported.get(model) ?? painted().then(() => startPanels(model.get("panels")));
      imported.set(model, known);
      return known;
    };
    return renderWidget(props, load);
  },
};

export default widget;
