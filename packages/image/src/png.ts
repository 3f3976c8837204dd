import { ImageError } from '@crrg/core';
import { decode, encode, type DecodedPng } from 'fast-png';
import { joinBytes } from './join-bytes.js';
import { orientRaster } from './orient.js';
import type { GreyImage, RgbImage } from './pixels.js';
import { pngChunks } from './png-chunks.js';
import type { Raster } from './raster.js';
import type { ImageHeader } from './sniff.js';

/**
 * The upright pixels of a PNG file whose header was checked; exact at 8 and 16 bits, in plain JavaScript.
 * @throws {@link ImageError} where the file is damaged, or interlaced with fewer than 8 bits
 */
export function decodePngRaster(bytes: Uint8Array, header: ImageHeader): Raster {
  assertSupported(bytes, header);
  return orientRaster(toRaster(decodeChecked(bytes, header), pngLayout(bytes)), header.orientation);
}

/**
 * The bytes of a PNG file with these pixels, 8 or 16 bits as they are.
 *
 * @example
 * ```ts
 * await writeFile('film.png', encodePng(image));
 * ```
 */
export function encodePng(image: GreyImage | RgbImage): Uint8Array {
  const { channels = 1 } = image;
  return encode({
    width: image.width,
    height: image.height,
    data: image.data,
    depth: image.bitDepth,
    channels,
  });
}

function decodeChecked(bytes: Uint8Array, header: ImageHeader): DecodedPng {
  try {
    const decoded = decode(pixelChunks(bytes), { checkCrc: true });
    if (decoded.width === header.width && decoded.height === header.height) return decoded;
    throw new Error('the file holds a second header of another size');
  } catch (cause) {
    throw decodingFailed('PNG', cause);
  }
}

/** The file with its header, palette, pixels and end only: other chunks say nothing of the pixels that we keep. */
function pixelChunks(bytes: Uint8Array): Uint8Array {
  const kept: Uint8Array[] = [bytes.subarray(0, 8)];
  for (const { type, at, data } of pngChunks(bytes)) {
    if (/^(IHDR|PLTE|IDAT|IEND)$/.test(type)) kept.push(bytes.subarray(at, at + data.length + 12));
    else if (/^[A-Z]/.test(type)) throw new Error(`its chunk ${type.replace(/[^\w]/g, '?')} is unknown`);
  }
  return joinBytes(kept);
}

/** The error of a decoder that gave up. */
export function decodingFailed(format: string, cause: unknown): ImageError {
  const reason = cause instanceof Error ? cause.message.trim().split('\n')[0] : String(cause);
  return new ImageError(
    `image.decodeImage: expected a whole ${format} file, got one that is damaged or cut off (${reason}); export or download it again.`,
    { cause },
  );
}

/** What the header chunk says of the layout of the pixels. */
function pngLayout(bytes: Uint8Array): { isIndexed: boolean; isInterlaced: boolean } {
  return { isIndexed: bytes[25] === 3, isInterlaced: bytes[28] !== 0 };
}

function assertSupported(bytes: Uint8Array, { bitDepth }: ImageHeader): void {
  if (bitDepth >= 8 || !pngLayout(bytes).isInterlaced) return;
  throw new ImageError(
    `image.decodeImage: expected a PNG file without interlacing, got an interlaced PNG of ${bitDepth} bit a pixel, which is not supported without sharp; save it without interlacing.`,
  );
}

function toRaster(png: DecodedPng, { isIndexed }: { readonly isIndexed: boolean }): Raster {
  const { width, height, channels } = png;
  if (isIndexed) return { width, height, bitDepth: 8, channels: 3, data: lookUpPalette(png) };
  if (png.depth < 8) {
    const highest = 2 ** png.depth - 1;
    return {
      width,
      height,
      bitDepth: 8,
      channels: 1,
      data: unpackBits(png).map((value) => (value * 255) / highest),
    };
  }
  const data = png.data instanceof Uint8ClampedArray ? new Uint8Array(png.data) : png.data;
  return { width, height, bitDepth: png.depth === 16 ? 16 : 8, channels, data };
}

function lookUpPalette(png: DecodedPng): Uint8Array {
  const palette = png.palette ?? [];
  const data = new Uint8Array(png.width * png.height * 3);
  unpackBits(png).forEach((index, pixel) => {
    const colour = palette[index];
    if (!colour)
      throw decodingFailed('PNG', new Error('a pixel has a colour that its palette does not hold'));
    data.set(colour, pixel * 3);
  });
  return data;
}

/** Values of 1, 2, 4 or 8 bits, one a byte; rows start at whole bytes. */
function unpackBits(png: DecodedPng): Uint8Array {
  const rowBytes = Math.ceil((png.width * png.depth) / 8);
  const highest = 2 ** png.depth - 1;
  const data = new Uint8Array(png.width * png.height);
  for (let y = 0; y < png.height; y++) {
    for (let x = 0; x < png.width; x++) {
      const bit = x * png.depth;
      const byte = png.data[y * rowBytes + (bit >> 3)]!;
      data[y * png.width + x] = (byte >> (8 - png.depth - (bit & 7))) & highest;
    }
  }
  return data;
}
