import { boxArea, clipBox, createRandom, type Box, type Random } from '@crrg/core';
import {
  drawAugmentation,
  fitLongestSide,
  greyImage,
  prepareTrainingSample,
  preprocessRadiograph,
  warpBox,
  type AugmentationRanges,
  type AugmentParameters,
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

function gamma({ width, height, data }: GreyImage, exponent: number): GreyImage {
  const bent = Uint8Array.from({ length: 256 }, (_, value) => Math.round(255 * (value / 255) ** exponent));
  return greyImage(
    width,
    height,
    Uint8Array.from(data, (value) => bent[value]!),
  );
}

/** Binomial 3x3 blur; beyond the border lies the border. */
function blur({ width, height, data }: GreyImage): GreyImage {
  const across = new Uint16Array(data.length);
  for (let y = 0, index = 0; y < height; y++) {
    for (let x = 0; x < width; x++, index++) {
      const left = data[x > 0 ? index - 1 : index]!;
      const right = data[x < width - 1 ? index + 1 : index]!;
      across[index] = left + 2 * data[index]! + right;
    }
  }
  const blurred = new Uint8Array(data.length);
  for (let y = 0, index = 0; y < height; y++) {
    const [up, down] = [y > 0 ? width : 0, y < height - 1 ? width : 0];
    for (let x = 0; x < width; x++, index++)
      blurred[index] = (across[index - up]! + 2 * across[index]! + across[index + down]! + 8) >> 4;
  }
  return greyImage(width, height, blurred);
}

/**
 * How strongly training changes grey levels. These films are confounded: those without a finding are brighter and less sharp, so
 * that their mean grey alone separates them. Strong changes of brightness, contrast, gamma and sharpness take that shortcut away.
 */
const RANGES: AugmentationRanges = {
  probability: 0.8,
  brightness: [0.6, 1.4],
  contrast: [0.6, 1.4],
  translate: [-0.08, 0.08],
  rotateDegrees: [-2, 2],
  scale: [0.88, 1.14],
};

/**
 * How training moves a film. With boxes, rotation is small, because the box around a turned box is larger than the organ's.
 * `wide` moves and zooms far, as films are that were cut out of figures, but every box stays in the picture for the most part.
 * `turned` is for films without boxes.
 */
export type Movement = 'small' | 'wide' | 'turned';

const RANGES_OF: Readonly<Record<Movement, AugmentationRanges>> = {
  small: RANGES,
  wide: { ...RANGES, translate: [-0.2, 0.2], scale: [0.75, 1.35] },
  turned: { ...RANGES, rotateDegrees: [-8, 8] },
};

/** Share of its area that every box keeps in the picture under `wide`. */
const LEAST_AREA = 0.7;
const TRIES = 8;

/** A random change of the film. */
function drawChange(
  image: GreyImage,
  boxes: readonly Box[],
  random: Random,
  movement: Movement,
): AugmentParameters {
  const draw = () => drawAugmentation(createRandom(random.integer(2 ** 31)), RANGES_OF[movement]);
  if (movement !== 'wide') return draw();
  for (let tries = 0; tries < TRIES; tries++) {
    const change = draw();
    const { affine } = change;
    const stays = (box: Box) => {
      const moved = affine ? warpBox(box, image, affine) : box;
      return boxArea(clipBox(moved, image)) >= LEAST_AREA * boxArea(moved);
    };
    if (boxes.every(stays)) return change;
  }
  return {};
}

/** `[1, S, S]` and boxes in the `input` frame after a random change. */
export function augmentedInput<T extends { readonly box: Box }>(
  { image }: SmallFilm,
  objects: readonly T[],
  random: Random,
  movement: Movement = 'small',
): { data: Float32Array; objects: T[] } {
  const bent = random.next() < 0.7 ? gamma(image, Math.exp(random.uniform(-0.5, 0.5))) : image;
  const softened = random.next() < 0.4 ? blur(bent) : bent;
  const boxes = objects.map(({ box }) => box);
  const augmentation = drawChange(image, boxes, random, movement);
  return prepareTrainingSample(softened, objects, { size: IMAGE_SIZE, augmentation });
}
