import {
  ANATOMICAL_REGIONS,
  boxArea,
  boxIntersection,
  boxIou,
  type AnatomicalRegion,
  type Box,
} from '@crrg/core';
import { computeRegionOverlap, type RegionOverlap } from '@crrg/metrics';
import type { Report } from '@crrg/pipeline';
import type { EvaluationOptions, Intervals, PatientItem } from './intervals.js';
import { computeSummedIntervals, shareOf, type SumOf } from './summed-intervals.js';

/** A report beside the boxes that people drew. */
export interface AnnotatedReport extends PatientItem {
  readonly report: Pick<Report, 'regions'>;
  /** Pixels of the `image`. Regions that are not annotated are not scored. */
  readonly boxes: Readonly<Partial<Record<AnatomicalRegion, Box>>>;
}

/** Scores of boxes of one region, or of all. */
export type OverlapScores = Intervals<'overlap' | 'meanIou' | 'detectedShare'>;

/** How well the regions of a set of films were found. */
export interface RegionEvaluation {
  /**
   * Over annotated regions. `meanIou`: mean of the intersections over unions, 0 where not detected; `overlap`: sum of intersections over sum
   * of unions, as RGRG counts; `detectedRegionsPerFilm`: of all 29.
   */
  readonly scores: Intervals<'meanIou' | 'detectedShare' | 'overlap' | 'detectedRegionsPerFilm'>;
  /** The same of each region that is annotated anywhere. */
  readonly regions: Readonly<
    Partial<Record<AnatomicalRegion, OverlapScores & { readonly numBoxes: number }>>
  >;
  /** Mean intersection over union of each region that is annotated anywhere, in [0, 1]; 0 where it was not detected. */
  readonly regionIou: Readonly<Partial<Record<AnatomicalRegion, number>>>;
  /** As RGRG counts: sums of areas, not means of ratios; a box that was not detected has no area here. */
  readonly overlap: RegionOverlap;
  readonly numFilms: number;
  readonly numBoxes: number;
}

const NOTHING: Box = { x1: 0, y1: 0, x2: 0, y2: 0 };

/** What a detector says of a region of a film. @internal */
export interface FoundRegion {
  readonly name: AnatomicalRegion;
  /** Null, or what was proposed all the same, where the region was not detected. */
  readonly box: Box | null;
  readonly isDetected: boolean;
}

/** The regions of a film beside the annotated boxes. @internal */
export interface FoundRegions extends PatientItem {
  readonly regions: readonly FoundRegion[];
  readonly boxes: AnnotatedReport['boxes'];
}

/** Places in the sums of a region: areas in square pixels, of boxes the sum of IoUs, those detected, all. */
const [SHARED, UNION, IOU, DETECTED, BOXES] = [0, 1, 2, 3, 4];

function sumsOfBox({ box, isDetected }: FoundRegion, expected: Box): number[] {
  const shared = box && isDetected ? boxIntersection(box, expected) : 0;
  const union = (box ? boxArea(box) : 0) + boxArea(expected) - shared;
  return [shared, union, box && isDetected ? boxIou(box, expected) : 0, Number(isDetected), 1];
}

function sumsOfFilm({ regions, boxes }: FoundRegions): Record<string, number[]> {
  const ofRegions = regions.flatMap((region) => {
    const expected = boxes[region.name];
    return expected ? [[region.name, sumsOfBox(region, expected)] as const] : [];
  });
  const all = ofRegions.reduce(
    (sum, [, values]) => sum.map((value, at) => value + values[at]!),
    [0, 0, 0, 0, 0],
  );
  const detected = regions.filter(({ isDetected }) => isDetected).length;
  return { ...Object.fromEntries(ofRegions), all, film: [detected, 1] };
}

const overlapScores = (sums: Float64Array) => ({
  overlap: shareOf(sums[SHARED]!, sums[UNION]!),
  meanIou: shareOf(sums[IOU]!, sums[BOXES]!),
  detectedShare: shareOf(sums[DETECTED]!, sums[BOXES]!),
});

function scoresOf(names: readonly string[], sumOf: SumOf): Record<string, number | undefined> {
  const ofRegions = names.flatMap((region) =>
    Object.entries(overlapScores(sumOf(region))).map(
      ([score, value]) => [`${region}/${score}`, value] as const,
    ),
  );
  const [detected, films] = sumOf('film');
  return {
    ...overlapScores(sumOf('all')),
    detectedRegionsPerFilm: shareOf(detected!, films!),
    ...Object.fromEntries(ofRegions),
  };
}

/** Scores and numbers of boxes, of films with at least one annotated box. @internal */
export function evaluateFoundRegions(
  films: readonly FoundRegions[],
  options: EvaluationOptions = {},
): Pick<RegionEvaluation, 'scores' | 'regions' | 'numFilms' | 'numBoxes'> {
  const annotated = films.filter(({ boxes }) => Object.values(boxes).some(Boolean));
  const names = ANATOMICAL_REGIONS.filter((name) => annotated.some(({ boxes }) => boxes[name]));
  const items = annotated.map((film) => ({ patient: film.patient, sums: sumsOfFilm(film) }));
  const intervals = computeSummedIntervals(items, (sumOf) => scoresOf(names, sumOf), options);
  const { meanIou, detectedShare, overlap, detectedRegionsPerFilm } = intervals;
  const present = <T>(fields: Readonly<Record<string, T | undefined>>) =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const numBoxesOf = (name: AnatomicalRegion) => annotated.filter(({ boxes }) => boxes[name]).length;
  const regions = names.map((name) => [
    name,
    {
      numBoxes: numBoxesOf(name),
      ...present({
        overlap: intervals[`${name}/overlap`],
        meanIou: intervals[`${name}/meanIou`],
        detectedShare: intervals[`${name}/detectedShare`],
      }),
    },
  ]);
  return {
    scores: present({ meanIou, detectedShare, overlap, detectedRegionsPerFilm }),
    regions: Object.fromEntries(regions) as RegionEvaluation['regions'],
    numFilms: annotated.length,
    numBoxes: names.reduce((sum, name) => sum + numBoxesOf(name), 0),
  };
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
  const found = films.map(({ report, boxes, patient }) => ({
    patient,
    boxes,
    regions: report.regions.map(({ name, box }) => ({ name, box, isDetected: box !== null })),
  }));
  const evaluation = evaluateFoundRegions(found, options);
  return {
    ...evaluation,
    regionIou: Object.fromEntries(
      Object.entries(evaluation.regions).map(([name, { meanIou }]) => [name, meanIou!.estimate]),
    ),
    overlap: computeRegionOverlap(
      films.map(({ report: { regions }, boxes }) => ({
        boxes: regions.map(({ box }) => box ?? NOTHING),
        isDetected: regions.map(({ box }) => box !== null),
        expected: regions.map(({ name }) => boxes[name]),
      })),
    ),
    numFilms: films.length,
  };
}
