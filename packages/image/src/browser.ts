import { BackendError, ImageError, shortenName } from '@crrg/core';
import type { DecodeOptions } from './decode-options.js';
import {
  dicomRadiograph,
  toDecodedRadiograph,
  type DecodedRadiograph,
  type DecodeRadiographOptions,
} from './decoded-radiograph.js';
import { isDicom } from './dicom/layout.js';
import type { DicomDescription } from './dicom/read-dicom.js';
import { dicomReader } from './dicom/browser/reader-browser.js';
import { APP1, EOI, readSegment, SOS } from './jpeg-markers.js';
import { assertWholeJpeg } from './jpeg-scan.js';
import { orientRaster } from './orient.js';
import { greyToRgb, type GreyImage, type RgbImage } from './pixels.js';
import { decodePngRaster, decodingFailed } from './png.js';
import { rasterToGrey, rasterToRgb, type Raster } from './raster.js';
import { assertPixelLimit, sniffImage } from './sniff.js';

export type { DecodeOptions } from './decode-options.js';
export type { DecodedRadiograph, DecodeRadiographOptions } from './decoded-radiograph.js';
export { isDicom, isDicomDirectory } from './dicom/layout.js';

/** A `File`, a `Blob`, or the bytes of a PNG, JPEG or DICOM file. */
export type ImageSource = Blob | Uint8Array | ArrayBuffer;

/**
 * The grey pixels of a PNG, JPEG or DICOM file, upright as its EXIF orientation says; alpha is dropped, colour becomes luma. PNG decodes in
 * plain JavaScript, exact at 8 and 16 bits; JPEG through `createImageBitmap`, in a page or a worker.
 *
 * @example
 * ```ts
 * const image = await decodeImage(fileInput.files[0]);
 * ```
 * @throws {@link ImageError} where the file is of another format, damaged, or larger than `maxPixels`
 * @throws {@link BackendError} for a JPEG file where the runtime has no `createImageBitmap` or `OffscreenCanvas`
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
 * const { image, doubts } = await decodeRadiograph(fileInput.files[0], { inputSize: 512 });
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
 * const { kind, format, problem } = await describeDicom(fileInput.files[0]);
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
 * @throws {@link ImageError} for anything else than a file or bytes, such as an address
 */
export async function readImageBytes(source: ImageSource): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  const given: unknown = source;
  const shown = typeof given === 'string' || given instanceof URL ? shortenName(String(given)) : typeof given;
  throw new ImageError(
    `image.readImageBytes: expected a File, a Blob or bytes, got ${shown}; fetch an address and pass its blob.`,
  );
}

async function decodeRaster(bytes: Uint8Array, options: DecodeOptions): Promise<Raster> {
  const header = sniffImage(bytes);
  assertPixelLimit(header, options.maxPixels);
  switch (header.format) {
    case 'png':
      return decodePngRaster(bytes, header);
    case 'jpeg':
      if (header.channels === 4) throw inksNotDecoded();
      assertWholeJpeg(bytes);
      return orientRaster(await decodeJpegRaster(withoutExif(bytes)), header.orientation);
  }
}

async function decodeJpegRaster(bytes: Uint8Array): Promise<Raster> {
  if (typeof createImageBitmap !== 'function' || typeof OffscreenCanvas !== 'function') {
    throw new BackendError(
      'image.decodeImage: expected createImageBitmap and OffscreenCanvas to decode a JPEG file, got a runtime without them; convert the file to PNG.',
    );
  }
  const blob = new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'image/jpeg' });
  const bitmap = await createImageBitmap(blob, {
    colorSpaceConversion: 'none',
    premultiplyAlpha: 'none',
  }).catch((cause: unknown) => {
    throw decodingFailed('JPEG', cause);
  });
  try {
    return readBitmap(bitmap);
  } finally {
    bitmap.close();
  }
}

function inksNotDecoded(): ImageError {
  return new ImageError(
    'image.decodeImage: expected a grey or colour JPEG, got one in the inks of print (CMYK), which browsers decode each in its own way; save it as PNG or as a grey JPEG.',
  );
}

/** The file with its EXIF segments renamed, so that every browser leaves the turning to us. */
function withoutExif(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  for (let segment = readSegment(copy, 2); segment; segment = readSegment(copy, segment.end)) {
    if (segment.marker === SOS || segment.marker === EOI) break;
    if (segment.marker === APP1) copy[segment.start] = 0;
  }
  return copy;
}

function readBitmap(bitmap: ImageBitmap): Raster {
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) {
    throw new ImageError(
      `image.decodeImage: expected a canvas of ${width}x${height}, got none from the browser; shrink the picture.`,
    );
  }
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  return { width, height, bitDepth: 8, channels: 4, data: new Uint8Array(data.buffer) };
}
