import { ANATOMICAL_REGIONS, boxIou, type AnatomicalRegion, type Box } from '@crrg/core';
import { computeRegionOverlap, type RegionOverlap } from '@crrg/metrics';
import type { Report } from '@crrg/pipeline';
import {
  computeIntervals,
  meanOf,
  type EvaluationOptions,
  type Intervals,
  type PatientItem,
} from './intervals.js';

/** A report beside the boxes that people drew. */
export interface AnnotatedReport extends PatientItem {
  readonly report: Pick<Report, 'regions'>;
  /** Pixels of the `image`. Regions that are not annotated are not scored. */
  readonly boxes: Readonly<Partial<Record<AnatomicalRegion, Box>>>;
}

/** How well the regions of a set of films were found. */
export interface RegionEvaluation {
  /** Over annotated regions. */
  readonly scores: Intervals<'meanIou' | 'detectedShare'>;
  /** Mean intersection over union of each region that is annotated anywhere, in [0, 1]; 0 where it was not detected. */
  readonly regionIou: Readonly<Partial<Record<AnatomicalRegion, number>>>;
  /** As RGRG counts: sums of areas, not means of ratios; a box that was not detected has no area here. */
  readonly overlap: RegionOverlap;
  readonly numFilms: number;
  readonly numBoxes: number;
}

interface ScoredBox extends PatientItem {
  readonly region: AnatomicalRegion;
  readonly iou: number;
  readonly isDetected: boolean;
}

const NOTHING: Box = { x1: 0, y1: 0, x2: 0, y2: 0 };

function scoreBoxes({ report, boxes, patient }: AnnotatedReport): ScoredBox[] {
  return report.regions.flatMap(({ name, box }) => {
    const expected = boxes[name];
    if (!expected) return [];
    return [{ region: name, patient, iou: box ? boxIou(box, expected) : 0, isDetected: box !== null }];
  });
}

/**
 * Boxes of reports against annotated ones. No report has seen them.
 * Source: docs/reference/detector.md#evaluation, without the annotated boxes that RGRG lets into the proposals.
 *
 * @example
 * ```ts
 * const { scores } = evaluateRegions([{ report, boxes: { 'left lung': { x1: 10, y1: 20, x2: 400, y2: 800 } } }]);
 * console.log(scores.meanIou?.estimate);
 * ```
 * @throws `MetricsError` for films without any annotated region
 */
export function evaluateRegions(
  films: readonly AnnotatedReport[],
  options: EvaluationOptions = {},
): RegionEvaluation {
  // Films are patients where none is named: the boxes of one film belong together.
  const scored = films.flatMap((film, index) =>
    scoreBoxes({ ...film, patient: film.patient ?? `film ${index}` }),
  );
  const ofRegion = (region: AnatomicalRegion) => scored.filter((box) => box.region === region);
  return {
    scores: computeIntervals(
      scored,
      {
        meanIou: (sample) => meanOf(sample.map(({ iou }) => iou)),
        detectedShare: (sample) => meanOf(sample.map(({ isDetected }) => Number(isDetected))),
      },
      options,
    ),
    regionIou: Object.fromEntries(
      ANATOMICAL_REGIONS.flatMap((region) => {
        const mean = meanOf(ofRegion(region).map(({ iou }) => iou));
        return mean === undefined ? [] : [[region, mean] as const];
      }),
    ),
    overlap: computeRegionOverlap(
      films.map(({ report: { regions }, boxes }) => ({
        boxes: regions.map(({ box }) => box ?? NOTHING),
        isDetected: regions.map(({ box }) => box !== null),
        expected: regions.map(({ name }) => boxes[name]),
      })),
    ),
    numFilms: films.length,
    numBoxes: scored.length,
  };
}
