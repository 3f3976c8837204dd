import type { Doubt } from '@crrg/core';
import { maximumValue, type GreyImage } from './pixels.js';

/** What is known about a picture besides its pixels. */
export interface ImageDoubtOptions {
  /**
   * Side of the network's input, in pixels; without it the resolution is not judged.
   * @defaultValue none
   */
  readonly inputSize?: number | undefined;
}

/** Reasons to doubt that the pixels are a well-exposed radiograph that a network can read. Empty where there are none. */
export function findImageDoubts(image: GreyImage, options: ImageDoubtOptions = {}): Doubt[] {
  return [...valueDoubts(image), ...resolutionDoubts(image, options.inputSize)];
}

function resolutionDoubts(image: GreyImage, inputSize: number | undefined): Doubt[] {
  const side = Math.max(image.width, image.height);
  if (inputSize === undefined || side * 2 >= inputSize) return [];
  return [
    {
      code: 'low-resolution',
      message: `the picture is ${image.width}x${image.height} pixels, the network reads ${inputSize}x${inputSize}; use the film at its full size.`,
    },
  ];
}

function valueDoubts(image: GreyImage): Doubt[] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of image.data) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const white = maximumValue(image);
  if (low === high)
    return [
      { code: 'nearly-empty', message: `every pixel has the value ${low}; the picture shows nothing.` },
    ];
  if (high > white / 8) return [];
  const used = Math.ceil(Math.log2(high + 1));
  return [
    {
      code: 'bits-unused',
      message: `the brightest of the ${image.bitDepth}-bit pixels is ${high} of ${white}; scale the ${used} bits in use to the full range.`,
    },
  ];
}
