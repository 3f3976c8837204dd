import { createHash } from 'node:crypto';
import { readdir, rm, stat, type FileHandle } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { userCacheFolder, writeAtomically } from '@crrg/core/node';
import type { FileRange } from '@crrg/tensor';
import { EXTERNAL_FILE, type EncodedModel } from './model.js';

/** Of the ways in which weights are quantised and laid out: another one does not find what this one left. */
const VERSION = 1;

/** Writes external data piece by piece, each in memory for as long as it is written. */
export async function writePieces(file: FileHandle, { external }: EncodedModel): Promise<void> {
  for (const piece of external) {
    const { bytes, offset } = piece;
    let written = 0;
    while (written < bytes.length)
      written += (await file.write(bytes, written, bytes.length - written, offset + written)).bytesWritten;
  }
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32);

async function existing(path: string, size: number): Promise<FileRange | undefined> {
  const stats = await stat(path).catch(() => undefined);
  if (!stats?.isFile() || stats.size !== size) return undefined;
  return { path, offset: 0, size, changed: stats.ctimeMs };
}

/** Removes what was made of earlier states of the same files. */
async function removeOlder(parent: string, place: string, kept: string): Promise<void> {
  for (const name of await readdir(parent))
    if (name.startsWith(`${place}-`) && name !== kept)
      await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined);
}

/**
 * The file with a model's external data, which is made where no earlier process left it; undefined where it is not worth keeping, or cannot be
 * kept.
 */
export async function keepExternalData(
  model: EncodedModel,
  folder: string | null | undefined,
): Promise<FileRange | undefined> {
  const { recipe, external } = model;
  const last = external.at(-1);
  if (!recipe || !last || folder === null) return undefined;
  try {
    const parent = resolve(folder ?? join(userCacheFolder(), 'quantized'));
    const place = hash(JSON.stringify([VERSION, recipe.content]));
    const name = `${place}-${hash(recipe.state)}`;
    const path = join(parent, name, EXTERNAL_FILE);
    const size = last.offset + last.byteLength;
    const known = await existing(path, size);
    if (known) return known;
    await writeAtomically(path, (file) => writePieces(file, model));
    await removeOlder(parent, place, name);
    return await existing(path, size);
  } catch {
    return undefined; // A full disk, or a folder that others own: the data goes through a temporary file then.
  }
}
