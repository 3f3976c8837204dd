import { takeLock, writeFileAtomically, writeFully, writingTo, type HeldLock } from '@crrg/core/node';
import { constants } from 'node:fs';
import { open, realpath, stat, type FileHandle } from 'node:fs/promises';
import { UsageError } from '../errors.js';

/** A file that grows line by line. */
export interface LineFile {
  /** Adds a whole line, or nothing. The first one replaces what the file held. @throws {OutputError} */
  add(line: string): Promise<void>;
  /** After the last line: makes them durable and lets others at the file. */
  end(): Promise<void>;
}

/** Appends to a regular file; where that fails, what arrived of the line is cut off. */
async function append(handle: FileHandle, bytes: Uint8Array, length: number): Promise<void> {
  try {
    await writeFully(handle, bytes);
  } catch (error) {
    await handle.truncate(length).catch(() => undefined);
    throw error;
  }
}

/**
 * Opens a regular file, new or old, for lines. Until the first line is ready, an old file stays as it is.
 * @throws {UsageError} where another run writes it
 */
async function openRegular(file: string): Promise<LineFile> {
  // A link stays a link.
  const target = await realpath(file).catch(() => file);
  const lock: HeldLock | undefined = await writingTo(file, () => takeLock(`${target}.lock`));
  if (!lock)
    throw new UsageError(
      `${file}: expected a file that no other run writes, got one with the lock ${target}.lock; wait for that run, or choose another name.`,
    );
  let handle: FileHandle | undefined;
  let length = 0;
  return {
    add: (line) =>
      writingTo(file, async () => {
        const bytes = Buffer.from(line);
        if (handle) await append(handle, bytes, length);
        else {
          await writeFileAtomically(target, bytes);
          handle = await open(target, 'a');
        }
        length += bytes.length;
      }),
    end: async () => {
      try {
        await writingTo(file, async () => handle?.sync());
      } finally {
        await handle?.close();
        await lock.release();
      }
    },
  };
}

/** Opens a pipe or a device; one that nobody reads is an error and not a wait. */
async function openStream(file: string): Promise<LineFile> {
  const probe = await writingTo(file, () => open(file, constants.O_WRONLY | constants.O_NONBLOCK));
  const handle = await writingTo(file, () => open(file, 'a')).finally(() => probe.close());
  return {
    add: (line) => writingTo(file, () => writeFully(handle, Buffer.from(line))),
    end: () => handle.close(),
  };
}

/** Opens a file for lines. @throws {UsageError | OutputError} */
export async function openLineFile(file: string): Promise<LineFile> {
  const stats = await stat(file).catch(() => undefined);
  return stats === undefined || stats.isFile() ? openRegular(file) : openStream(file);
}
