type Reader = { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> };

/** Base64 to bytes. Throws where the text is not base64. */
export function bytesFromBase64(text: string): Uint8Array<ArrayBuffer> {
  // Browsers before 2025 have no such function.
  const made = (Uint8Array as Reader).fromBase64?.(text);
  if (made) return made;
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/** Undoes gzip with what the browser brings. */
export async function gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
