import { createDetector, lowestIndexSampler, type GroundTruth, type RegionDetections } from '@crrg/detector';
import { detectWithReference } from '@crrg/evaluate';
import { partOf } from '@crrg/pipeline';
import type { RrgSample } from '@crrg/train';
import { createRegionSelector, type RegionSelection } from '@crrg/region-selector';
import type { ParityContext } from '../../framework/context.js';
import type { RrgCase } from './case.js';

/** Regions of all images of a case. */
export interface FoundRegions {
  readonly detections: readonly RegionDetections[];
  readonly selection: RegionSelection;
  readonly features: Float32Array;
}

/**
 * Runs the detector and the region selector.
 * @param groundTruth joins the proposals where given
 */
export async function findRegions(
  { context, config, weights, images }: RrgCase,
  groundTruth?: readonly GroundTruth[],
): Promise<FoundRegions> {
  const backend = await context.backend();
  const detector = createDetector({ config: config.detector, weights: partOf(weights, 'detector'), backend });
  const detections = groundTruth
    ? await detectWithReference(detector, images, { groundTruth, sampler: lowestIndexSampler })
    : await detector.detect(images);
  detector.dispose();
  const selector = await createRegionSelector({
    config: config.regionSelector,
    weights: partOf(weights, 'regionSelector'),
    backend,
  });
  const features = Float32Array.from(detections.flatMap(({ regionFeatures }) => Array.from(regionFeatures)));
  const isDetected = Uint8Array.from(detections.flatMap((image) => image.isDetected.map(Number)));
  const selection = await selector.select(features, isDetected);
  selector.dispose();
  return { detections, selection, features };
}

export function checkRegions(
  context: ParityContext,
  prefix: string,
  detections: readonly RegionDetections[],
  selection: RegionSelection,
): void {
  context.checkEqual(
    `${prefix}class_detected`,
    detections.flatMap(({ isDetected }) => isDetected),
  );
  context.checkEqual(`${prefix}selected_regions`, selection.isSelected);
  context.check(
    `${prefix}top_scores`,
    detections.flatMap(({ scores }) => Array.from(scores)),
  );
  context.check(
    `${prefix}top_region_boxes`,
    detections.flatMap(({ boxes }) => Array.from(boxes)),
  );
}

/** What evaluation with targets finds: the annotated boxes join the proposals (docs/reference/traps.md#t1). */
export async function checkReferenceDetections(setup: RrgCase, samples: readonly RrgSample[]): Promise<void> {
  const { context } = setup;
  const truth = samples.map(({ groundTruth }) => groundTruth);
  const { detections, selection } = await findRegions(setup, truth);
  const prefix = context.tensors.has('eval.top_scores') ? 'eval.' : '';
  checkRegions(context, prefix, detections, selection);
  context.checkEqual(`${prefix}predicted_abnormal_regions`, selection.isAbnormal);
}
