import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomically } from '@crrg/core/node';

/** Writes a file and the folders above it. */
export async function writeFile(file: string, content: string | Uint8Array): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFileAtomically(file, content);
}

/** A table whose cells hold no comma, quote or line end. */
export const csvText = (columns: readonly string[], rows: readonly (readonly string[])[]): string =>
  [columns, ...rows].map((cells) => `${cells.join(',')}\n`).join('');
