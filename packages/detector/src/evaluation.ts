import { boxArea, boxIntersection, type Box } from '@crrg/core';

/** Overlap of detected and annotated regions over a whole set. */
export interface DetectionScores {
  /** Sum of intersections over sum of unions, per region; `undefined` for a region without any area. */
  readonly regionIou: readonly (number | undefined)[];
  /** The same over all regions; `undefined` for an empty set. */
  readonly averageIou: number | undefined;
  /** Mean number of detected regions per image; `undefined` for an empty set. */
  readonly detectedRegionsPerImage: number | undefined;
  readonly numImages: number;
}

/** One image to score; lists have one entry per region. Both boxes in one frame. */
export interface DetectionSample {
  readonly boxes: readonly Box[];
  readonly isDetected: readonly boolean[];
  /** `undefined` for a region that is not annotated: it enters no sum, but its detection is counted. */
  readonly expected: readonly (Box | undefined)[];
}

/** Accumulates {@link DetectionScores}. */
export interface DetectionEvaluator {
  add(sample: DetectionSample): void;
  scores(): DetectionScores;
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const ratio = (part: number, whole: number) => (whole > 0 ? part / whole : undefined);

/**
 * An empty evaluator. The overlap is a ratio of sums, not a mean of ratios; a region that was not detected intersects nothing, while
 * the area of its arbitrary box stays in the union, as in RGRG's `evaluate_model.py` (docs/reference/detector.md#evaluation).
 *
 * Feed it detections made without annotated boxes (clean, the default of `detect`). RGRG measures with the annotated boxes among the RoIs,
 * which inflates the result (docs/reference/traps.md#t1): detections made with the option `groundTruth` reproduce that.
 */
export function createDetectionEvaluator(numRegions: number): DetectionEvaluator {
  const intersections = new Array<number>(numRegions).fill(0);
  const unions = new Array<number>(numRegions).fill(0);
  let detections = 0;
  let images = 0;
  return {
    add({ boxes, isDetected, expected }) {
      images += 1;
      for (let region = 0; region < numRegions; region++) {
        if (isDetected[region]) detections += 1;
        const truth = expected[region];
        if (!truth) continue;
        const box = boxes[region]!;
        const shared = isDetected[region] ? boxIntersection(box, truth) : 0;
        intersections[region]! += shared;
        unions[region]! += boxArea(box) + boxArea(truth) - shared;
      }
    },
    scores: () => ({
      regionIou: intersections.map((shared, region) => ratio(shared, unions[region]!)),
      averageIou: ratio(sum(intersections), sum(unions)),
      detectedRegionsPerImage: ratio(detections, images),
      numImages: images,
    }),
  };
}
