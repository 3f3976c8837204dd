import { boxArea, clipBox, createRandom, type Box, type Random } from '@crrg/core';
import { warpAffine, warpBox, type AffineParameters } from './affine.js';
import { allocatePixels, maximumValue, type GreyImage } from './pixels.js';

/** One brightness or contrast change. */
export interface JitterStep {
  readonly kind: 'brightness' | 'contrast';
  /** 1 changes nothing. */
  readonly factor: number;
}

/** Every choice of one augmentation; the same parameters give the same picture. JSON-serialisable. */
export interface AugmentParameters {
  /** Applied in this order, before the noise. */
  readonly jitter?: readonly JitterStep[] | undefined;
  /** Additive Gaussian noise, after the jitter. */
  readonly noise?: { readonly standardDeviation: number; readonly seed: number } | undefined;
  /** Applied last. */
  readonly affine?: AffineParameters | undefined;
}

/** Ranges that {@link drawAugmentation} draws from, uniformly. */
export interface AugmentationRanges {
  /** Chance of each of the three steps. @defaultValue 0.5 */
  readonly probability?: number | undefined;
  /** @defaultValue [0.8, 1.2] */
  readonly brightness?: readonly [number, number] | undefined;
  /** @defaultValue [0.8, 1.2] */
  readonly contrast?: readonly [number, number] | undefined;
  /** In squared grey levels of 8 bits. @defaultValue [10, 50] */
  readonly noiseVariance?: readonly [number, number] | undefined;
  /** Fractions of width and height. @defaultValue [-0.02, 0.02] */
  readonly translate?: readonly [number, number] | undefined;
  /** @defaultValue [-2, 2] */
  readonly rotateDegrees?: readonly [number, number] | undefined;
  /** @defaultValue [1, 1] */
  readonly scale?: readonly [number, number] | undefined;
}

/**
 * Parameters of a random augmentation; the defaults are the reference's. Each step fires with its own chance, and the two jitter
 * steps come in random order. Saturation and hue leave grey pictures as they are and are not drawn.
 *
 * Source: docs/reference/image-preprocessing.md#rrg-in-training.
 */
export function drawAugmentation(random: Random, ranges: AugmentationRanges = {}): AugmentParameters {
  const { probability = 0.5 } = ranges;
  const between = (range: readonly [number, number] | undefined, low: number, high: number) =>
    random.uniform(range?.[0] ?? low, range?.[1] ?? high);
  const isJittered = random.next() < probability;
  const brightness: JitterStep = { kind: 'brightness', factor: between(ranges.brightness, 0.8, 1.2) };
  const contrast: JitterStep = { kind: 'contrast', factor: between(ranges.contrast, 0.8, 1.2) };
  const jitter = random.shuffle([brightness, contrast]);
  const isNoisy = random.next() < probability;
  const variance = between(ranges.noiseVariance, 10, 50);
  const seed = random.integer(2 ** 32);
  const isMoved = random.next() < probability;
  const affine = {
    translateX: between(ranges.translate, -0.02, 0.02),
    translateY: between(ranges.translate, -0.02, 0.02),
    rotateDegrees: between(ranges.rotateDegrees, -2, 2),
    scale: between(ranges.scale, 1, 1),
  };
  return {
    ...(isJittered ? { jitter } : {}),
    ...(isNoisy ? { noise: { standardDeviation: Math.sqrt(variance), seed } } : {}),
    ...(isMoved ? { affine } : {}),
  };
}

/**
 * The augmented picture and the boxes (pixels of this picture) that are left in it. Objects keep their other fields, such as a
 * label; one whose box leaves the picture is dropped whole.
 *
 * Source: docs/reference/image-preprocessing.md#rrg-in-training; albumentations 1.1 ColorJitter, GaussNoise, Affine.
 *
 * @example
 * ```ts
 * const parameters = drawAugmentation(createRandom(41));
 * const { image, objects } = augment(film, [{ box, label: 24 }], parameters);
 * ```
 */
export function augment<T extends { readonly box: Box }>(
  image: GreyImage,
  objects: readonly T[],
  parameters: AugmentParameters,
): { image: GreyImage; objects: T[] } {
  const { jitter = [], noise, affine } = parameters;
  let result = jitter.reduce(applyJitter, image);
  if (noise) result = addGaussianNoise(result, noise);
  if (affine) result = warpAffine(result, affine);
  const move = (box: Box) => clipBox(affine ? warpBox(box, image, affine) : box, image);
  const moved = objects.map((object) => ({ ...object, box: move(object.box) }));
  return { image: result, objects: moved.filter(({ box }) => boxArea(box) > 0) };
}

/** The picture with every value multiplied by the factor, cut to its range and truncated. */
export function adjustBrightness(image: GreyImage, factor: number): GreyImage {
  return mapValues(image, (value) => value * factor);
}

/** The picture blended with its mean grey level: factor 0 is flat, 1 changes nothing. */
export function adjustContrast(image: GreyImage, factor: number): GreyImage {
  let sum = 0;
  for (const value of image.data) sum += value;
  const mean = sum / image.data.length;
  return mapValues(image, (value) => value * factor + mean * (1 - factor));
}

/** The picture with seeded Gaussian noise, of a standard deviation in grey levels of 8 bits, cut to its range and truncated. */
export function addGaussianNoise(
  image: GreyImage,
  noise: { readonly standardDeviation: number; readonly seed: number },
): GreyImage {
  const random = createRandom(noise.seed);
  const white = maximumValue(image);
  const deviation = noise.standardDeviation * (white / 255);
  const data = allocatePixels(image.bitDepth, image.data.length);
  for (let index = 0; index < data.length; index++) {
    data[index] = Math.min(white, Math.max(0, image.data[index]! + random.normal() * deviation));
  }
  return { ...image, data };
}

/** The picture mirrored left to right. Not part of the reference: it swaps the patient's sides, so labels must be swapped too. */
export function flipHorizontal(image: GreyImage): GreyImage {
  const data = image.data.slice();
  for (let y = 0; y < image.height; y++) data.subarray(y * image.width, (y + 1) * image.width).reverse();
  return { ...image, data };
}

/** The box of a picture of this width (pixels) after {@link flipHorizontal}. */
export function flipBoxHorizontal(box: Box, width: number): Box {
  return { x1: width - box.x2, y1: box.y1, x2: width - box.x1, y2: box.y2 };
}

function applyJitter(image: GreyImage, step: JitterStep): GreyImage {
  return step.kind === 'brightness'
    ? adjustBrightness(image, step.factor)
    : adjustContrast(image, step.factor);
}

function mapValues(image: GreyImage, change: (value: number) => number): GreyImage {
  const white = maximumValue(image);
  const table = allocatePixels(image.bitDepth, white + 1);
  for (let value = 0; value <= white; value++) table[value] = Math.min(white, Math.max(0, change(value)));
  const data = allocatePixels(image.bitDepth, image.data.length);
  for (let index = 0; index < data.length; index++) data[index] = table[image.data[index]!]!;
  return { ...image, data };
}
