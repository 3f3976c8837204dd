import type { Box } from '@crrg/core';
import { augment, type AugmentParameters } from './augment.js';
import type { GreyImage } from './pixels.js';
import {
  boxTransform,
  fitLongestSide,
  normalise,
  padToSquare,
  preprocessConfig,
  type PreprocessOptions,
} from './preprocess.js';

/** Network input of one training picture with its boxes. */
export interface TrainingSample<T> {
  /** `[1, S, S]` float32, normalised. */
  readonly data: Float32Array;
  /** What is left of the given objects, boxes in the `input` frame. */
  readonly objects: T[];
}

/**
 * Network input of a training picture: resized, augmented, then padded and normalised, in the order of the reference. Boxes come
 * in the `image` frame and leave in the `input` frame; objects without area are dropped.
 *
 * Source: docs/reference/image-preprocessing.md#rrg-in-training.
 *
 * @example
 * ```ts
 * const sample = prepareTrainingSample(image, objects, { augmentation: drawAugmentation(random) });
 * ```
 * @throws `ConfigError` as {@link preprocessConfig}
 */
export function prepareTrainingSample<T extends { readonly box: Box }>(
  image: GreyImage,
  objects: readonly T[],
  options: PreprocessOptions & { readonly augmentation?: AugmentParameters | undefined } = {},
): TrainingSample<T> {
  const config = preprocessConfig(options);
  const resized = fitLongestSide(image, config.size);
  const { scaleX, scaleY, left, top } = boxTransform(image, resized, config.size);
  const scaled = objects.map((object) => ({ ...object, box: scaleBox(object.box, scaleX, scaleY) }));
  const changed = augment(resized, scaled, options.augmentation ?? {});
  return {
    data: normalise(padToSquare(changed.image, config.size), config),
    objects: changed.objects.map((object) => ({ ...object, box: shiftBox(object.box, left, top) })),
  };
}

function scaleBox(box: Box, x: number, y: number): Box {
  return { x1: box.x1 * x, y1: box.y1 * y, x2: box.x2 * x, y2: box.y2 * y };
}

function shiftBox(box: Box, x: number, y: number): Box {
  return { x1: box.x1 + x, y1: box.y1 + y, x2: box.x2 + x, y2: box.y2 + y };
}
