import { ImageError } from '@crrg/core';

/** A marker segment of a JPEG file. */
export interface JpegSegment {
  /** Second byte of the marker: 0xC0 to 0xFE. */
  readonly marker: number;
  /** Where its payload lies. */
  readonly start: number;
  readonly end: number;
}

export const SOS = 0xda;
export const EOI = 0xd9;
export const DHT = 0xc4;
export const DRI = 0xdd;
export const DQT = 0xdb;
export const APP1 = 0xe1;

/**
 * The segment whose marker begins at or after fill bytes at `at`; undefined where the file ends before the segment does.
 * @throws {@link ImageError} where `at` holds no marker
 */
export function readSegment(bytes: Uint8Array, at: number): JpegSegment | undefined {
  while (bytes[at] === 0xff && (bytes[at + 1] === 0xff || isStandalone(bytes[at + 1]!))) {
    at += bytes[at + 1] === 0xff ? 1 : 2;
  }
  if (at + 2 > bytes.length) return undefined;
  if (bytes[at] !== 0xff || bytes[at + 1] === 0) throw damagedJpeg(`byte ${at} is not a marker`);
  const marker = bytes[at + 1]!;
  if (marker === EOI) return { marker, start: at + 2, end: at + 2 };
  const length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
  const end = at + 2 + length;
  return length >= 2 && end <= bytes.length ? { marker, start: at + 4, end } : undefined;
}

/** Markers of frames: SOF0 to SOF15 without DHT, JPG and DAC, which share the range, and JPEG-LS. */
export function isFrame(marker: number): boolean {
  const isSof = marker >= 0xc0 && marker <= 0xcf && marker !== DHT && marker !== 0xc8 && marker !== 0xcc;
  return isSof || marker === 0xf7;
}

/** A JPEG file that cannot be read to its end. */
export function damagedJpeg(reason: string): ImageError {
  return new ImageError(
    `image.decodeImage: expected a whole JPEG file, got one that is damaged or cut off (${reason}); export or download it again.`,
    { details: { reason } },
  );
}

/** TEM, restart markers and the start of the file have no payload. */
function isStandalone(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}
