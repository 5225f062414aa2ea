/**
 * Shows the static twin of a widget: the report page of the same evaluation, in a sandboxed frame, wherever the live
 * widget is not drawn (no kernel, closed, exported). Built to `static/twin.js`, a script without imports or exports.
 *
 * Python writes it into the second output of the cell as
 *
 *   (function (twinHost, twinId, twinPage) { ...this script... })(HOST, "ID", "BASE64 of the gzip of the page");
 *
 * The live widget carries the class ID. Both outputs are always there; a style decides which one is seen, so that
 * nothing has to be told when a kernel comes or goes. The frame is made when the twin is first seen and taken away when
 * it is hidden: a hidden twin costs its text and nothing else.
 */
import { bytesFromBase64, gunzip } from "../host/bytes.ts";
import { onAbort } from "../host/life.ts";

declare const twinHost: HTMLElement;
declare const twinId: string;
declare const twinPage: string;

/** A live front end draws the widget a moment after the twin's output arrives. */
const GRACE = 1200;
/** A page that is laid out anew may hide the twin for a moment, which must not cost what a reader chose in it. */
const HIDDEN = 400;
const HEIGHT_LIMITS = [80, 6000] as const;

/** `ID` is made by Python: letters, digits and hyphens. */
function styleText(id: string): string {
  const alive = `body:has(.${id} :is(.framelens,.bqplot))`;
  const dead = `body:not(:has(.${id} :is(.framelens,.bqplot)))`;
  const output = ".jp-OutputArea-child";
  return [
    `#${id}{display:block;width:100%;min-height:1px}`,
    `#${id}:not([data-awake]),${alive} #${id}{display:none}`,
    // "Loading widget...", an error line or the picture for places without scripts: the twin says more
    `${dead} ${output}:has(+ ${output} #${id}[data-awake]){display:none!important}`,
    `#${id}>iframe{display:block;width:100%;border:0;color-scheme:normal}`,
    `@media print{#${id}>iframe{height:var(--fl-paper)!important}}`,
  ].join("\n");
}

function isDark(element: Element): boolean {
  const view = element.ownerDocument.defaultView;
  for (let node: Element | null = element; node && view; node = node.parentElement) {
    const parts =
      view
        .getComputedStyle(node)
        .backgroundColor.match(/[\d.]+/g)
        ?.map(Number) ?? [];
    const [red = 0, green = 0, blue = 0, alpha = 1] = parts;
    if (parts.length >= 3 && alpha > 0.5) return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128;
  }
  return false;
}

/** Shows the page until `signal` aborts. */
function addFrame(host: HTMLElement, page: string, signal: AbortSignal): void {
  const { ownerDocument: document } = host;
  const frame = document.createElement("iframe");
  frame.title = "framelens: saved view";
  frame.setAttribute("sandbox", "allow-scripts allow-downloads");
  frame.style.height = "900px";
  // The page is our own text: it comes from this output and not from a name or a number in it.
  frame.srcdoc = page.replace("<html ", `<html data-theme="${isDark(host) ? "dark" : "light"}" `);
  document.defaultView?.addEventListener("message", (event) => follow(frame, event), { signal });
  onAbort(signal, () => frame.remove());
  host.append(frame);
}

/** The frame says how high it is, and how high it will be on paper. */
function follow({ style, contentWindow }: HTMLIFrameElement, event: MessageEvent): void {
  if (event.source !== contentWindow) return;
  const said = event.data as Record<string, unknown> | null;
  const [least, most] = HEIGHT_LIMITS;
  for (const [name, property] of Object.entries({ framelensHeight: "height", framelensPaper: "--fl-paper" })) {
    const height = said?.[name];
    if (typeof height === "number" && Number.isFinite(height))
      style.setProperty(property, `${Math.min(Math.max(height, least), most)}px`);
  }
}

async function showTwin(host: HTMLElement, id: string, packed: string): Promise<void> {
  const { ownerDocument: document } = host;
  const view = document.defaultView;
  if (!view) return;
  const inside = document.createElement("div");
  inside.id = id;
  const style = document.createElement("style");
  style.textContent = styleText(id);
  host.append(style, inside);
  // JupyterLab, Notebook and Voila draw widgets; their pages carry their configuration.
  const live = document.getElementById("jupyter-config-data") !== null;
  const page = new TextDecoder().decode(await gunzip(bytesFromBase64(packed)));
  let life: AbortController | undefined;
  let hiding = 0;
  const hide = () => {
    life?.abort();
    life = undefined;
  };
  new view.ResizeObserver(([entry]) => {
    view.clearTimeout(hiding);
    if ((entry?.contentRect.width ?? 0) === 0) {
      hiding = view.setTimeout(hide, HIDDEN);
    } else if (!life) {
      life = new AbortController();
      addFrame(inside, page, life.signal);
    }
  }).observe(inside);
  view.setTimeout(() => inside.setAttribute("data-awake", ""), live ? GRACE : 0);
}

void showTwin(twinHost, twinId, twinPage);
