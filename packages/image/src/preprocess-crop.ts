import { ConfigError, roundHalfToEven } from '@crrg/core';
import type { RgbImage } from './pixels.js';
import { cropImage } from './random-crop.js';
import { resizeBilinear } from './resize-bilinear.js';

/** How the pixels of a colour picture become a centre-cropped network input. JSON-serialisable. */
export interface CropPreprocessConfig {
  /** Side of the square network input, in pixels. */
  readonly size: number;
  /** Mean of red, green and blue, of a range from 0 to 1. */
  readonly mean: readonly [number, number, number];
  /** Standard deviations, in the same range. */
  readonly std: readonly [number, number, number];
}

/** CXR-CLIP's evaluation preprocessing for its ResNet: 224 pixels, ImageNet statistics. */
export const IMAGENET_PREPROCESSING: CropPreprocessConfig = {
  size: 224,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

/**
 * `[3, S, S]` float32 of a picture whose shorter side becomes `size` (Pillow's bilinear filter) and whose middle square is kept.
 *
 * Source: docs/reference/image-preprocessing.md#r-clip (validation and test).
 * @throws {@link ConfigError} where `size` is not a positive integer
 * @throws `ImageError` for 16-bit pixels
 */
export function preprocessCentreCrop(
  image: RgbImage,
  config: CropPreprocessConfig = IMAGENET_PREPROCESSING,
): Float32Array {
  assertSize('image.preprocessCentreCrop', config.size);
  return normaliseChannels(cropCentre(fitShortestSide(image, config.size), config.size), config);
}

/** @throws {@link ConfigError} where the side of the network input is not a positive integer */
export function assertSize(where: string, size: number): void {
  if (Number.isInteger(size) && size > 0) return;
  throw new ConfigError(`${where}: expected a positive integer size, got ${size}; correct it.`);
}

/** The picture with its shorter side `size` pixels long; the longer one is rounded down. */
export function fitShortestSide(image: RgbImage, size: number): RgbImage {
  const { width, height } = image;
  const isPortrait = width <= height;
  return resizeBilinear(image, {
    width: isPortrait ? size : Math.trunc((size * width) / height),
    height: isPortrait ? Math.trunc((size * height) / width) : size,
  });
}

/**
 * The middle square; an odd margin is halved half to even.
 * @throws `ImageError` where a side of the picture is shorter
 */
export function cropCentre(image: RgbImage, size: number): RgbImage {
  const left = roundHalfToEven((image.width - size) / 2);
  const top = roundHalfToEven((image.height - size) / 2);
  return cropImage(image, { left, top, width: size, height: size });
}

/** `[3, H, W]` float32 of an 8-bit picture: `(p / 255 - mean) / std`, with the float32 roundings of the reference. */
export function normaliseChannels(
  image: RgbImage,
  config: Pick<CropPreprocessConfig, 'mean' | 'std'>,
): Float32Array {
  const { fround } = Math;
  const pixels = image.width * image.height;
  const result = new Float32Array(3 * pixels);
  for (let channel = 0; channel < 3; channel++) {
    const mean = fround(config.mean[channel]!);
    const std = fround(config.std[channel]!);
    for (let pixel = 0; pixel < pixels; pixel++) {
      const value = fround(image.data[pixel * 3 + channel]! / 255);
      result[channel * pixels + pixel] = fround(value - mean) / std;
    }
  }
  return result;
}
