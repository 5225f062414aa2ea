import { bytesFromBase64, gunzip } from "./bytes.ts";

/** How the base64 of every gzip begins; no module begins so. */
const PACKED = "H4sI";

/**
 * Imports a module from its text, or from the base64 of its gzip: neither a notebook nor a report has an address to
 * take it from.
 */
export async function importText<Module>(text: string): Promise<Module> {
  const source = text.startsWith(PACKED) ? await gunzip(bytesFromBase64(text)) : text;
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  try {
    const module = (await import(url)) as { default: Module };
    return module.default;
  } finally {
    URL.revokeObjectURL(url);
  }
}

const MODULES = Symbol.for("framelens.modules");

/**
 * What `make` makes of a text, once on a page: browsers never free a module, and each run of a cell is a new widget with
 * the same text. Where it fails the next one tries again.
 */
export function oncePerPage<Made>(text: string, make: (text: string) => Promise<Made>): Promise<Made> {
  const page = globalThis as { [MODULES]?: Map<string, Promise<unknown>> };
  page[MODULES] ??= new Map();
  const known = page[MODULES];
  const made = (known.get(text) as Promise<Made> | undefined) ?? make(text);
  known.set(text, made);
  made.catch(() => known.delete(text));
  return made;
}
