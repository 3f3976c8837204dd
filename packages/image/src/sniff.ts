import { ImageError } from '@crrg/core';
import { isDicom } from './dicom/layout.js';
import {
  chooseOrientation,
  readExifOrientation,
  readXmpOrientation,
  startsWithExif,
  type Orientation,
  type StatedOrientation,
} from './exif.js';
import { readJpegFrame, type JpegFrame } from './jpeg-frame.js';
import { APP1, EOI, isFrame, readSegment, SOS } from './jpeg-markers.js';
import { describeOtherFormat } from './other-formats.js';
import { readPngMetadata } from './png-chunks.js';

export type { Orientation } from './exif.js';

/** Picture formats that CRRG decodes. */
export type ImageFormat = 'png' | 'jpeg';

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
  /** Why an orientation that the file names is not `orientation`; absent where there is none. */
  readonly orientationProblem?: string | undefined;
  /** Bits a channel that hold values, where a PNG file says so. */
  readonly significantBits?: number | undefined;
  /** Channels of a JPEG file: 1 grey, 3 colour, 4 the inks of print. */
  readonly channels?: 1 | 3 | 4 | undefined;
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
 * @throws {@link ImageError} where the bytes are neither (DICOM too), of a kind of JPEG that is not decoded, or end before the size is known; it names
 * what they are and what to save them as
 */
export function sniffImage(bytes: Uint8Array): ImageHeader {
  if (PNG_SIGNATURE.every((byte, index) => bytes[index] === byte)) return sniffPng(bytes);
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return sniffJpeg(bytes);
  if (isDicom(bytes))
    throw new ImageError(
      'image.sniffImage: expected a PNG or JPEG file, got a DICOM file; read it with decodeImage or describeDicom.',
      { details: { format: 'a DICOM file' } },
    );
  const { name, advice } = describeOtherFormat(bytes);
  throw new ImageError(`image.sniffImage: expected a PNG, JPEG or DICOM file, got ${name}; ${advice}.`, {
    details: { format: name },
  });
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

/** The bit depths that each colour type of PNG allows. */
const PNG_DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

function sniffPng(bytes: Uint8Array): ImageHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isHeader =
    bytes.length >= 33 && view.getUint32(8) === 13 && view.getUint32(12) === fourLetters('IHDR');
  if (!isHeader) throw damaged('PNG', 'its header chunk is missing or cut off');
  const [bitDepth, colourType] = [view.getUint8(24), view.getUint8(25)];
  if (!PNG_DEPTHS[colourType]?.includes(bitDepth))
    throw damaged('PNG', `its header says ${bitDepth} bits of colour type ${colourType}`);
  const { significantBits, ...stated } = readPngMetadata(bytes);
  return checkedHeader({
    format: 'png',
    width: view.getUint32(16),
    height: view.getUint32(20),
    bitDepth,
    ...orientationFields(stated),
    ...(significantBits !== undefined && { significantBits }),
  });
}

function sniffJpeg(bytes: Uint8Array): ImageHeader {
  let exif: StatedOrientation | undefined;
  let xmp: number | undefined;
  let frame: JpegFrame | undefined;
  for (let segment = readSegment(bytes, 2); segment; segment = readSegment(bytes, segment.end)) {
    const { marker, start, end } = segment;
    if (marker === SOS || marker === EOI) break;
    if (isFrame(marker)) frame ??= readJpegFrame(bytes, segment);
    if (marker !== APP1) continue;
    const data = bytes.subarray(start, end);
    if (startsWithExif(data)) exif ??= readExifOrientation(data);
    else xmp ??= readXmpOrientation(data);
  }
  if (!frame) throw damaged('JPEG', 'it ends before its frame header');
  const { width, height, bitDepth, components } = frame;
  return checkedHeader({
    format: 'jpeg',
    width,
    height,
    bitDepth,
    ...orientationFields(chooseOrientation(exif, xmp)),
    channels: components.length as 1 | 3 | 4,
  });
}

function orientationFields({ orientation, problem }: StatedOrientation) {
  return { orientation, ...(problem !== undefined && { orientationProblem: problem }) };
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

function fourLetters(text: string): number {
  return [...text].reduce((value, letter) => value * 256 + letter.charCodeAt(0), 0);
}
