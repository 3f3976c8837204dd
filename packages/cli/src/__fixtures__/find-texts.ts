import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** How base64 writes a text, wherever in groups of three bytes it begins: without what depends on its neighbours. */
function base64Forms(text: string): string[] {
  return [0, 1, 2].map((shift) => {
    const bytes = Buffer.from('\0'.repeat(shift) + text);
    return bytes.toString('base64').slice(Math.ceil((shift * 8) / 6), Math.floor((bytes.length * 8) / 6));
  });
}

/** Those of the texts that the bytes hold as they are, in UTF-16, in base64 or in hexadecimal. */
export function findTexts(bytes: string | Uint8Array, texts: readonly string[]): string[] {
  const all = (typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes)).toString('latin1');
  const lower = all.toLowerCase();
  return texts.filter(
    (text) =>
      lower.includes(text.toLowerCase()) ||
      lower.includes([...text.toLowerCase()].join('\0')) ||
      lower.includes(Buffer.from(text).toString('hex')) ||
      base64Forms(text).some((form) => all.includes(form)),
  );
}

/** Every file below a folder, with those of the texts that it holds. */
export async function findTextsInFiles(
  folder: string,
  texts: readonly string[],
): Promise<{ readonly files: readonly string[]; readonly found: readonly string[] }> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  const found: string[] = [];
  for (const file of files)
    for (const text of findTexts(await readFile(file), texts)) found.push(`${file}: ${text}`);
  return { files, found };
}
