import { ImageError } from '@crrg/core';
import { convertIndexedToRgb, decode, encode, type DecodedPng } from 'fast-png';
import { orientRaster } from './orient.js';
import type { GreyImage, RgbImage } from './pixels.js';
import type { Raster } from './raster.js';
import type { ImageHeader } from './sniff.js';

/** The upright pixels of a PNG file whose header was checked; exact at 8 and 16 bits, in plain JavaScript. */
export function decodePngRaster(bytes: Uint8Array, header: ImageHeader): Raster {
  return orientRaster(toRaster(decodeChecked(bytes, header)), header.orientation);
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
    const decoded = decode(bytes);
    if (decoded.width === header.width && decoded.height === header.height) return decoded;
    throw new Error('the file holds a second header of another size');
  } catch (cause) {
    throw decodingFailed('PNG', cause);
  }
}

/** The error of a decoder that gave up. */
export function decodingFailed(format: string, cause: unknown): ImageError {
  const reason = cause instanceof Error ? cause.message.trim().split('\n')[0] : String(cause);
  return new ImageError(
    `image.decodeImage: expected a whole ${format} file, got one that is damaged or cut off (${reason}); export or download it again.`,
    { cause },
  );
}

function toRaster(png: DecodedPng): Raster {
  const { width, height } = png;
  if (png.palette) {
    const channels = png.palette[0]?.length ?? 3;
    return { width, height, bitDepth: 8, channels, data: convertIndexedToRgb(png) };
  }
  if (png.depth < 8) return { width, height, bitDepth: 8, channels: 1, data: unpackBits(png) };
  const data = png.data instanceof Uint8ClampedArray ? new Uint8Array(png.data) : png.data;
  return { width, height, bitDepth: png.depth === 16 ? 16 : 8, channels: png.channels, data };
}

/** 1, 2 and 4-bit grey stretched to 8 bits; rows start at whole bytes. */
function unpackBits(png: DecodedPng): Uint8Array {
  const rowBytes = Math.ceil((png.width * png.depth) / 8);
  const highest = 2 ** png.depth - 1;
  const data = new Uint8Array(png.width * png.height);
  for (let y = 0; y < png.height; y++) {
    for (let x = 0; x < png.width; x++) {
      const bit = x * png.depth;
      const byte = png.data[y * rowBytes + (bit >> 3)]!;
      data[y * png.width + x] = (((byte >> (8 - png.depth - (bit & 7))) & highest) * 255) / highest;
    }
  }
  return data;
}
