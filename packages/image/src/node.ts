import { ImageError, shortenName } from '@crrg/core';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { DecodeOptions } from './decode-options.js';
import {
  dicomRadiograph,
  toDecodedRadiograph,
  type DecodedRadiograph,
  type DecodeRadiographOptions,
} from './decoded-radiograph.js';
import { isDicom } from './dicom/layout.js';
import type { DicomDescription } from './dicom/read-dicom.js';
import { dicomReader } from './dicom/reader-node.js';
import { greyToRgb, type GreyImage, type RgbImage } from './pixels.js';
import { rasterToGrey, rasterToRgb } from './raster.js';
import { decodeRaster } from './sharp-decoder.js';
import { sniffImage } from './sniff.js';

export type { DecodeOptions } from './decode-options.js';
export type { DecodedRadiograph, DecodeRadiographOptions } from './decoded-radiograph.js';
export { isDicom, isDicomDirectory } from './dicom/layout.js';

/** A path, a `file:` URL, a `File`, a `Blob`, or the bytes of a PNG, JPEG or DICOM file. */
export type ImageSource = string | URL | Blob | Uint8Array | ArrayBuffer;

const MAXIMUM_FILE_BYTES = 512 * 1024 * 1024;

/**
 * The grey pixels of a PNG, JPEG or DICOM file, 8 or 16 bits, upright as its EXIF orientation says. Alpha is dropped, colour becomes
 * luma, colour profiles are ignored. Decodes with sharp; without it PNG files still decode in plain JavaScript.
 *
 * @example
 * ```ts
 * const image = await decodeImage('film.jpg');
 * console.log(image.width, image.height, image.bitDepth);
 * ```
 * @throws {@link ImageError} where the file is absent, of another format, damaged, cut off, or larger than `maxPixels`
 * @throws `BackendError` for a JPEG file where sharp is not installed
 */
export async function decodeImage(source: ImageSource, options: DecodeOptions = {}): Promise<GreyImage> {
  const bytes = await readImageBytes(source);
  if (isDicom(bytes)) return (await dicomReader.read(bytes, options)).image;
  return rasterToGrey(await decodeRaster(bytes, options));
}

/**
 * The grey pixels of a PNG, JPEG or DICOM file as {@link decodeImage} gives them, with every doubt about the file and its pixels.
 *
 * @example
 * ```ts
 * const { image, doubts } = await decodeRadiograph('film.png', { inputSize: 512 });
 * for (const { code, message } of doubts) console.warn(code, message);
 * ```
 * @throws {@link ImageError} as {@link decodeImage}
 */
export async function decodeRadiograph(
  source: ImageSource,
  options: DecodeRadiographOptions = {},
): Promise<DecodedRadiograph> {
  const bytes = await readImageBytes(source);
  if (isDicom(bytes))
    return dicomRadiograph(await dicomReader.read(bytes, { ...options, radiographOnly: true }), options);
  return toDecodedRadiograph(await decodeRaster(bytes, options), sniffImage(bytes), options);
}

/**
 * The RGB pixels of a PNG, JPEG or DICOM file; grey is repeated. Otherwise like {@link decodeImage}.
 * @throws {@link ImageError} as {@link decodeImage}
 */
export async function decodeRgbImage(source: ImageSource, options: DecodeOptions = {}): Promise<RgbImage> {
  const bytes = await readImageBytes(source);
  if (isDicom(bytes)) return greyToRgb((await dicomReader.read(bytes, options)).image);
  return rasterToRgb(await decodeRaster(bytes, options));
}

/**
 * What a DICOM file is: its transfer syntax, kind, pixels and doubts, also where it cannot be read as a film. Holds no text of the file.
 *
 * @example
 * ```ts
 * const { kind, format, problem } = await describeDicom('film.dcm');
 * ```
 * @throws {@link ImageError} where the file is no DICOM file, or its attributes cannot be read within the limits
 */
export async function describeDicom(
  source: ImageSource,
  options: DecodeOptions = {},
): Promise<DicomDescription> {
  return dicomReader.describe(await readImageBytes(source), options);
}

/**
 * The bytes of an image file, undecoded.
 * @throws {@link ImageError} where it cannot be read, is not a file, or has more than 512 MiB
 */
export async function readImageBytes(source: ImageSource): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) return readBlobBytes(source);
  if (typeof source !== 'string' && !(source instanceof URL)) {
    throw new ImageError(
      `image.readImageBytes: expected a path, a file: URL, a Blob or bytes, got ${source === null ? 'null' : typeof source}; pass one of them.`,
    );
  }
  const name = shortenName(String(source));
  // A pipe that nobody writes to would make a plain open wait for ever.
  const file = await open(source, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(
    (cause: NodeJS.ErrnoException) => {
      throw new ImageError(notOpened(name, cause), { cause });
    },
  );
  try {
    const state = await file.stat();
    if (!state.isFile()) {
      throw new ImageError(
        `image.readImageBytes: expected an image file, got ${name}, which is not a file; name one image.`,
      );
    }
    if (state.size > MAXIMUM_FILE_BYTES) {
      throw new ImageError(
        `image.readImageBytes: expected at most 512 MiB, got ${state.size} bytes in ${name}; shrink the picture.`,
      );
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
}

async function readBlobBytes(blob: Blob): Promise<Uint8Array> {
  if (blob.size > MAXIMUM_FILE_BYTES) {
    throw new ImageError(
      `image.readImageBytes: expected at most 512 MiB, got ${blob.size} bytes; shrink the picture.`,
    );
  }
  return new Uint8Array(await blob.arrayBuffer());
}

function notOpened(name: string, { code, message }: NodeJS.ErrnoException): string {
  if (/^(data|https?|blob):/i.test(name))
    return `image.readImageBytes: expected a path, a file: URL, a Blob or bytes, got the address ${name}; fetch it and pass its blob.`;
  const reason = code === 'ENOENT' ? 'nothing' : (code ?? shortenName(message));
  return `image.readImageBytes: expected an image file at ${name}, got ${reason}; check the path.`;
}
