import { MetricsError } from '../errors.js';
import { areaOf, checkBox, intersectionOf, type Box } from './box.js';

/** One image: lists with one entry per region, all boxes in one frame. */
export interface RegionSample {
  /** The box proposed for each region, also where it is not detected. */
  readonly boxes: readonly Box[];
  readonly isDetected: ArrayLike<number | boolean>;
  /** `undefined` for a region that is not annotated: it enters no sum, but its detection is counted. */
  readonly expected: readonly (Box | undefined)[];
}

/** Overlap of detected and annotated regions over a whole set. Plain data. */
export interface RegionOverlap {
  /** Sum of intersections over sum of unions, per region, in [0, 1]; `undefined` for a region without any area. */
  readonly regionIou: readonly (number | undefined)[];
  /** The same over all regions together; `undefined` where there is no area. */
  readonly averageIou: number | undefined;
  /** Images in which each region was detected. */
  readonly regionDetections: readonly number[];
  /** Mean number of detected regions per image. */
  readonly detectedRegionsPerImage: number;
  readonly numImages: number;
}

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((total, value) => total + value, 0);
const ratio = (part: number, whole: number) => (whole > 0 ? part / whole : undefined);

function checkSample(where: string, sample: RegionSample, index: number, numRegions: number): void {
  const lengths = [sample.boxes.length, sample.isDetected.length, sample.expected.length];
  if (lengths.some((length) => length !== numRegions))
    throw new MetricsError(
      'INPUT',
      `metrics.${where}: expected ${numRegions} boxes, detections and annotations for item ${index}, got ${lengths.join(', ')}; give one entry per region.`,
      { details: { index } },
    );
  sample.boxes.forEach((box, region) => checkBox(where, box, `region ${region} of item ${index}`));
  sample.expected.forEach(
    (box, region) => box && checkBox(where, box, `the annotation of region ${region} of item ${index}`),
  );
}

/**
 * Overlap per region and in all. A ratio of sums, not a mean of ratios: large boxes count more. A region that was not detected shares
 * nothing with its annotation, while the area of the box that was proposed for it stays in the union.
 *
 * Reference: the detector evaluation of RGRG (Tanida et al., CVPR 2023), `evaluate_model.py`. It lets the annotated boxes into the
 * proposals while it measures, which raises the values; boxes that were found without them give the honest ones.
 *
 * @throws {@link MetricsError} `INPUT` for no images, lists of unequal length, and corners that are not finite
 */
export function computeRegionOverlap(samples: readonly RegionSample[]): RegionOverlap {
  const where = 'computeRegionOverlap';
  const numRegions = samples[0]?.boxes.length;
  if (numRegions === undefined)
    throw new MetricsError(
      'INPUT',
      `metrics.${where}: expected at least one image, got none; check what was read.`,
    );
  const intersections = new Float64Array(numRegions);
  const unions = new Float64Array(numRegions);
  const regionDetections = new Array<number>(numRegions).fill(0);
  samples.forEach((sample, index) => {
    checkSample(where, sample, index, numRegions);
    sample.expected.forEach((truth, region) => {
      const [box, isDetected] = [sample.boxes[region]!, Boolean(sample.isDetected[region])];
      if (isDetected) regionDetections[region]! += 1;
      if (!truth) return;
      const shared = isDetected ? intersectionOf(box, truth) : 0;
      intersections[region]! += shared;
      unions[region]! += areaOf(box) + areaOf(truth) - shared;
    });
  });
  return {
    regionIou: Array.from(intersections, (shared, region) => ratio(shared, unions[region]!)),
    averageIou: ratio(sum(intersections), sum(unions)),
    regionDetections,
    detectedRegionsPerImage: sum(regionDetections) / samples.length,
    numImages: samples.length,
  };
}
