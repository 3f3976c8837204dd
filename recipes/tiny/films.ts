import { createRandom, type Box, type Random } from '@crrg/core';
import {
  drawAugmentation,
  fitLongestSide,
  greyImage,
  prepareTrainingSample,
  preprocessRadiograph,
  type GreyImage,
} from '@crrg/image';
import { decodeImage } from '@crrg/image/node';
import { IMAGE_SIZE } from './config.js';

/** A film shrunk once to the network's size, and how much it was shrunk. */
export interface SmallFilm {
  readonly image: GreyImage;
  /** From pixels of the file to pixels of `image`. */
  readonly scale: { readonly x: number; readonly y: number };
}

/** Reads a film and shrinks its long side to the network's. */
export async function loadFilm(file: string): Promise<SmallFilm> {
  const decoded = await decodeImage(file);
  const image = fitLongestSide(decoded, IMAGE_SIZE);
  return { image, scale: { x: image.width / decoded.width, y: image.height / decoded.height } };
}

/** A box of the file in pixels of the small film. */
export function shrinkBox(box: Box, { scale }: SmallFilm): Box {
  return { x1: box.x1 * scale.x, y1: box.y1 * scale.y, x2: box.x2 * scale.x, y2: box.y2 * scale.y };
}

/** `[1, S, S]` as inference sees it. */
export function plainInput({ image }: SmallFilm): Float32Array {
  return preprocessRadiograph(image, { size: IMAGE_SIZE }).data;
}

function mapGrey(image: GreyImage, change: (value: number, index: number) => number): GreyImage {
  const data = Uint8Array.from(image.data, (value, index) =>
    Math.max(0, Math.min(255, Math.round(change(value, index)))),
  );
  return greyImage(image.width, image.height, data);
}

function gamma(image: GreyImage, exponent: number): GreyImage {
  return mapGrey(image, (value) => 255 * (value / 255) ** exponent);
}

/** Binomial 3x3 blur. */
function blur(image: GreyImage): GreyImage {
  const { width, height, data } = image;
  const at = (x: number, y: number) =>
    data[Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x))]!;
  const row = (x: number, y: number) => at(x - 1, y) + 2 * at(x, y) + at(x + 1, y);
  return mapGrey(image, (_value, index) => {
    const [x, y] = [index % width, Math.floor(index / width)];
    return (row(x, y - 1) + 2 * row(x, y) + row(x, y + 1)) / 16;
  });
}

/**
 * How strongly training changes grey levels. These films are confounded: those without a finding are brighter and less sharp, so
 * that their mean grey alone separates them. Strong changes of brightness, contrast, gamma and sharpness take that shortcut away.
 */
const RANGES = {
  probability: 0.8,
  brightness: [0.6, 1.4],
  contrast: [0.6, 1.4],
  translate: [-0.08, 0.08],
  rotateDegrees: [-6, 6],
  scale: [0.88, 1.12],
} as const;

/** `[1, S, S]` and boxes in the `input` frame after a random change. */
export function augmentedInput<T extends { readonly box: Box }>(
  { image }: SmallFilm,
  objects: readonly T[],
  random: Random,
): { data: Float32Array; objects: T[] } {
  const bent = random.next() < 0.7 ? gamma(image, Math.exp(random.uniform(-0.5, 0.5))) : image;
  const softened = random.next() < 0.4 ? blur(bent) : bent;
  const augmentation = drawAugmentation(createRandom(random.integer(2 ** 31)), RANGES);
  return prepareTrainingSample(softened, objects, { size: IMAGE_SIZE, augmentation });
}
