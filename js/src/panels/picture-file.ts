/** A picture that is taken away: with its title, its key and the settings, and no need of the page. */
import { svg } from "../draw/dom.ts";
import { printable } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import { stampNow } from "./files.ts";

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
  "rx",
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
      if (value && value !== "auto") element.setAttribute(name, value);
    }
    for (const name of ["class", "tabindex", "role"]) element.removeAttribute(name);
  });
  return copy;
}

/** Colour of the swatch inside an entry of a key, as it is on the page. */
export function swatchColor(entry: Element | undefined): string {
  const swatch = entry?.querySelector("i");
  return (swatch && entry?.ownerDocument.defaultView?.getComputedStyle(swatch).borderTopColor) || "currentColor";
}

const [SIZE, LINE, EDGE] = [11, 15, 12];

/** Lines of at most so many letters; a longer word stays whole. */
function wrapped(text: string, letters: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < letters) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** What stands around a picture. `key`: name and colour of what is drawn. */
export interface Frame {
  readonly title: string;
  readonly key: readonly (readonly [name: string, color: string])[];
  readonly words: string;
}

/** A colour of the page, as its style sheet names it. */
function colorOf({ document, root }: Pick<Context, "document" | "root">, name: string, otherwise: string): string {
  return document.defaultView?.getComputedStyle(root).getPropertyValue(name).trim() || otherwise;
}

/** The colour behind every picture. */
export const groundOf = (context: Pick<Context, "document" | "root">) => colorOf(context, "--fl-surface", "#ffffff");

/** The picture with title, key, words and stamp as one SVG, in the colours of the page. */
export function framed(context: Context, picture: SVGSVGElement, { title, key, words }: Frame): SVGSVGElement {
  const { document, root } = context;
  const [ink, muted] = [colorOf(context, "--fl-ink", "#1f2328"), colorOf(context, "--fl-muted", "#59636e")];
  const { width, height } = picture.viewBox.baseVal;
  const [full, letters] = [width + 2 * EDGE, Math.floor(width / (0.52 * SIZE))];
  const parts: SVGElement[] = [];
  let y = EDGE;
  const line = (text: string, fill: string, size = SIZE, weight = 400, indent = 0) => {
    y += LINE;
    parts.push(
      svg(document, "text", { x: EDGE + indent, y: y - 4, fill, "font-size": size, "font-weight": weight }, text),
    );
  };
  for (const text of wrapped(printable(title, 120), Math.floor(letters * 0.85))) line(text, ink, SIZE + 2, 650);
  const copy = standalone(picture);
  for (const [name, value] of Object.entries({ x: EDGE, y: y + 4, width, height }))
    copy.setAttribute(name, String(value));
  parts.push(copy);
  y += height + 8;
  for (const [name, own] of key) {
    line(printable(name, 60), ink, SIZE, 400, 18);
    parts.push(svg(document, "rect", { x: EDGE, y: y - 10, width: 12, height: 5, fill: own }));
  }
  for (const text of wrapped(words, letters)) line(text, ink);
  const stamp = stampNow(context).map(([name, value]) => `${name}: ${printable(String(value), 200)}`);
  for (const text of wrapped(stamp.join(" · "), Math.floor(letters * 1.15))) line(text, muted, SIZE - 2);
  y += EDGE;
  const whole = svg(
    document,
    "svg",
    { viewBox: `0 0 ${full} ${y}`, width: 2 * full, height: 2 * y },
    svg(document, "rect", { width: full, height: y, fill: groundOf(context) }),
    ...parts,
  );
  const font = document.defaultView?.getComputedStyle(root).fontFamily;
  whole.setAttribute("font-family", font || "sans-serif");
  whole.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return whole;
}

export const svgBlob = (picture: SVGSVGElement) =>
  new Blob([new XMLSerializer().serializeToString(picture)], { type: "image/svg+xml" });

/** The picture as pixels, twice as many as it has on the page. */
export async function pngBlob({ document }: Pick<Context, "document">, picture: SVGSVGElement): Promise<Blob> {
  const url = URL.createObjectURL(svgBlob(picture));
  try {
    const image = document.createElement("img");
    image.src = url;
    await image.decode();
    const sheet = document.createElement("canvas");
    sheet.width = Number(picture.getAttribute("width"));
    sheet.height = Number(picture.getAttribute("height"));
    sheet.getContext("2d")?.drawImage(image, 0, 0, sheet.width, sheet.height);
    return await canvasBlob(sheet);
  } finally {
    URL.revokeObjectURL(url);
  }
}

function canvasBlob(sheet: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) =>
    sheet.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the picture could not be made"))), "image/png"),
  );
}
