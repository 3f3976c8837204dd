import { open, type FileHandle } from 'node:fs/promises';
import { ImageError, type Size } from '@crrg/core';
import { sniffImage } from '@crrg/image';
import { isMissing } from './missing.js';

/** Headers lie in the first kilobytes, behind a thumbnail or a colour profile at most. */
const FIRST_BYTES = 1 << 16;
const MAXIMUM_HEADER = 1 << 24;

function sizeOf(bytes: Uint8Array): Size {
  const { width, height } = sniffImage(bytes);
  return { width, height };
}

function systemRefusal(file: string, cause: unknown): ImageError {
  const { code } = cause as NodeJS.ErrnoException;
  return new ImageError(`${file}: expected a picture, got an error of the system (${String(code)}).`, {
    cause,
  });
}

async function sizeFromStart(handle: FileHandle): Promise<Size> {
  const { size } = await handle.stat();
  const read = async (length: number) => {
    const bytes = new Uint8Array(Math.min(length, size));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
    return bytes.subarray(0, bytesRead);
  };
  const first = await read(FIRST_BYTES);
  try {
    return sizeOf(first);
  } catch (error) {
    if (size <= FIRST_BYTES) throw error;
    return sizeOf(await read(MAXIMUM_HEADER));
  }
}

/**
 * Width and height of a stored picture from its header, without the turn that its EXIF data ask for; undefined where there is no file.
 * @throws {@link ImageError} where it is no PNG or JPEG file, or cannot be read
 */
export async function readPictureSize(file: string): Promise<Size | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    return await sizeFromStart(handle);
  } catch (error) {
    if (error instanceof ImageError) throw error;
    if (isMissing(error)) return undefined;
    throw systemRefusal(file, error);
  } finally {
    await handle?.close();
  }
}
