import { CheckpointError } from '@crrg/core';
import type { FileRange } from '@crrg/tensor';

/** A file read by offset: bytes in memory, a file handle, a remote range. */
export interface RandomAccess {
  /** Bytes in all. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`. Both have been checked against `size` by {@link readExactly}. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** What lies in a file of this machine, which may be read later, after the source is closed. */
  readonly file?: StoredFile | undefined;
}

/** A file of this machine as it was when it was opened. */
export interface StoredFile extends Omit<FileRange, 'offset'> {
  /** Fills `target` with bytes from `offset` on. @throws {CheckpointError} where the file is gone or is another one by now */
  readLater(target: Uint8Array, offset: number): void;
}

/** A source over bytes that are already in memory (not copied). */
export function bytesSource(bytes: Uint8Array): RandomAccess {
  return {
    size: bytes.byteLength,
    read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
  };
}

/**
 * `length` bytes at `offset`, or an error before anything is allocated.
 * @throws {CheckpointError} where the range is not inside the source
 */
export async function readExactly(
  source: RandomAccess,
  offset: number,
  length: number,
  where: string,
): Promise<Uint8Array> {
  const valid = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!valid || offset + length > source.size) {
    throw new CheckpointError(
      `${where}: expected ${length} bytes at offset ${offset}, got a file of ${source.size}; the file is cut or damaged, fetch it again.`,
    );
  }
  const bytes = await source.read(offset, length);
  if (bytes.byteLength !== length) {
    throw new CheckpointError(
      `${where}: expected ${length} bytes at offset ${offset}, got ${bytes.byteLength}; the file changed while it was read.`,
    );
  }
  return bytes;
}
