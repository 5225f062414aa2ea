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
