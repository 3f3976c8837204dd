import { ConfigError, type Random, type Size } from '@crrg/core';
import { claheLab } from './clahe.js';
import { jitterColour, type ColourJitterStep } from './colour-jitter.js';
import type { RgbImage } from './pixels.js';
import {
  IMAGENET_PREPROCESSING,
  assertSize,
  normaliseChannels,
  type CropPreprocessConfig,
} from './preprocess-crop.js';
import { drawCrop, resizedCrop, type PixelRectangle } from './random-crop.js';

/** Lowest and highest value. */
type Range = readonly [number, number];

/** Ranges that {@link drawCropAugmentation} draws from, uniformly unless said; the defaults are CXR-CLIP's. JSON-serialisable. */
export interface CropAugmentationRanges {
  /** Area of the crop as a fraction of the picture's; above 1 some tries do not fit and are drawn again. @defaultValue [0.8, 1.1] */
  readonly cropScale?: Range | undefined;
  /** Width over height of the crop, log-uniform. @defaultValue [3 / 4, 4 / 3] */
  readonly cropAspect?: Range | undefined;
  /** Where the crop lies: anywhere in the picture, or in its middle. @defaultValue 'anywhere' */
  readonly cropPosition?: 'anywhere' | 'centre' | undefined;
  /** Chance of the histogram equalisation. @defaultValue 0.5 */
  readonly claheProbability?: number | undefined;
  /** @defaultValue [1, 4] */
  readonly claheClipLimit?: Range | undefined;
  /** @defaultValue [0.9, 1.1] */
  readonly brightness?: Range | undefined;
  /** @defaultValue [0.8, 1.2] */
  readonly contrast?: Range | undefined;
  /** @defaultValue [0.8, 1.2] */
  readonly saturation?: Range | undefined;
  /** Turn of the colour circle. @defaultValue [-0.1, 0.1] */
  readonly hue?: Range | undefined;
}

/** Every choice of one augmentation; the same parameters give the same picture. JSON-serialisable. */
export interface CropAugmentationParameters {
  /** Part of the picture that is kept, in its pixels. */
  readonly crop: PixelRectangle;
  /** Equalisation of the lightness after the crop; none where absent. */
  readonly clahe?: { readonly clipLimit: number } | undefined;
  /** Applied last, in this order. */
  readonly jitter: readonly ColourJitterStep[];
}

/**
 * The augmentation of RSNA radiographs as the CRRG-CLIP paper words it: a random crop about the centre, and no histogram
 * equalisation. The code of the reference uses the defaults of {@link CropAugmentationRanges} for RSNA too.
 *
 * Source: docs/reference/image-preprocessing.md#r-clip.
 */
export const CENTRED_CROP_AUGMENTATION: CropAugmentationRanges = {
  cropPosition: 'centre',
  claheProbability: 0,
};

/**
 * Parameters of a random augmentation of a picture of this size. The four jitter steps always fire, in random order.
 *
 * Source: docs/reference/image-preprocessing.md#r-clip (training).
 * @throws {@link ConfigError} naming every range that is not usable
 */
export function drawCropAugmentation(
  random: Random,
  size: Size,
  ranges: CropAugmentationRanges = {},
): CropAugmentationParameters {
  assertRanges(ranges);
  const between = (name: RangeName) => random.uniform(...rangeOf(ranges, name));
  const scale = rangeOf(ranges, 'cropScale');
  const aspect = rangeOf(ranges, 'cropAspect');
  const crop = drawCrop(random, size, { scale, aspect, position: ranges.cropPosition ?? 'anywhere' });
  const isEqualised = random.next() < (ranges.claheProbability ?? 0.5);
  const clipLimit = between('claheClipLimit');
  const kinds = ['brightness', 'contrast', 'saturation', 'hue'] as const;
  const steps = kinds.map((kind) => ({ kind, factor: between(kind) }));
  return { crop, ...(isEqualised ? { clahe: { clipLimit } } : {}), jitter: random.shuffle(steps) };
}

/**
 * The augmented square picture: cropped and resized, equalised, jittered.
 *
 * Source: docs/reference/image-preprocessing.md#r-clip; torchvision 0.15 and albumentations 1.3.1, to the last bit on the golden cases.
 * @throws `ImageError` for 16-bit pixels or a crop that is not inside the picture
 */
export function augmentCrop(
  image: RgbImage,
  parameters: CropAugmentationParameters,
  options: {
    /** Side of the result, in pixels. @defaultValue 224 */
    readonly size?: number | undefined;
  } = {},
): RgbImage {
  const { size = IMAGENET_PREPROCESSING.size } = options;
  assertSize('image.augmentCrop', size);
  const cropped = resizedCrop(image, parameters.crop, { width: size, height: size });
  const equalised = parameters.clahe ? claheLab(cropped, parameters.clahe) : cropped;
  return jitterColour(equalised, parameters.jitter);
}

/**
 * `[3, S, S]` float32 of a training picture: {@link augmentCrop}, then normalised. For evaluation use `preprocessCentreCrop`.
 *
 * @throws `ImageError`, `ConfigError` as {@link augmentCrop}
 *
 * @example
 * ```ts
 * const film = await decodeRgbImage('film.png'); // from '@crrg/image/node'
 * const parameters = drawCropAugmentation(createRandom(41), film);
 * const input = preprocessAugmentedCrop(film, parameters);
 * ```
 */
export function preprocessAugmentedCrop(
  image: RgbImage,
  parameters: CropAugmentationParameters,
  config: CropPreprocessConfig = IMAGENET_PREPROCESSING,
): Float32Array {
  return normaliseChannels(augmentCrop(image, parameters, { size: config.size }), config);
}

/** The usual range of every choice, and the values that make sense. */
const RANGES = {
  cropScale: { usual: [0.8, 1.1], allowed: [Number.MIN_VALUE, Number.MAX_VALUE] },
  cropAspect: { usual: [3 / 4, 4 / 3], allowed: [Number.MIN_VALUE, Number.MAX_VALUE] },
  claheClipLimit: { usual: [1, 4], allowed: [Number.MIN_VALUE, Number.MAX_VALUE] },
  brightness: { usual: [0.9, 1.1], allowed: [0, Number.MAX_VALUE] },
  contrast: { usual: [0.8, 1.2], allowed: [0, Number.MAX_VALUE] },
  saturation: { usual: [0.8, 1.2], allowed: [0, Number.MAX_VALUE] },
  hue: { usual: [-0.1, 0.1], allowed: [-0.5, 0.5] },
} as const satisfies Record<string, { readonly usual: Range; readonly allowed: Range }>;

type RangeName = keyof typeof RANGES;

function rangeOf(ranges: CropAugmentationRanges, name: RangeName): Range {
  return ranges[name] ?? RANGES[name].usual;
}

function assertRanges(ranges: CropAugmentationRanges): void {
  const bad = (Object.keys(RANGES) as RangeName[]).flatMap((name) => {
    const [low, high] = rangeOf(ranges, name);
    const [lowest, highest] = RANGES[name].allowed;
    return lowest <= low && low <= high && high <= highest ? [] : [`${name} [${low}, ${high}]`];
  });
  const { claheProbability = 0.5 } = ranges;
  if (!(claheProbability >= 0 && claheProbability <= 1)) bad.push(`claheProbability ${claheProbability}`);
  if (bad.length === 0) return;
  throw new ConfigError(
    `image.drawCropAugmentation: expected ascending ranges of usable values, got ${bad.join(', ')}; correct them.`,
  );
}
