import { open, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileRange } from '@crrg/tensor';
import { EXTERNAL_FILE, type EncodedModel } from './model.js';
import { preparedFiles } from './prepared-files.js';

async function writeAt(file: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let written = 0; written < bytes.length;)
    written += (await file.write(bytes, written, bytes.length - written, offset + written)).bytesWritten;
}

/** Writes a model's external data to a new file piece by piece: while one is written the next is read or made, no more are in memory. */
export async function writePieces(path: string, { external }: EncodedModel): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  let writing = Promise.resolve();
  try {
    for (const piece of external) {
      const { bytes } = piece;
      await writing;
      writing = writeAt(file, bytes, piece.offset);
    }
  } finally {
    await writing.finally(() => file.close());
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
  const size = last.offset + last.byteLength;
  try {
    const prepared = preparedFiles(recipe, preparedDir);
    const folder = await prepared.find();
    if (folder !== undefined) {
      const known = await existing(join(folder, EXTERNAL_FILE), size);
      if (known) return known;
      await prepared.remove(folder);
    }
    return await prepared.make([EXTERNAL_FILE], async (made) => {
      await writePieces(join(made, EXTERNAL_FILE), model);
      return existing(join(made, EXTERNAL_FILE), size);
    });
  } catch {
    return undefined; // A full disk, or a folder that others own: the data goes through a temporary file then.
  }
}
