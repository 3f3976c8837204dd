import { ConfigError, roundHalfToEven, type Box } from '@crrg/core';
import { allocatePixels, assertGreyImage, maximumValue, type GreyImage } from './pixels.js';
import { resizeArea } from './resize-area.js';

/** How pixels become network input. JSON-serialisable: it is saved with the weights. */
export interface PreprocessConfig {
  /** Side of the square network input, in pixels. */
  readonly size: number;
  /** Mean grey level, of a range from 0 (black) to 1 (white). */
  readonly mean: number;
  /** Standard deviation of the grey level, in the same range. */
  readonly std: number;
}

/** RGRG's preprocessing: 512 pixels, statistics of MIMIC-CXR-JPG. */
export const RGRG_PREPROCESSING: PreprocessConfig = { size: 512, mean: 0.471, std: 0.302 };

/** Fields of {@link PreprocessConfig} that differ from {@link RGRG_PREPROCESSING}. */
export type PreprocessOptions = Partial<{
  readonly [K in keyof PreprocessConfig]: PreprocessConfig[K] | undefined;
}>;

/** Maps boxes between the original picture (`image` frame) and the padded square (`input` frame), both in pixels. */
export interface BoxTransform {
  readonly scaleX: number;
  readonly scaleY: number;
  /** Width of the padding at the left of the square. */
  readonly left: number;
  /** Height of the padding at its top. */
  readonly top: number;
  /** A box of the `image` frame in the `input` frame; not clipped. */
  toInput(box: Box): Box;
  /** A box of the `input` frame in the `image` frame; not clipped. */
  toImage(box: Box): Box;
}

/** Network input with the way back to the picture. */
export interface PreprocessedImage {
  /** `[1, S, S]` float32, normalised. */
  readonly data: Float32Array;
  /** `S`, in pixels. */
  readonly size: number;
  readonly transform: BoxTransform;
}

/**
 * Network input of a radiograph: the longer side becomes `size` (OpenCV's `INTER_AREA`), black padding makes it square, and
 * `(p / white - mean) / std` normalises it. 16-bit pixels are resized and normalised at 16 bits. Any size of at least one pixel
 * works; `assertUsableRadiograph` refuses pictures too small to show a chest.
 *
 * Source: docs/reference/image-preprocessing.md#rrg-at-inference.
 *
 * @example
 * ```ts
 * const image = await decodeImage('film.png');
 * const { data, transform } = preprocessRadiograph(image);
 * const box = transform.toImage({ x1: 100, y1: 80, x2: 220, y2: 400 });
 * ```
 * @throws {@link ConfigError} where `size` is not a positive integer or `std` not positive
 * @throws `ImageError` where the pixels are not a one-channel picture ({@link assertGreyImage})
 */
export function preprocessRadiograph(image: GreyImage, options: PreprocessOptions = {}): PreprocessedImage {
  assertGreyImage(image, 'image.preprocessRadiograph');
  const config = preprocessConfig(options);
  const resized = fitLongestSide(image, config.size);
  const data = normalise(padToSquare(resized, config.size), config);
  return { data, size: config.size, transform: boxTransform(image, resized, config.size) };
}

/** A checked configuration with the defaults filled in. */
export function preprocessConfig(options: PreprocessOptions = {}): PreprocessConfig {
  const config = {
    size: options.size ?? RGRG_PREPROCESSING.size,
    mean: options.mean ?? RGRG_PREPROCESSING.mean,
    std: options.std ?? RGRG_PREPROCESSING.std,
  };
  const bad = [
    Number.isInteger(config.size) && config.size > 0 ? '' : `size ${config.size} (a positive integer)`,
    Number.isFinite(config.mean) ? '' : `mean ${config.mean} (a finite number)`,
    config.std > 0 && Number.isFinite(config.std) ? '' : `std ${config.std} (a positive number)`,
  ].filter(Boolean);
  if (bad.length === 0) return config;
  throw new ConfigError(
    `image.preprocessConfig: expected usable fields, got ${bad.join(', ')}; correct them.`,
  );
}

/** The image with its longer side `size` pixels long; each side rounded half to even, and at least 1. */
export function fitLongestSide(image: GreyImage, size: number): GreyImage {
  const scale = size / Math.max(image.width, image.height);
  if (scale === 1) return image;
  const side = (length: number) => Math.max(1, roundHalfToEven(length * scale));
  return resizeArea(image, { width: side(image.width), height: side(image.height) });
}

/** The image in the middle of a black square; of an odd margin the larger half lies right and below. */
export function padToSquare(image: GreyImage, size: number): GreyImage {
  if (image.width === size && image.height === size) return image;
  const { left, top } = margins(image, size);
  const data = allocatePixels(image.bitDepth, size * size);
  for (let y = 0; y < image.height; y++) {
    data.set(image.data.subarray(y * image.width, (y + 1) * image.width), (y + top) * size + left);
  }
  return { ...image, width: size, height: size, data };
}

/** `[H, W]` float32: `(p / white - mean) / std`, with the float32 roundings of the reference. */
export function normalise(image: GreyImage, config: Pick<PreprocessConfig, 'mean' | 'std'>): Float32Array {
  const { fround } = Math;
  const white = maximumValue(image);
  const mean = fround(fround(config.mean) * white);
  const factor = fround(1 / fround(fround(config.std) * white));
  const result = new Float32Array(image.data.length);
  for (let at = 0; at < result.length; at++) result[at] = fround(image.data[at]! - mean) * factor;
  return result;
}

/** The transform from a picture of size `image` over its resized form to the padded square. */
export function boxTransform(
  image: { readonly width: number; readonly height: number },
  resized: { readonly width: number; readonly height: number },
  size: number,
): BoxTransform {
  const scaleX = resized.width / image.width;
  const scaleY = resized.height / image.height;
  const { left, top } = margins(resized, size);
  return {
    scaleX,
    scaleY,
    left,
    top,
    toInput: (box) => ({
      x1: box.x1 * scaleX + left,
      y1: box.y1 * scaleY + top,
      x2: box.x2 * scaleX + left,
      y2: box.y2 * scaleY + top,
    }),
    toImage: (box) => ({
      x1: (box.x1 - left) / scaleX,
      y1: (box.y1 - top) / scaleY,
      x2: (box.x2 - left) / scaleX,
      y2: (box.y2 - top) / scaleY,
    }),
  };
}

function margins(
  image: { readonly width: number; readonly height: number },
  size: number,
): { left: number; top: number } {
  return { left: Math.floor((size - image.width) / 2), top: Math.floor((size - image.height) / 2) };
}
