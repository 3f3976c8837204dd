import type { AbortOptions } from '@crrg/core';
import {
  assignRoiTargets,
  type Detector,
  type GroundTruth,
  type RegionDetections,
  type Sampler,
} from '@crrg/detector';
import type { HostTensor } from '@crrg/tensor';

/** What {@link detectWithReference} is told. */
export interface ReferenceOptions extends AbortOptions {
  /** The annotated boxes of each image, in the `input` frame. */
  readonly groundTruth: readonly GroundTruth[];
  /** Draws the sample of proposals that is scored. */
  readonly sampler: Sampler;
}

/**
 * The regions of images where the annotated boxes are among the proposals, as RGRG measures itself: the truth leaks into what is
 * measured and flatters it (docs/reference/traps.md#t1). For comparison with figures that were made so, only.
 * @throws as `detect` of the detector
 */
export async function detectWithReference(
  detector: Detector,
  images: HostTensor<'float32'>,
  { groundTruth, sampler, signal }: ReferenceOptions,
): Promise<RegionDetections[]> {
  const found = await detector.propose(images, { signal });
  const proposals = found.map((boxes, image) => {
    const truth = groundTruth[image];
    return truth ? assignRoiTargets(boxes, truth, detector.config.roi, sampler).boxes : boxes;
  });
  return detector.detect(images, { proposals, signal });
}
