/** Files of a bundle by path, as `@crrg/pipeline` takes them for a model. */
export type EmbeddedFiles = ReadonlyMap<string, Uint8Array>;

function decode(base64: string): Uint8Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** Files from base64. */
export function decodeFiles(files: Readonly<Record<string, string>>): EmbeddedFiles {
  return new Map(Object.entries(files).map(([path, base64]) => [path, decode(base64)]));
}
