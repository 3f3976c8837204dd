import { ANATOMICAL_REGIONS, clipBox, createRandom, type AbortOptions, type Box } from '@crrg/core';
import type { RegionStudy } from '@crrg/datasets/node';
import { createDetector, createRandomSampler, type GroundTruth } from '@crrg/detector';
import { preprocessRadiograph, type GreyImage, type PreprocessedImage } from '@crrg/image';
import { partOf, type ReportModel } from '@crrg/pipeline';
import { createRegionSelector } from '@crrg/region-selector';
import { float32, type Backend } from '@crrg/tensor';
import { detectWithReference } from '../reference-detections.js';
import type { LeakyRegion } from '../rrg/film.js';

/** Finds regions as RGRG measures itself, with the annotated boxes among the proposals. */
export interface LeakyDetector {
  detect(image: GreyImage, study: RegionStudy): Promise<LeakyRegion[]>;
  dispose(): void;
}

/** The annotated boxes of a study in the `input` frame. */
function groundTruthOf({ regions }: RegionStudy, { transform }: PreprocessedImage): GroundTruth {
  const annotated = regions.flatMap(({ region, box }) => (box ? [{ region, box }] : []));
  const corners = annotated.map(({ box }) => transform.toInput(box));
  return {
    boxes: Float32Array.from(corners.flatMap(({ x1, y1, x2, y2 }) => [x1, y1, x2, y2])),
    regions: Int32Array.from(annotated, ({ region }) => ANATOMICAL_REGIONS.indexOf(region)),
  };
}

/** Opens the detector and the classifiers of a model on a backend that stays the caller's. */
export async function openLeakyDetector(
  model: ReportModel,
  backend: Backend,
  { signal }: AbortOptions,
): Promise<LeakyDetector> {
  const { config, weights, preprocessing } = model;
  const detector = createDetector({ config: config.detector, weights: partOf(weights, 'detector'), backend });
  const selector = await createRegionSelector({
    config: config.regionSelector,
    weights: partOf(weights, 'regionSelector'),
    backend,
    signal,
  }).catch((error: unknown) => {
    detector.dispose();
    throw error;
  });
  return {
    async detect(image, study) {
      const prepared = preprocessRadiograph(image, preprocessing);
      const { data, size, transform } = prepared;
      // A generator for each film, so that a run that goes on draws the same.
      const sampler = createRandomSampler(createRandom(0).fork(study.id));
      const [found] = await detectWithReference(detector, float32([1, 1, size, size], data), {
        groundTruth: [groundTruthOf(study, prepared)],
        sampler,
        signal,
      });
      const { boxes, isDetected, regionFeatures } = found!;
      const { isSelected, isAbnormal } = await selector.select(
        regionFeatures,
        Uint8Array.from(isDetected, Number),
      );
      const boxOf = (region: number): Box => {
        const [x1, y1, x2, y2] = boxes.subarray(4 * region, 4 * region + 4) as unknown as number[];
        return clipBox(transform.toImage({ x1: x1!, y1: y1!, x2: x2!, y2: y2! }), image);
      };
      return ANATOMICAL_REGIONS.map((_, region) => ({
        box: boxOf(region),
        isDetected: isDetected[region]!,
        isSelected: isSelected[region] === 1,
        isAbnormal: isAbnormal[region] === 1,
      }));
    },
    dispose() {
      selector.dispose();
      detector.dispose();
    },
  };
}
