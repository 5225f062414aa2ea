/** The panels under the matrix: one tab each, drawn when it is first opened. The chosen tab is kept by the model. */
import { listen } from "../draw/dom.ts";
import type { Context } from "./context.ts";
import type { Panel } from "./panel.ts";

/** Tabs of one page need names of their own, and a page may hold several widgets. */
let pages = 0;

export function tabsView(context: Context, panels: readonly Panel[]): HTMLElement {
  const { make, store, signal } = context;
  const shown = panels.filter((panel) => panel.has(context));
  const page = ++pages;
  const tabs = shown.map(({ id, title }) =>
    make(
      "button.fl-tab",
      { role: "tab", id: `fl-tab-${page}-${id}`, "aria-controls": `fl-panel-${page}-${id}`, "data-panel": id },
      title,
    ),
  );
  const places = shown.map(({ id }) =>
    make("div.fl-panel", {
      role: "tabpanel",
      id: `fl-panel-${page}-${id}`,
      "aria-labelledby": `fl-tab-${page}-${id}`,
      "data-panel": id,
    }),
  );
  const list = make("div.fl-tabs", { role: "tablist", "aria-label": "More about this evaluation" }, ...tabs);
  store.watch(
    ["panel"],
    (state) => {
      const found = shown.findIndex(({ id }) => id === state.panel);
      const at = Math.max(found, 0);
      tabs.forEach((tab, index) => {
        tab.setAttribute("aria-selected", String(index === at));
        tab.tabIndex = index === at ? 0 : -1;
      });
      places.forEach((place, index) => {
        place.hidden = index !== at;
        if (index === at && !place.firstChild) place.append((shown[index] as Panel).view(context));
      });
    },
    signal,
  );
  const open = (index: number) => {
    const at = (index + shown.length) % shown.length;
    store.set({ panel: (shown[at] as Panel).id });
    tabs[at]?.focus();
  };
  listen(
    list,
    "click",
    (event) => {
      const at = tabs.indexOf((event.target as Element).closest("button") as HTMLButtonElement);
      if (at >= 0) open(at);
    },
    signal,
  );
  listen(
    list,
    "keydown",
    (event) => {
      const at = tabs.indexOf(event.target as HTMLButtonElement);
      const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: shown.length - 1 }[event.key];
      if (at < 0 || to === undefined) return;
      event.preventDefault();
      open(to);
    },
    signal,
  );
  const section = make("section.fl-panels", { "aria-label": "Panels" }, list, ...places);
  section.hidden = shown.length === 0;
  return section;
}
