import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { removeAtExit } from './exit.js';

/** Makes a folder's new names durable, where the system lets folders be opened. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  if (!handle) return;
  await handle.sync().catch(() => undefined);
  await handle.close();
}

/** All of `bytes`, also where the system takes them in pieces. */
export async function writeFully(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) {
    const { bytesWritten } = await handle.write(bytes, done, Math.min(bytes.byteLength - done, 2 ** 30));
    done += bytesWritten;
  }
}

/** A file that is written and durable, but still has a temporary name. */
export interface StagedFile {
  /** Gives the file its name, in place of another one. */
  commit(): Promise<void>;
  /** Removes it, unless it has its name. */
  discard(): Promise<void>;
}

/** Rights of the file that is replaced, so that a private one stays private. */
async function keepMode(path: string, handle: FileHandle): Promise<void> {
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isFile()) await handle.chmod(stats.mode & 0o777).catch(() => undefined);
}

/**
 * Writes a file under a temporary name, `PATH.UUID.tmp` in the same folder, which is made where it is missing, and makes it durable. The
 * temporary file goes where `write` fails or the process ends.
 */
export async function stageFile(
  path: string,
  write: (handle: FileHandle) => Promise<void>,
): Promise<StagedFile> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  const handle = await open(temporary, 'wx');
  const forget = removeAtExit(temporary);
  const discard = async () => {
    await rm(temporary, { force: true });
    forget();
  };
  try {
    await keepMode(path, handle);
    await write(handle);
    await handle.sync();
    await handle.close();
  } catch (error) {
    await handle.close().catch(() => undefined);
    await discard();
    throw error;
  }
  const commit = async () => {
    await rename(temporary, path);
    forget();
    await syncFolder(dirname(path));
  };
  return { commit, discard };
}

/** Writes a file under a temporary name, makes it durable, and renames it: readers see all of it or what was there before. */
export async function writeAtomically(
  path: string,
  write: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const staged = await stageFile(path, write);
  try {
    await staged.commit();
  } catch (error) {
    await staged.discard();
    throw error;
  }
}

/**
 * {@link writeAtomically} for content in memory.
 *
 * @example
 * ```ts
 * await writeFileAtomically('runs/settings.json', JSON.stringify(settings));
 * ```
 */
export function writeFileAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return writeAtomically(path, (handle) => writeFully(handle, bytes));
}
