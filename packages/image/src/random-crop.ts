import { ImageError, roundHalfToEven, type Random, type Size } from '@crrg/core';
import { allocatePixels, type RgbImage } from './pixels.js';
import { resizeBilinear } from './resize-bilinear.js';

/** A rectangle of whole pixels. */
export interface PixelRectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** What {@link drawCrop} may draw. */
export interface CropRanges {
  /** Area as a fraction of the picture's; above 1 some tries do not fit and are drawn again. */
  readonly scale: readonly [number, number];
  /** Width over height, log-uniform. */
  readonly aspect: readonly [number, number];
  /** Where the rectangle lies: anywhere in the picture, or in its middle. */
  readonly position: 'anywhere' | 'centre';
}

const TRIES = 10;

/**
 * A random rectangle inside the picture; where ten tries do not fit, the largest one of an allowed aspect in the middle.
 *
 * Source: docs/reference/image-preprocessing.md#r-clip; torchvision 0.15 `RandomResizedCrop`.
 */
export function drawCrop(random: Random, size: Size, ranges: CropRanges): PixelRectangle {
  const { scale, aspect, position } = ranges;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const area = size.width * size.height * random.uniform(...scale);
    const ratio = Math.exp(random.uniform(Math.log(aspect[0]), Math.log(aspect[1])));
    const width = roundHalfToEven(Math.sqrt(area * ratio));
    const height = roundHalfToEven(Math.sqrt(area / ratio));
    if (width < 1 || height < 1 || width > size.width || height > size.height) continue;
    if (position === 'centre') return centre(size, width, height);
    const top = random.integer(size.height - height + 1);
    return { left: random.integer(size.width - width + 1), top, width, height };
  }
  return largestCentred(size, aspect);
}

/**
 * The part of a picture inside a rectangle.
 * @throws {@link ImageError} where the rectangle is empty or reaches out of the picture
 */
export function cropImage(image: RgbImage, crop: PixelRectangle): RgbImage {
  const { left, top, width, height } = assertInside(image, crop);
  const data = allocatePixels(image.bitDepth, width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = ((y + top) * image.width + left) * 3;
    data.set(image.data.subarray(from, from + width * 3), y * width * 3);
  }
  return { ...image, width, height, data };
}

/**
 * The part of a picture inside a rectangle, at another size (Pillow's antialiased bilinear filter; nothing outside the rectangle
 * has an influence).
 *
 * Source: torchvision 0.15 `resized_crop` on Pillow pictures.
 * @throws {@link ImageError} for 16-bit pixels or a rectangle that is not inside the picture
 */
export function resizedCrop(image: RgbImage, crop: PixelRectangle, size: Size): RgbImage {
  return resizeBilinear(cropImage(image, crop), size);
}

function largestCentred(size: Size, [narrowest, widest]: readonly [number, number]): PixelRectangle {
  const ratio = size.width / size.height;
  if (ratio < narrowest) return centre(size, size.width, roundHalfToEven(size.width / narrowest));
  if (ratio > widest) return centre(size, roundHalfToEven(size.height * widest), size.height);
  return centre(size, size.width, size.height);
}

function centre(size: Size, width: number, height: number): PixelRectangle {
  return {
    left: Math.floor((size.width - width) / 2),
    top: Math.floor((size.height - height) / 2),
    width,
    height,
  };
}

function assertInside(image: Size, crop: PixelRectangle): PixelRectangle {
  const { left, top, width, height } = crop;
  const isInside =
    [left, top, width, height].every(Number.isInteger) &&
    left >= 0 &&
    top >= 0 &&
    width > 0 &&
    height > 0 &&
    left + width <= image.width &&
    top + height <= image.height;
  if (isInside) return crop;
  throw new ImageError(
    `image.cropImage: expected a rectangle of whole pixels inside ${image.width}x${image.height}, got ${width}x${height} at (${left}, ${top}); draw it for this picture.`,
    { details: { ...crop } },
  );
}
