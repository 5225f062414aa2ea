/**
 * The anywidget module: a few lines that import the first bundle once for a page. A host makes a module of this text for
 * every widget, and a browser never frees one; a cell that was run a hundred times would leave a hundred bundles.
 */
import type { AnyWidget } from "@anywidget/types";
import type { Traits } from "../host/model.ts";
import { importText, oncePerPage } from "../host/module.ts";

interface Core {
  render: NonNullable<Extract<AnyWidget<Traits>, { render?: unknown }>["render"]>;
}

const widget: AnyWidget<Traits> = {
  async render(props) {
    const core = await oncePerPage(props.model.get("core") ?? "", importText<Core>);
    return core.render(props);
  },
};

export default widget;
