import { ANATOMICAL_REGIONS, createRandom, type Box, type Random } from '@crrg/core';
import type { GroundTruth } from '@crrg/detector';
import { boxTransform } from '@crrg/image';
import type { RrgSample, RrgSampleSource } from '@crrg/train';
import { IMAGE_SIZE } from './config.js';
import { augmentedInput, plainInput, type SmallFilm } from './films.js';
import { regionTargets } from './phrases.js';
import { pseudoRegions, type LungBoxes } from './pseudo-regions.js';

interface RegionBox {
  readonly region: number;
  readonly box: Box;
}

function groundTruth(objects: readonly RegionBox[]): GroundTruth {
  return {
    boxes: Float32Array.from(objects.flatMap(({ box: { x1, y1, x2, y2 } }) => [x1, y1, x2, y2])),
    regions: Int32Array.from(objects, ({ region }) => region),
  };
}

/** A film with its pseudo-regions and, where its findings are known, its weak labels. */
export interface AnnotatedFilm {
  readonly film: SmallFilm;
  /** In pixels of the small film. */
  readonly lungs: LungBoxes;
  /** Undefined: the film teaches boxes only. */
  readonly labels?: readonly string[] | undefined;
}

/** Network samples of a film. Training draws another augmentation and wording each time. */
export function sampleSource(
  example: AnnotatedFilm,
  options: { readonly augment: boolean; readonly tokens: (phrase: string) => number[] },
): RrgSampleSource {
  const { film, lungs, labels } = example;
  const transform = boxTransform(film.image, film.image, IMAGE_SIZE);
  const boxes = pseudoRegions(lungs, film.image);
  const objects = ANATOMICAL_REGIONS.map((_, region): RegionBox => ({ region, box: boxes[region]! })).filter(
    ({ box }) => box.x2 - box.x1 >= 1 && box.y2 - box.y1 >= 1,
  );
  const plain = () => ({
    data: plainInput(film),
    objects: objects.map(({ region, box }) => ({ region, box: transform.toInput(box) })),
  });
  return (random: Random): RrgSample => {
    const { data, objects: moved } = options.augment ? augmentedInput(film, objects, random) : plain();
    const targets = regionTargets(labels, options.augment ? random : createRandom(1));
    return {
      image: data,
      groundTruth: groundTruth(moved.filter(({ box }) => box.x2 - box.x1 >= 1 && box.y2 - box.y1 >= 1)),
      phrases: targets.map(({ phrase }) => (phrase === undefined ? undefined : options.tokens(phrase))),
      isAbnormal: targets.map(({ isAbnormal }) => isAbnormal),
    };
  };
}
