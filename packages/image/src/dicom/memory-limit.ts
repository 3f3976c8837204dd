import { ImageError } from '@crrg/core';

const PAGE_BYTES = 65_536;

/** Most memory of one codec, and of the JavaScript heap beside it; with the file and its pixels below 1.5 GB. */
export const CODEC_BYTES = 896 * 1024 * 1024;

/** Files that would need more memory than {@link limitWasmMemory} leaves them. */
export function memoryLimitReached(): ImageError {
  return new ImageError(
    'image.decodeDicom: expected a DICOM file that is read within 1.5 GB of memory, got one that needs more; it is damaged, or shrink the picture.',
    { details: { limit: 'memory' } },
  );
}

/** Whether an error says that memory ran out. */
export function isMemoryLimit(error: unknown): boolean {
  if (ImageError.isInstance(error)) return error.details['limit'] === 'memory';
  return (
    error instanceof Error &&
    /\bOOM\b|out of memory|allocation failed|invalid array length/i.test(error.message)
  );
}

/**
 * Makes WebAssembly memories of this worker refuse to grow beyond a limit; the modules then fail as if the machine had no more.
 * @defaultValue {@link CODEC_BYTES}
 */
export function limitWasmMemory(bytes = CODEC_BYTES): void {
  const grow = WebAssembly.Memory.prototype.grow;
  WebAssembly.Memory.prototype.grow = function (this: WebAssembly.Memory, pages: number): number {
    if (this.buffer.byteLength + pages * PAGE_BYTES > bytes) throw new RangeError('out of memory');
    return grow.call(this, pages);
  };
}
