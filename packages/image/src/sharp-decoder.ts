import { BackendError } from '@crrg/core';
import type Sharp from 'sharp';
import type { DecodeOptions } from './decode-options.js';
import { orientRaster } from './orient.js';
import { assertWholeJpeg } from './jpeg-scan.js';
import { decodePngRaster, decodingFailed } from './png.js';
import type { Raster } from './raster.js';
import { assertPixelLimit, sniffImage, type ImageHeader } from './sniff.js';

type SharpModule = typeof Sharp;

/** The upright pixels of a PNG or JPEG file. Only bytes that start like one reach sharp, so its other loaders never run. */
export async function decodeRaster(
  bytes: Uint8Array,
  options: DecodeOptions = {},
  loadSharp: () => Promise<SharpModule | undefined> = importSharp,
): Promise<Raster> {
  const header = sniffImage(bytes);
  assertPixelLimit(header, options.maxPixels);
  const bySharp = async () => {
    const sharp = await loadSharp();
    return sharp && orientRaster(await decodeWithSharp(sharp, bytes, header), header.orientation);
  };
  switch (header.format) {
    case 'png':
      return (await bySharp()) ?? decodePngRaster(bytes, header);
    case 'jpeg':
      assertWholeJpeg(bytes);
      return (await bySharp()) ?? jpegNeedsSharp();
  }
}

function jpegNeedsSharp(): never {
  throw new BackendError(
    'image.decodeImage: expected the package sharp to decode a JPEG file, got none; run `npm install sharp` or convert the file to PNG.',
  );
}

async function importSharp(): Promise<SharpModule | undefined> {
  try {
    return (await import('sharp')).default;
  } catch {
    return undefined;
  }
}

async function decodeWithSharp(sharp: SharpModule, bytes: Uint8Array, header: ImageHeader): Promise<Raster> {
  const is16Bit = header.bitDepth === 16;
  if (header.channels === 4) return decodeInks(sharp, bytes, header);
  try {
    const image = sharp(bytes, {
      failOn: 'error',
      ignoreIcc: true,
      limitInputPixels: header.width * header.height,
    });
    const { channels: stored, space } = await image.metadata();
    const isGrey = (stored ?? 3) < 3 && space !== 'srgb';
    const space8 = isGrey ? 'b-w' : 'srgb';
    const space16 = isGrey ? 'grey16' : 'rgb16';
    const { data, info } = await image
      .removeAlpha()
      .toColourspace(is16Bit ? space16 : space8)
      .raw({ depth: is16Bit ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    return { width, height, channels, bitDepth: is16Bit ? 16 : 8, data: typedPixels(data, is16Bit) };
  } catch (cause) {
    throw decodingFailed(header.format.toUpperCase(), cause);
  }
}

/** Cyan, magenta, yellow and black as plain arithmetic, without the profile of a press that sharp would assume. */
async function decodeInks(sharp: SharpModule, bytes: Uint8Array, header: ImageHeader): Promise<Raster> {
  try {
    const { data, info } = await sharp(bytes, {
      ignoreIcc: true,
      limitInputPixels: header.width * header.height,
    })
      .pipelineColourspace('cmyk')
      .toColourspace('cmyk')
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, bitDepth: 8, channels: 3, data: inksToRgb(data) };
  } catch (cause) {
    throw decodingFailed('JPEG', cause);
  }
}

/** Light that is left by each ink and by black: `(255 - ink) * (255 - black) / 255`, rounded. */
function inksToRgb(inks: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((inks.length / 4) * 3);
  for (let from = 0, into = 0; from < inks.length; from += 4) {
    const light = 255 - inks[from + 3]!;
    for (let ink = 0; ink < 3; ink++) rgb[into++] = Math.round(((255 - inks[from + ink]!) * light) / 255);
  }
  return rgb;
}

function typedPixels(data: Buffer, is16Bit: boolean): Uint8Array | Uint16Array {
  if (!is16Bit) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const start = data.byteOffset;
  if (start % 2 === 0) return new Uint16Array(data.buffer, start, data.byteLength / 2);
  return new Uint16Array(data.buffer.slice(start, start + data.byteLength));
}
