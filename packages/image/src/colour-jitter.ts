import { ConfigError } from '@crrg/core';
import { shiftHue } from './hsv.js';
import { assert8Bit, rgbImage, type RgbImage } from './pixels.js';

/** One change of a colour picture. */
export interface ColourJitterStep {
  readonly kind: 'brightness' | 'contrast' | 'saturation' | 'hue';
  /** For hue the turn of the colour circle, in [-0.5, 0.5], 0 changing nothing; a factor otherwise, 1 changing nothing. */
  readonly factor: number;
}

/**
 * A colour picture after the steps in their order, each rounded to 8 bits, as Pillow computes them. Contrast blends with the mean
 * grey level, saturation with the picture's grey, brightness with black.
 *
 * Source: docs/reference/image-preprocessing.md#r-clip; torchvision 0.15 `ColorJitter` on Pillow pictures.
 * @throws `ImageError` for 16-bit pixels
 * @throws {@link ConfigError} for a factor below 0 or a hue outside [-0.5, 0.5]
 */
export function jitterColour(image: RgbImage, steps: readonly ColourJitterStep[]): RgbImage {
  assert8Bit('image.jitterColour', image);
  steps.forEach(assertStep);
  const data = steps.reduce(applyStep, image.data as Uint8Array);
  return rgbImage(image.width, image.height, data);
}

function applyStep(rgb: Uint8Array, { kind, factor }: ColourJitterStep): Uint8Array {
  if (kind === 'hue') return shiftHue(rgb, factor);
  if (kind === 'brightness') return blendWithLevel(rgb, factor, 0);
  const grey = luma(rgb);
  if (kind === 'saturation') return blendWithGrey(rgb, factor, grey);
  const mean = Math.floor(grey.reduce((sum, value) => sum + value, 0) / grey.length + 0.5);
  return blendWithLevel(rgb, factor, mean);
}

/** Pillow's grey level: 16-bit weights, rounded. */
function luma(rgb: Uint8Array): Uint8Array {
  const grey = new Uint8Array(rgb.length / 3);
  for (let pixel = 0, at = 0; pixel < grey.length; pixel++, at += 3)
    grey[pixel] = (rgb[at]! * 19595 + rgb[at + 1]! * 38470 + rgb[at + 2]! * 7471 + 32768) >> 16;
  return grey;
}

function blendWithLevel(rgb: Uint8Array, factor: number, level: number): Uint8Array {
  const table = Uint8Array.from({ length: 256 }, (_, value) => blend(level, value, Math.fround(factor)));
  return rgb.map((value) => table[value]!);
}

function blendWithGrey(rgb: Uint8Array, factor: number, grey: Uint8Array): Uint8Array {
  const result = new Uint8Array(rgb.length);
  const alpha = Math.fround(factor);
  for (let pixel = 0, at = 0; pixel < grey.length; pixel++)
    for (let channel = 0; channel < 3; channel++, at++) result[at] = blend(grey[pixel]!, rgb[at]!, alpha);
  return result;
}

/** `from + alpha * (to - from)` in float32, cut to a byte; storing it truncates. */
function blend(from: number, to: number, alpha: number): number {
  const value = Math.fround(from + Math.fround(alpha * (to - from)));
  return Math.min(255, Math.max(0, value));
}

function assertStep({ kind, factor }: ColourJitterStep): void {
  const isUsable = kind === 'hue' ? Math.abs(factor) <= 0.5 : factor >= 0 && Number.isFinite(factor);
  if (isUsable) return;
  const wanted = kind === 'hue' ? 'in [-0.5, 0.5]' : 'of at least 0';
  throw new ConfigError(
    `image.jitterColour: expected a ${kind} factor ${wanted}, got ${factor}; draw it from such a range.`,
  );
}
