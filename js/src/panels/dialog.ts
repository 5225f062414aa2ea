/** A dialog that is made anew each time and gone when it is closed, with everything that listened in it. */
import { listen } from "../draw/dom.ts";
import type { Context } from "../views/context.ts";

interface Dialog {
  readonly element: HTMLDialogElement;
  /** Aborts when it is closed. */
  readonly signal: AbortSignal;
}

/** Puts a closed dialog with a heading on the page. When it is closed the focus goes back to where it was. */
export function createDialog({ make, root, signal }: Context, kind: string, title: string): Dialog {
  const life = new AbortController();
  const ended = AbortSignal.any([signal, life.signal]);
  const close = make("button.fl-button.fl-close", {}, "Close");
  const head = make("div.fl-frame-head", {}, make("h2.fl-heading.fl-frame-name", {}, title), close);
  const element = make(`dialog.fl-frame.${kind}`, { "aria-label": title, tabindex: -1 }, head);
  const focused = root.querySelector<HTMLElement>(":focus"); // the document may see no further than a shadow host
  listen(close, "click", () => element.close(), ended);
  // A text that is selected out of its field ends on the backdrop, and is a click there.
  let pressed: EventTarget | null = null;
  const press = ({ target }: Event) => {
    pressed = target;
  };
  listen(element, "pointerdown", press, ended);
  listen(element, "click", ({ target }) => target === element && pressed === element && element.close(), ended);
  const gone = () => {
    life.abort();
    element.remove();
    focused?.focus();
  };
  listen(element, "close", gone, ended);
  // Nothing behind it hears its keys; Escape closes it by itself.
  listen(element, "keydown", (event) => event.stopPropagation(), ended);
  root.append(element);
  return { element, signal: ended };
}
