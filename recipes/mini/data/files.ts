import { mkdir, writeFile as writeFileOnce } from 'node:fs/promises';
import path from 'node:path';

/** Writes a file and the folders above it; what is cut off is made again from the seed. */
export async function writeFile(file: string, content: string | Uint8Array): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFileOnce(file, content);
}

/** A table whose cells hold no comma, quote or line end. */
export const csvText = (columns: readonly string[], rows: readonly (readonly string[])[]): string =>
  [columns, ...rows].map((cells) => `${cells.join(',')}\n`).join('');
