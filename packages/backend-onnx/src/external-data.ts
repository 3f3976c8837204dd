import { stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '@crrg/core/node';
import type { FileRange } from '@crrg/tensor';
import { EXTERNAL_FILE, type EncodedModel } from './model.js';
import { preparedFolder } from './prepared-folder.js';

async function writeAt(file: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let written = 0; written < bytes.length;)
    written += (await file.write(bytes, written, bytes.length - written, offset + written)).bytesWritten;
}

/** Writes external data piece by piece: while one is written the next is read or made, no more are in memory. */
export async function writePieces(file: FileHandle, { external }: EncodedModel): Promise<void> {
  let writing = Promise.resolve();
  try {
    for (const piece of external) {
      const { bytes } = piece;
      await writing;
      writing = writeAt(file, bytes, piece.offset);
    }
  } finally {
    await writing;
  }
}

async function existing(path: string, size: number): Promise<FileRange | undefined> {
  const stats = await stat(path).catch(() => undefined);
  if (!stats?.isFile() || stats.size !== size) return undefined;
  return { path, offset: 0, size, changed: stats.ctimeMs };
}

/**
 * The file with a model's external data, which is made where no earlier process left it; undefined where it is not worth keeping, or cannot be
 * kept.
 */
export async function keepExternalData(
  model: EncodedModel,
  preparedDir: string | undefined,
): Promise<FileRange | undefined> {
  const { recipe, external } = model;
  const last = external.at(-1);
  if (!recipe || !last) return undefined;
  try {
    const folder = preparedFolder(recipe, preparedDir);
    const path = join(folder.path, EXTERNAL_FILE);
    const size = last.offset + last.byteLength;
    const known = await existing(path, size);
    if (known) {
      await folder.touch();
      return known;
    }
    await writeAtomically(path, (file) => writePieces(file, model));
    await folder.removeOlder();
    return await existing(path, size);
  } catch {
    return undefined; // A full disk, or a folder that others own: the data goes through a temporary file then.
  }
}
