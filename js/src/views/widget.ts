/** Draws one evaluation for one model, and draws it again when the payload changes. */

import type { RenderProps } from "@anywidget/types";
import { maker } from "../draw/dom.ts";
import { latest, onAbort } from "../host/life.ts";
import { type Model, onModel, type Traits } from "../host/model.ts";
import { reasonOf } from "../host/rpc.ts";
import { mountApp } from "./app.ts";
import type { LoadPanels } from "./panel.ts";

function problemView(document: Document, error: unknown): HTMLElement {
  const make = maker(document);
  const text = reasonOf(error);
  return make("div.fl-problem", { role: "alert" }, make("strong", {}, "framelens: "), text);
}

/** Remembers which element has the focus; the function that it returns gives it to the one drawn in its place. */
function focusKept(root: HTMLElement): () => void {
  const { activeElement: active } = root.getRootNode() as Document | ShadowRoot;
  if (!active || active === root || !root.contains(active)) return () => undefined;
  const kind = [active.localName, ...active.classList].join(".");
  const place = [...root.querySelectorAll(kind)].indexOf(active);
  return () => {
    const focused = (root.getRootNode() as Document | ShadowRoot).activeElement;
    const lost = !focused || focused === root.ownerDocument.body;
    if (lost) root.querySelectorAll<HTMLElement>(kind)[place]?.focus({ preventScroll: true });
  };
}

type Props = Pick<RenderProps<Traits>, "model" | "el" | "signal">;

export function renderWidget({ model, el, signal }: Props, load: LoadPanels): () => void {
  if (signal?.aborted) return () => undefined;
  const document = el.ownerDocument;
  const life = new AbortController();
  // Hosts older than anywidget 0.11 give no signal; they call the function that render returns.
  signal?.addEventListener("abort", () => life.abort(), { once: true, signal: life.signal });
  const root = maker(document)("div.framelens", { "data-lm-suppress-shortcuts": "true" });
  el.append(root);
  onAbort(life.signal, () => root.remove());
  // JupyterLab keeps Enter from a field, and with it the change that Enter stands for.
  const enter = ({ key, target }: KeyboardEvent) =>
    key === "Enter" &&
    (target as Element).matches("input") &&
    (target as Element).dispatchEvent(new Event("change", { bubbles: true }));
  root.addEventListener("keydown", enter, { capture: true, signal: life.signal });

  // Until the parts that come later stand, the page keeps its height, and nothing below it jumps.
  const settled = (back: () => void) => {
    root.style.minHeight = "";
    root.dataset.panels = "ready";
    back();
  };
  const next = latest(life.signal);
  const onError = (error: unknown) => {
    console.error("framelens:", error);
    root.append(problemView(document, error));
    root.dataset.state = "error";
  };
  function draw(): void {
    const alive = next();
    const back = focusKept(root);
    root.style.minHeight = `${root.offsetHeight}px`;
    root.replaceChildren();
    root.dataset.state = "ready";
    delete root.dataset.panels;
    try {
      void mountApp(model as Model, root, alive, onError, load).ready.then(() => {
        if (!alive.aborted) settled(back);
      });
    } catch (error) {
      next();
      root.replaceChildren();
      onError(error);
    }
  }

  let due = false;
  // Head and data arrive as two changes of one update; together they are drawn once.
  const redraw = () => {
    if (due) return;
    due = true;
    queueMicrotask(() => {
      due = false;
      if (!life.signal.aborted) draw();
    });
  };
  for (const name of ["head", "data", "view"] as const) onModel(model as Model, `change:${name}`, redraw, life.signal);
  draw();
  return () => life.abort();
}
