import { CrrgError, ImageError } from '@crrg/core';
import type { CodecName } from './transfer-syntaxes.js';
import { isMemoryLimit, memoryLimitReached } from './memory-limit.js';

/** A DICOM file that cannot be read to the end of its picture. */
export function damagedDicom(reason: string, cause?: unknown): ImageError {
  return new ImageError(
    `image.decodeDicom: expected a whole DICOM file, got one that is damaged or cut off (${reason}); export or download it again.`,
    { cause },
  );
}

/** A file that does not begin as DICOM does. */
export function otherThanDicom(): ImageError {
  return new ImageError(
    'image.decodeDicom: expected a DICOM file, got one of another format; name a DICOM file.',
  );
}

/** A DICOM file that is whole, and no picture that CRRG takes. */
export function refusedDicom(what: string, advice: string): ImageError {
  return new ImageError(
    `image.decodeDicom: expected a DICOM file of one frontal chest radiograph, got ${what}; ${advice}.`,
    { details: { format: 'dicom' } },
  );
}

/** Thrown where a worker lacks a codec: another worker must do the job. */
export class CodecNeeded extends Error {
  constructor(readonly codec: CodecName) {
    super(`${codec} needed`);
  }
}

/** What went wrong while untrusted bytes were read, as one typed error; texts of parsers and codecs may hold values of the file. */
export function typedDicomError(cause: unknown): Error {
  if (CrrgError.isInstance(cause) || cause instanceof CodecNeeded) return cause;
  return isMemoryLimit(cause) ? memoryLimitReached() : damagedDicom('its data make no sense');
}
