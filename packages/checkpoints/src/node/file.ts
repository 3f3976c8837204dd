import { closeSync, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { CheckpointError } from '@crrg/core';
import type { Checkpoint } from '../checkpoint.js';
import { openCheckpoint } from '../open.js';
import type { RandomAccess, StoredFile } from '../random-access.js';

/** A file on disk, read by offset. The caller closes it. */
export interface OpenedFile extends RandomAccess {
  close(): Promise<void>;
}

/** A checkpoint on disk. Entries can be read until it is closed. */
export interface OpenedCheckpoint extends Checkpoint {
  close(): Promise<void>;
}

async function readFully(
  handle: Awaited<ReturnType<typeof open>>,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(length - done, 2 ** 30), offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

/**
 * Opens a regular file for reading by offset.
 * @throws {CheckpointError} where there is none
 */
export async function openFile(path: string): Promise<OpenedFile> {
  const handle = await open(path, 'r').catch((cause: unknown) => {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new CheckpointError(
      `checkpoints.openFile: expected a readable file, got ${reason} for ${path}; check the path.`,
      { cause },
    );
  });
  const stats = await statFile(handle, path);
  return {
    size: stats.size,
    read: (offset, length) => readFully(handle, offset, length),
    // An engine that maps files of one folder takes no links that lead out of it.
    file: storedFile(await realpath(path).catch(() => path), stats),
    close: () => handle.close(),
  };
}

/** A file that is opened anew for each later reading. */
function storedFile(path: string, { size, ctimeMs: changed }: Stats): StoredFile {
  const readLater = (target: Uint8Array, offset: number) => {
    const { length } = target;
    let descriptor: number | undefined;
    try {
      descriptor = openSync(path, 'r');
      const now = fstatSync(descriptor);
      if (now.size !== size || now.ctimeMs !== changed) throw new Error('a file that was changed');
      for (let done = 0; done < length;) {
        const count = readSync(descriptor, target, done, Math.min(length - done, 2 ** 30), offset + done);
        if (count === 0) throw new Error('a file that was cut');
        done += count;
      }
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      throw new CheckpointError(
        `checkpoints.readFile: expected the weights that were opened, got ${code ?? message} for ${path}; open the model again.`,
        { cause },
      );
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  };
  return { path, size, changed, readLater };
}

async function statFile(handle: Awaited<ReturnType<typeof open>>, path: string): Promise<Stats> {
  const stats = await handle.stat();
  if (stats.isFile()) return stats;
  await handle.close();
  throw new CheckpointError(
    `checkpoints.openFile: expected a file, got another thing at ${path}; give the weights file.`,
  );
}

/**
 * Opens a weights file of any known container ({@link openCheckpoint}); tensors are read from disk when asked for, so a file
 * larger than the memory can be opened.
 *
 * @example
 * ```ts
 * const checkpoint = await openCheckpointFile('full_model.pt');
 * for (const entry of checkpoint.entries.values()) console.log(entry.name, entry.dtype, entry.shape);
 * await checkpoint.close();
 * ```
 * @throws {CheckpointError} where the file is absent, damaged, hostile or of another kind
 */
export async function openCheckpointFile(path: string): Promise<OpenedCheckpoint> {
  const file = await openFile(path);
  try {
    return { ...(await openCheckpoint(file)), close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}
