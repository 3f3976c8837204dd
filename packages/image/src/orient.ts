import { allocatePixels } from './pixels.js';
import type { Raster } from './raster.js';
import type { Orientation } from './sniff.js';

/** The raster turned and mirrored so that a picture stored in the given EXIF orientation stands upright. */
export function orientRaster(raster: Raster, orientation: Orientation): Raster {
  if (orientation === 1) return raster;
  const { width, height, channels, bitDepth } = raster;
  const isTurned = orientation >= 5;
  const size = isTurned ? { width: height, height: width } : { width, height };
  const data = allocatePixels(bitDepth, raster.data.length);
  let into = 0;
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      const from = storedIndex(orientation, x, y, width, height) * channels;
      for (let channel = 0; channel < channels; channel++) data[into++] = raster.data[from + channel]!;
    }
  }
  return { ...size, bitDepth, channels, data };
}

/** Index in the stored `[height, width]` pixels of what stands upright at (x, y). */
function storedIndex(orientation: Orientation, x: number, y: number, width: number, height: number): number {
  const right = width - 1;
  const bottom = height - 1;
  const [column, row] = {
    1: [x, y],
    2: [right - x, y],
    3: [right - x, bottom - y],
    4: [x, bottom - y],
    5: [y, x],
    6: [y, bottom - x],
    7: [right - y, bottom - x],
    8: [right - y, x],
  }[orientation] as [number, number];
  return row * width + column;
}
