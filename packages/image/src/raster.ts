import {
  allocatePixels,
  greyImage,
  greyToRgb,
  rgbImage,
  rgbToGrey,
  type GreyImage,
  type PixelData,
  type RgbImage,
} from './pixels.js';

/** Interleaved pixels as a decoder leaves them: grey (1), grey and alpha (2), RGB (3), RGBA (4). */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: 8 | 16;
  readonly channels: number;
  readonly data: PixelData;
}

/** The grey picture; alpha is dropped (not blended), colour becomes luma. */
export function rasterToGrey(raster: Raster): GreyImage {
  const opaque = dropAlpha(raster);
  const { width, height, data } = opaque;
  return opaque.channels === 1 ? greyImage(width, height, data) : rgbToGrey(rgbImage(width, height, data));
}

/** The colour picture; alpha is dropped (not blended), grey is repeated. */
export function rasterToRgb(raster: Raster): RgbImage {
  const opaque = dropAlpha(raster);
  const { width, height, data } = opaque;
  return opaque.channels === 1 ? greyToRgb(greyImage(width, height, data)) : rgbImage(width, height, data);
}

function dropAlpha(raster: Raster): Raster {
  const { channels } = raster;
  if (channels === 1 || channels === 3) return raster;
  const kept = channels - 1;
  const pixels = raster.width * raster.height;
  const data = allocatePixels(raster.bitDepth, pixels * kept);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let channel = 0; channel < kept; channel++)
      data[pixel * kept + channel] = raster.data[pixel * channels + channel]!;
  }
  return { ...raster, channels: kept, data };
}
