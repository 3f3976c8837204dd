import { ImageError } from '@crrg/core';
import { readExifOrientation } from './exif.js';

/** Picture formats that CRRG decodes. */
export type ImageFormat = 'png' | 'jpeg';

/** How the stored rows must be turned to stand upright: EXIF's 1 (as stored) to 8. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** What the header of a file states. Nothing is decoded, so nothing is proven. */
export interface ImageHeader {
  readonly format: ImageFormat;
  /** Stored width in pixels, before the orientation is applied. */
  readonly width: number;
  /** Stored height in pixels, before the orientation is applied. */
  readonly height: number;
  /** Bits a channel. */
  readonly bitDepth: number;
  readonly orientation: Orientation;
}

/** Largest picture that is decoded unless the caller allows more: 100 million pixels, six times a large radiograph. */
export const MAXIMUM_PIXELS = 100_000_000;

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/**
 * Format and size of a PNG or JPEG file from its header.
 *
 * @example
 * ```ts
 * const { format, width, height } = sniffImage(bytes);
 * ```
 * @throws {@link ImageError} where the bytes are neither, or end before the size is known
 */
export function sniffImage(bytes: Uint8Array): ImageHeader {
  if (PNG_SIGNATURE.every((byte, index) => bytes[index] === byte)) return sniffPng(bytes);
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return sniffJpeg(bytes);
  throw new ImageError(
    `image.sniffImage: expected a PNG or JPEG file, got ${describeStart(bytes)}; convert the picture to PNG or JPEG.`,
  );
}

/**
 * Checks that a picture is not larger than memory should be spent on.
 * @throws {@link ImageError} where it has more than `maxPixels` pixels
 */
export function assertPixelLimit(header: ImageHeader, maxPixels: number = MAXIMUM_PIXELS): void {
  if (header.width * header.height <= maxPixels) return;
  throw new ImageError(
    `image.decodeImage: expected at most ${maxPixels} pixels, got ${header.width}x${header.height}; shrink the picture or raise maxPixels.`,
    { details: { width: header.width, height: header.height } },
  );
}

function sniffPng(bytes: Uint8Array): ImageHeader {
  const view = viewOf(bytes);
  const isHeader =
    bytes.length >= 33 && view.getUint32(8) === 13 && view.getUint32(12) === fourLetters('IHDR');
  if (!isHeader) throw damaged('PNG', 'its header chunk is missing or cut off');
  const header = { width: view.getUint32(16), height: view.getUint32(20), bitDepth: view.getUint8(24) };
  return checkedHeader({ format: 'png', ...header, orientation: pngOrientation(view) });
}

/** Reads the `eXIf` chunk where it lies before the pixels. */
function pngOrientation(view: DataView): Orientation {
  for (let at = 8; at + 12 <= view.byteLength;) {
    const length = view.getUint32(at);
    const type = view.getUint32(at + 4);
    if (type === fourLetters('IDAT') || at + 12 + length > view.byteLength) return 1;
    if (type === fourLetters('eXIf')) return readExifOrientation(subview(view, at + 8, length));
    at += 12 + length;
  }
  return 1;
}

function sniffJpeg(bytes: Uint8Array): ImageHeader {
  const view = viewOf(bytes);
  let orientation: Orientation = 1;
  for (let at = 2; at + 4 <= view.byteLength;) {
    if (view.getUint8(at) !== 0xff) throw damaged('JPEG', `byte ${at} is not a marker`);
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (isStandalone(marker)) {
      at += 2;
      continue;
    }
    if (marker === 0xda || marker === 0xd9) break;
    const length = view.getUint16(at + 2);
    if (length < 2 || at + 2 + length > view.byteLength) break;
    if (isFrame(marker) && length >= 8)
      return checkedHeader({ format: 'jpeg', ...jpegFrame(view, at + 4), orientation });
    if (marker === 0xe1 && isExif(view, at + 4, length - 2)) {
      orientation = readExifOrientation(subview(view, at + 10, length - 8));
    }
    at += 2 + length;
  }
  throw damaged('JPEG', 'it ends before its frame header');
}

function jpegFrame(view: DataView, at: number): Pick<ImageHeader, 'width' | 'height' | 'bitDepth'> {
  return { bitDepth: view.getUint8(at), height: view.getUint16(at + 1), width: view.getUint16(at + 3) };
}

function isStandalone(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}

/** SOF0 to SOF15 without DHT, JPG and DAC, which share the range. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function isExif(view: DataView, at: number, length: number): boolean {
  return length >= 14 && view.getUint32(at) === fourLetters('Exif') && view.getUint16(at + 4) === 0;
}

function checkedHeader(header: ImageHeader): ImageHeader {
  if (header.width > 0 && header.height > 0) return header;
  throw damaged(header.format.toUpperCase(), `its header says ${header.width}x${header.height} pixels`);
}

function damaged(format: string, reason: string): ImageError {
  return new ImageError(
    `image.sniffImage: expected a whole ${format} file, but ${reason}; export or download the picture again.`,
  );
}

function describeStart(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'an empty file';
  const start = Array.from(bytes.subarray(0, 8));
  const isText = start.every(
    (byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte < 127),
  );
  const isDicom = bytes.length > 132 && fourLetters('DICM') === viewOf(bytes).getUint32(128);
  if (isDicom) return 'a DICOM file';
  return isText ? 'text' : `bytes ${start.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')}`;
}

function fourLetters(text: string): number {
  return [...text].reduce((value, letter) => value * 256 + letter.charCodeAt(0), 0);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function subview(view: DataView, offset: number, length: number): DataView {
  return new DataView(view.buffer, view.byteOffset + offset, length);
}
