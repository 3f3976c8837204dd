import type { Doubt } from '@crrg/core';
import { chestLikeness } from './chest-likeness.js';
import { countLevels, countValues, largestShare, valueRange, withoutExtremes } from './histogram.js';
import { maximumValue, MINIMUM_SIDE, type GreyImage } from './pixels.js';

/** What is known about a picture besides its pixels. */
export interface ImageDoubtOptions {
  /**
   * Side of the network's input, in pixels; without it the resolution is not judged.
   * @defaultValue none
   */
  readonly inputSize?: number | undefined;
  /**
   * Bits that hold values, where the file says so (`sBIT` of PNG).
   * @defaultValue all of them
   */
  readonly significantBits?: number | undefined;
}

/** Limits of good films. Measured on 6,119 open ones by `scripts/chest-template.ts`; the worst of them is named at each. */
const LIMITS = {
  /** Pixels at each end of the range that may be markers. */
  markerShare: 0.005,
  /** Of the pixels within a 32nd of the values in use, or 8. Films: at most 0.46. */
  flatShare: 0.9,
  /** Values that hold 99.9 % of the pixels. Films: at least 76. */
  fewLevels: 32,
  /** Longer side over the shorter. Films: at most 1.35. */
  aspectRatio: 2,
  /** Pixels of the picture over those of the input. Films of 224 pixels for an input of 512: 0.19. */
  resolution: 1 / 6,
  /** Rank correlation with the mean film. */
  negative: -0.2,
  notUpright: 0.1,
  turned: 0.35,
  /** Of `frontal`. Films: 6 below, the lowest 0.32. */
  frontal: 0.35,
} as const;

/**
 * Reasons to doubt that the pixels are a well-exposed, upright radiograph that a network can read. Empty where there are none.
 * What each code means: `DOUBT_CODES` of `@crrg/core`.
 *
 * @example
 * ```ts
 * for (const { code, message } of findImageDoubts(image, { inputSize: 512 })) console.warn(code, message);
 * ```
 */
export function findImageDoubts(image: GreyImage, options: ImageDoubtOptions = {}): Doubt[] {
  const counts = countValues(image);
  const flat = flatDoubt(image, counts);
  const found = flat
    ? [flat]
    : [bitsDoubt(image, counts, options.significantBits), levelsDoubt(image, counts), ...chestDoubts(image)];
  const size = [aspectDoubt(image), resolutionDoubt(image, options.inputSize)];
  return [...found, ...size].filter((doubt) => doubt !== undefined);
}

function flatDoubt(image: GreyImage, counts: Uint32Array): Doubt | undefined {
  const inUse = valueRange(withoutExtremes(counts), LIMITS.markerShare).high;
  const share = largestShare(counts, Math.max(8, 2 ** bitsOf(inUse) / 32));
  if (share <= LIMITS.flatShare) return undefined;
  const { low, high } = valueRange(counts, 0);
  const what =
    low === high
      ? `every pixel has the value ${low}`
      : `${percent(share)} of the pixels have nearly the same grey`;
  return {
    code: 'nearly-empty',
    message: `${what}; the picture shows next to nothing. Check that it is the film.`,
  };
}

function levelsDoubt(image: GreyImage, counts: Uint32Array): Doubt | undefined {
  if (isTiny(image)) return undefined;
  const levels = countLevels(counts, 0.999);
  if (levels > LIMITS.fewLevels) return undefined;
  return {
    code: 'few-grey-levels',
    message: `the picture has ${levels} grey levels; a film has hundreds. Export it again without reducing its greys.`,
  };
}

/** Doubts greys that stay in the lower half of 16 bits, or the lowest quarter of 8 (dim films of 8 bits reach half), or in a narrow band. */
function bitsDoubt(
  image: GreyImage,
  counts: Uint32Array,
  significantBits: number = image.bitDepth,
): Doubt | undefined {
  const rest = withoutExtremes(counts);
  const { low, high } = valueRange(rest, LIMITS.markerShare);
  const { high: highest } = valueRange(rest, 0);
  const isStated = significantBits < image.bitDepth && bitsOf(high) <= significantBits;
  const isCutOff = bitsOf(highest) < image.bitDepth;
  const spare = image.bitDepth - bitsOf(high);
  const isNarrow = (high - low) * 8 < maximumValue(image);
  if (!isStated && !isNarrow && spare < (image.bitDepth === 16 || isCutOff ? 1 : 2)) return undefined;
  const used = isNarrow && spare < 3 ? bitsOf(high - low) : bitsOf(high);
  return {
    code: 'bits-unused',
    message: `the greys use ${used} of ${image.bitDepth} bits, so the film looks ${spare > 0 ? 'too dark' : 'flat'} to a network. Export it with the greys over the full range.`,
  };
}

/** An upside-down film is a little like a negative, so both may be said. */
function chestDoubts(image: GreyImage): Doubt[] {
  if (isTiny(image)) return [];
  const { upright, turned, frontal } = chestLikeness(image);
  const isNegative = upright < LIMITS.negative;
  const isTurned = upright < LIMITS.notUpright && turned > Math.max(LIMITS.turned, -upright);
  const negative: Doubt = {
    code: 'negative',
    message:
      'the greys look inverted: the lungs are brighter than the heart. Invert the film, or export it as MONOCHROME2.',
  };
  const notUpright: Doubt = {
    code: 'not-upright',
    message: 'the chest seems to lie on its side or to stand upside down. Turn the film upright.',
  };
  const notAChest: Doubt = {
    code: 'not-a-chest',
    message: 'the picture does not look like a frontal chest film. Check that it is the film that was meant.',
  };
  return [
    ...(isNegative ? [negative] : []),
    ...(isTurned ? [notUpright] : []),
    ...(frontal < LIMITS.frontal ? [notAChest] : []),
  ];
}

function aspectDoubt({ width, height }: GreyImage): Doubt | undefined {
  if (Math.max(width, height) <= LIMITS.aspectRatio * Math.min(width, height)) return undefined;
  return {
    code: 'extreme-aspect-ratio',
    message: `the picture is ${width}x${height} pixels; a chest film is nearly square. Check that it is one whole film.`,
  };
}

function resolutionDoubt({ width, height }: GreyImage, inputSize: number | undefined): Doubt | undefined {
  if (inputSize === undefined || width * height >= LIMITS.resolution * inputSize ** 2) return undefined;
  return {
    code: 'low-resolution',
    message: `the picture is ${width}x${height} pixels, the network reads ${inputSize}x${inputSize}. Use the film at its full size.`,
  };
}

/** Too small for its greys to say anything of a film. */
function isTiny({ width, height }: GreyImage): boolean {
  return Math.min(width, height) < MINIMUM_SIDE;
}

/** Bits that a value needs; at least 1. */
function bitsOf(value: number): number {
  return Math.max(1, Math.ceil(Math.log2(value + 1)));
}

function percent(share: number): string {
  return `${Math.floor(share * 100)} %`;
}
