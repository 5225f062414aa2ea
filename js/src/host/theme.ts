/** Light or dark, found from what is really behind the widget, so that no host needs to be known by name. */

import { onAbort } from "./life.ts";

export interface Theme {
  readonly dark: boolean;
  /** The system replaces colours (high contrast). */
  readonly forced: boolean;
}

/** Red, green, blue (0..255) and alpha (0..1) of a computed colour, or undefined where it is written another way. */
export function parseColor(text: string): readonly [number, number, number, number] | undefined {
  const match = /^rgba?\(\s*([\d.]+)[\s,]+([\d.]+)[\s,]+([\d.]+)(?:[\s,/]+([\d.]+)(%?))?\s*\)$/.exec(text);
  if (!match) return undefined;
  const alpha = match[4] === undefined ? 1 : Number(match[4]) / (match[5] ? 100 : 1);
  return [Number(match[1]), Number(match[2]), Number(match[3]), alpha];
}

function isDark([red, green, blue]: readonly [number, number, number, number]): boolean {
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128;
}

/** Whether the nearest painted background behind `element` is dark; else what the page's colour scheme paints. */
export function behindIsDark(element: Element): boolean {
  const view = element.ownerDocument.defaultView;
  if (!view) return false;
  for (let node: Node | null = element.parentNode; node; node = node.parentNode) {
    const here = node instanceof view.ShadowRoot ? node.host : node;
    if (!(here instanceof view.Element)) continue;
    const color = parseColor(view.getComputedStyle(here).backgroundColor);
    if (color && color[3] > 0.5) return isDark(color);
    if (here !== node) node = here;
  }
  const scheme = view.getComputedStyle(element.ownerDocument.documentElement).colorScheme ?? "";
  if (scheme.includes("dark") && !scheme.includes("light")) return true;
  return scheme.includes("dark") && matches(view, "(prefers-color-scheme: dark)");
}

function matches(view: Window, query: string): boolean {
  return view.matchMedia?.(query)?.matches ?? false;
}

/** Calls `apply` now and whenever the look of the page may have changed. */
export function watchTheme(element: HTMLElement, apply: (theme: Theme) => void, signal: AbortSignal): void {
  const { ownerDocument } = element;
  const view = ownerDocument.defaultView;
  if (!view || signal.aborted) return;
  let last = "";
  let printing = false;
  function update(): void {
    const dark = !printing && behindIsDark(element);
    const theme = { dark, forced: matches(view as Window, "(forced-colors: active)") };
    const key = JSON.stringify(theme);
    if (key === last) return;
    last = key;
    apply(theme);
  }
  for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
    view.matchMedia?.(query)?.addEventListener("change", update, { signal });
  }
  for (const event of ["beforeprint", "afterprint"]) {
    const turn = () => {
      printing = event === "beforeprint"; // paper is white
      update();
    };
    view.addEventListener(event, turn, { signal });
  }
  // hosts draw into an element that is not on the page yet: what is behind it is known once it has a size there
  const placed = new view.ResizeObserver(update);
  placed.observe(element);
  onAbort(signal, () => placed.disconnect());
  const observer = new view.MutationObserver(update);
  onAbort(signal, () => observer.disconnect());
  for (const target of [ownerDocument.documentElement, ownerDocument.body]) {
    observer.observe(target, {
      attributes: true,
      attributeFilter: [
        "class",
        "style",
        "data-theme",
        "data-jp-theme-light",
        "data-jp-theme-name",
        "data-vscode-theme-kind",
      ],
    });
  }
  update();
}
