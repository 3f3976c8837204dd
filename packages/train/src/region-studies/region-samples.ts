import { ANATOMICAL_REGIONS, type Box, type Random, type Size } from '@crrg/core';
import type { GroundTruth } from '@crrg/detector';
import { boxTransform, drawAugmentation, prepareTrainingSample, type PreprocessConfig } from '@crrg/image';
import type { Tokenizer } from '@crrg/report-gen';
import type { RrgSample, RrgSampleSource } from '../rrg/rrg-batch.js';
import { isDescribed, isWhole, type RegionEntry } from './read-entries.js';
import type { RegionFilms } from './region-films.js';

/** What {@link regionSampleSource} makes samples with. */
export interface RegionSampleOptions {
  readonly films: RegionFilms;
  readonly preprocessing: PreprocessConfig;
  /** As the reference augments films for training. */
  readonly augment: boolean;
  /** Undefined where no text is read: a phrase is then as good as its ends. */
  readonly tokenizer?: Tokenizer | undefined;
  /** Longest phrase in tokens, its ends included; the rest is cut off. */
  readonly maxLength: number;
}

interface BoxedRegion {
  readonly region: number;
  readonly box: Box;
}

function groundTruth(objects: readonly BoxedRegion[], partialIn: Box | undefined): GroundTruth {
  return {
    boxes: Float32Array.from(objects.flatMap(({ box: { x1, y1, x2, y2 } }) => [x1, y1, x2, y2])),
    regions: Int32Array.from(objects, ({ region }) => region),
    ...(partialIn && { partialIn }),
  };
}

/** Where the picture lies in the padded square. */
function pictureIn({ width, height }: Size, size: number): Box {
  return boxTransform({ width, height }, { width, height }, size).toInput({
    x1: 0,
    y1: 0,
    x2: width,
    y2: height,
  });
}

const perRegion = <T>(value: (region: number) => T): T[] =>
  ANATOMICAL_REGIONS.map((_, region) => value(region));

/** What a study says of its regions, as a sample has it. */
function statements({ study }: RegionEntry, { tokenizer, maxLength }: RegionSampleOptions) {
  const byRegion = new Map(study.regions.map((known) => [ANATOMICAL_REGIONS.indexOf(known.region), known]));
  const encode = (text: string) => tokenizer?.encodeSentence(text, { maxLength }) ?? [0, 0];
  const isKnown = isDescribed(study);
  return {
    phrases: perRegion((region) => {
      const text = byRegion.get(region)?.text ?? '';
      return text === '' ? undefined : encode(text);
    }),
    isAbnormal: perRegion((region) => byRegion.get(region)?.abnormal ?? false),
    ...(!isWhole(study) && {
      isAnnotated: perRegion((region) => byRegion.has(region)),
      isDescribed: perRegion((region) => isKnown && byRegion.has(region)),
    }),
  };
}

/** Network samples of a region study. Training draws another augmentation each time. */
export function regionSampleSource(entry: RegionEntry, options: RegionSampleOptions): RrgSampleSource {
  const { films, preprocessing, augment } = options;
  const said = statements(entry, options);
  return async (random: Random): Promise<RrgSample> => {
    const { image, original } = await films.load(entry.file);
    const [x, y] = [image.width / original.width, image.height / original.height];
    const objects = entry.study.regions.flatMap(({ region, box }): BoxedRegion[] =>
      box
        ? [
            {
              region: ANATOMICAL_REGIONS.indexOf(region),
              box: { x1: box.x1 * x, y1: box.y1 * y, x2: box.x2 * x, y2: box.y2 * y },
            },
          ]
        : [],
    );
    const augmentation = augment ? drawAugmentation(random) : undefined;
    const { data, objects: left } = prepareTrainingSample(image, objects, { ...preprocessing, augmentation });
    const partialIn = isWhole(entry.study) ? undefined : pictureIn(image, preprocessing.size);
    return { image: data, groundTruth: groundTruth(left, partialIn), ...said };
  };
}
