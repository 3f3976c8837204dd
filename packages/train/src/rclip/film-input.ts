import type { Random } from '@crrg/core';
import {
  drawCropAugmentation,
  fitShortestSide,
  greyImage,
  greyToRgb,
  preprocessAugmentedCrop,
  preprocessCentreCrop,
  to8Bit,
  type CropAugmentationRanges,
  type CropPreprocessConfig,
  type GreyImage,
} from '@crrg/image';

/** A crop keeps at least 0.8 of the area and has an aspect of at most 4/3: so much of the shorter side is its least. */
const SMALLEST_CROP = Math.sqrt(0.8 * (3 / 4));

/** A film in 8 bits, shrunk so that the smallest random crop of it still has `size` pixels: so many films fit in memory. */
export function shrinkFilm(film: GreyImage, size: number): GreyImage {
  const image = to8Bit(film);
  const side = Math.ceil(size / SMALLEST_CROP);
  if (Math.min(image.width, image.height) <= side) return image;
  const { width, height, data } = fitShortestSide(greyToRgb(image), side);
  return greyImage(
    width,
    height,
    Uint8Array.from({ length: width * height }, (_, at) => data[at * 3]!),
  );
}

/** `[3, S, S]` of a film of 8 bits as classification sees it. */
export function plainFilmInput(image: GreyImage, preprocessing: CropPreprocessConfig): Float32Array {
  return preprocessCentreCrop(greyToRgb(image), preprocessing);
}

/** `[3, S, S]` of a film of 8 bits after a random change. */
export function augmentedFilmInput(
  image: GreyImage,
  preprocessing: CropPreprocessConfig,
  random: Random,
  ranges?: CropAugmentationRanges,
): Float32Array {
  return preprocessAugmentedCrop(
    greyToRgb(image),
    drawCropAugmentation(random, image, ranges),
    preprocessing,
  );
}
