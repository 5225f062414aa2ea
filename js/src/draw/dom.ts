/** The only place that makes elements. Text becomes text nodes; nothing is ever parsed as markup. */

type Attribute =
  | "class"
  | "type"
  | "title"
  | "role"
  | "tabindex"
  | "for"
  | "id"
  | "name"
  | "value"
  | "scope"
  | "colspan"
  | "open"
  | "disabled"
  | "hidden"
  | "alt"
  | "width"
  | "height"
  | "viewBox"
  | "preserveAspectRatio"
  | "d"
  | "x"
  | "y"
  | "x1"
  | "x2"
  | "y1"
  | "y2"
  | "cx"
  | "cy"
  | "r"
  | "rx"
  | "points"
  | "transform"
  | "text-anchor"
  | "dominant-baseline"
  | "focusable"
  | "decoding"
  | "vector-effect"
  | "stroke-dasharray"
  | "start"
  | "placeholder"
  | "fill"
  | "font-size"
  | "font-weight"
  | "min"
  | "max"
  | "step"
  | `aria-${string}`
  | `data-${string}`;

type Attributes = Partial<Record<Attribute, string | number | boolean | null | undefined>>;
type Child = Node | string | number | null | undefined | false;

const SVG = "http://www.w3.org/2000/svg";

function fill(element: Element, attributes: Attributes, children: readonly Child[]): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, ...children);
}

function append(element: Element, ...children: readonly Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    element.append(typeof child === "number" ? String(child) : child);
  }
}

const FOCUSABLE = new Set(["button", "select", "summary", "input", "textarea"]);

/** Makes an SVG element. */
export function svg<K extends keyof SVGElementTagNameMap>(
  document: Document,
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, tag);
  fill(element, attributes, children);
  return element;
}

/** Makes an HTML element; `p.fl-title` is a `p` of class `fl-title`. */
export type Html = <K extends keyof HTMLElementTagNameMap>(
  kind: K | `${K}.${string}`,
  attributes?: Attributes,
  ...children: readonly Child[]
) => HTMLElementTagNameMap[K];

/**
 * Makes the elements of one document.
 *
 * JupyterLab and Notebook 7 look for their shortcuts at the element that has the focus and stop at the first that keeps
 * its keys, so every element that can have the focus must say so itself; its parents cannot say it for it.
 */
export function maker(document: Document): Html {
  return <K extends keyof HTMLElementTagNameMap>(
    kind: K | `${K}.${string}`,
    attributes: Attributes = {},
    ...children: readonly Child[]
  ) => {
    const [tag, ...names] = kind.split(".") as [K, ...string[]];
    const element = document.createElement(tag);
    if (names.length > 0) element.className = names.join(" ");
    // In a form of the host, a button of the default type would submit it.
    if (tag === "button") element.setAttribute("type", "button");
    if (FOCUSABLE.has(tag) || attributes.tabindex !== undefined) element.dataset.lmSuppressShortcuts = "true";
    fill(element, attributes, children);
    return element;
  };
}

/** Listens until `signal` aborts; there is no way to listen without one. */
export function listen<K extends keyof HTMLElementEventMap>(
  target: HTMLElement,
  type: K,
  heard: (event: HTMLElementEventMap[K]) => void,
  signal: AbortSignal,
): void {
  target.addEventListener(type, heard, { signal });
}
