/** Every panel gives its table as CSV and its picture as SVG or PNG. Nothing leaves the page but a file. */
import { listen } from "../draw/dom.ts";
import { printable } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";

export type Cell = string | number | null;

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/**
 * Text of one cell. A spreadsheet would run text that begins like a formula, so it gets an apostrophe; numbers are
 * numbers, and what is undefined is empty.
 */
function cellText(cell: Cell): string {
  if (cell === null || (typeof cell === "number" && !Number.isFinite(cell))) return "";
  if (typeof cell === "number") return String(cell);
  const safe = /^[\s]*[=+\-@\t\r]/u.test(cell) ? `'${cell}` : cell;
  return /[",\n\r]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csvOf({ columns, rows }: Table): string {
  return [columns, ...rows].map((row) => `${row.map(cellText).join(",")}\r\n`).join("");
}

/** What a picture takes along, because the page's styles stay behind. */
const STYLES = [
  "fill",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "opacity",
  "fill-opacity",
  "font-family",
  "font-size",
  "font-weight",
  "text-anchor",
] as const;

/** A picture that looks the same without the page: a copy with its styles written into it. */
export function standalone(picture: SVGSVGElement): SVGSVGElement {
  const copy = picture.cloneNode(true) as SVGSVGElement;
  const view = picture.ownerDocument.defaultView;
  const originals = [picture, ...picture.querySelectorAll<SVGElement>("*")];
  const copies = [copy, ...copy.querySelectorAll<SVGElement>("*")];
  copies.forEach((element, at) => {
    const shown = view?.getComputedStyle(originals[at] as SVGElement);
    for (const name of STYLES) {
      const value = shown?.getPropertyValue(name);
      if (value) element.setAttribute(name, value);
    }
    for (const name of ["class", "tabindex", "role"]) element.removeAttribute(name);
  });
  const { width, height } = picture.viewBox.baseVal;
  copy.setAttribute("width", String(2 * width));
  copy.setAttribute("height", String(2 * height));
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return copy;
}

function save({ document }: Context, blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser has taken the address over by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function svgBlob({ document }: Context, picture: SVGSVGElement): Blob {
  const copy = standalone(picture);
  const ground = picture.closest<HTMLElement>(".framelens");
  const color = ground && document.defaultView?.getComputedStyle(ground).getPropertyValue("--fl-background");
  if (color) copy.style.background = color;
  return new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" });
}

/** File name from a title and the evaluation's own. */
export function fileName({ ledger }: Pick<Context, "ledger">, title: string, ending: string): string {
  const plain = `${printable(ledger.head.title, 40)} ${title}`.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/gu, "");
  return `${plain || "framelens"}.${ending}`;
}

/** A row of small buttons: CSV of the table, and SVG of each picture where there are any. */
export function exportButtons(
  context: Context,
  title: string,
  give: { table?: (() => Table) | undefined; picture?: () => SVGSVGElement | null },
): HTMLElement {
  const { make, signal } = context;
  const button = (kind: string, act: () => void) => {
    const element = make("button.fl-export", { "aria-label": `${title} as ${kind}`, "data-export": kind }, kind);
    listen(element, "click", act, signal);
    return element;
  };
  const { table, picture } = give;
  const csv =
    table &&
    button("CSV", () =>
      save(context, new Blob(["\ufeff", csvOf(table())], { type: "text/csv" }), fileName(context, title, "csv")),
    );
  const drawn =
    picture &&
    button("SVG", () => {
      const found = picture();
      if (found) save(context, svgBlob(context, found), fileName(context, title, "svg"));
    });
  return make("span.fl-exports", {}, csv, drawn);
}
