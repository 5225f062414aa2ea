/** Inside the widget every key is the widget's, but for one: the notebook is saved from everywhere. */
import type { Context } from "../views/context.ts";

const MARK = "data-lm-suppress-shortcuts";

/**
 * JupyterLab and Notebook 7 stop at the first element that keeps its keys. Heard before them, Control and S takes that
 * mark away for as long as they look.
 */
export function passSaving({ document, root, signal }: Pick<Context, "document" | "root" | "signal">): void {
  const pass = (event: KeyboardEvent) => {
    const target = event.target as Element | null;
    if (!(event.ctrlKey || event.metaKey) || event.key !== "s" || !target || !root.contains(target)) return;
    const marked: Element[] = [];
    for (let one: Element | null = target; one; one = one.parentElement) if (one.hasAttribute(MARK)) marked.push(one);
    for (const one of marked) one.removeAttribute(MARK);
    setTimeout(() => {
      for (const one of marked) one.setAttribute(MARK, "true");
    });
  };
  document.defaultView?.addEventListener("keydown", pass, { capture: true, signal });
}
