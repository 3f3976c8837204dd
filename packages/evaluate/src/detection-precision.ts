import { ANATOMICAL_REGIONS, type AbortOptions, type AnatomicalRegion } from '@crrg/core';
import {
  computeBootstrapIntervalsAsync,
  computeIou,
  groupByPatient,
  interpolatePrecision,
} from '@crrg/metrics';
import { meanOf, type EvaluationOptions, type Intervals } from './intervals.js';
import type { AnnotatedReport } from './regions.js';

/** Average precision in the manner of COCO, in [0, 1]. */
export interface RegionPrecision {
  /**
   * `ap`: mean over regions and the IoU thresholds 0.5, 0.55, ... 0.95; `ap50`, `ap75`: at one threshold; `ar`: mean recall over regions and
   * thresholds.
   */
  readonly scores: Intervals<'ap' | 'ap50' | 'ap75' | 'ar'>;
  /** Mean over the thresholds, of each region that is annotated anywhere. */
  readonly regions: Readonly<Partial<Record<AnatomicalRegion, number>>>;
}

const THRESHOLDS = Array.from({ length: 10 }, (_, step) => 0.5 + step * 0.05);

/** The annotated boxes of one region: per patient how many there are, and what was found of them, the most certain first. */
interface RegionHits {
  readonly region: AnatomicalRegion;
  readonly annotations: Float64Array;
  readonly found: readonly { readonly patient: number; readonly iou: number }[];
}

function hitsOf(region: AnatomicalRegion, patients: readonly (readonly AnnotatedReport[])[]): RegionHits[] {
  const annotations = new Float64Array(patients.length);
  const found: { patient: number; iou: number; score: number }[] = [];
  patients.forEach((films, patient) => {
    for (const { report, boxes } of films) {
      const expected = boxes[region];
      if (!expected) continue;
      annotations[patient]! += 1;
      const { box, detectionScore } = report.regions.find(({ name }) => name === region)!;
      if (box) found.push({ patient, iou: computeIou(box, expected), score: detectionScore });
    }
  });
  found.sort((a, b) => b.score - a.score);
  return annotations.some(Boolean) ? [{ region, annotations, found }] : [];
}

interface Curve {
  readonly region: AnatomicalRegion;
  /** By threshold. */
  readonly precision: readonly number[];
  readonly recall: readonly number[];
}

/** Precision and recall where each patient counts so many times; undefined where the region has no annotation then. */
function curveOf({ region, annotations, found }: RegionHits, weights: ArrayLike<number>): Curve[] {
  const numAnnotations = annotations.reduce((sum, count, patient) => sum + count * weights[patient]!, 0);
  if (numAnnotations === 0) return [];
  const drawn: number[] = [];
  for (const { patient, iou } of found)
    for (let times = weights[patient]!; times > 0; times--) drawn.push(iou);
  const points = THRESHOLDS.map((threshold) =>
    interpolatePrecision(
      drawn.map((iou) => iou >= threshold),
      numAnnotations,
    ),
  );
  return [
    {
      region,
      precision: points.map(({ averagePrecision }) => averagePrecision),
      recall: points.map(({ recall }) => recall),
    },
  ];
}

function scoresOf(curves: readonly Curve[]) {
  const at = (index: number) => meanOf(curves.map(({ precision }) => precision[index]!));
  return {
    ap: meanOf(curves.flatMap(({ precision }) => precision)),
    ap50: at(0),
    ap75: at(5),
    ar: meanOf(curves.flatMap(({ recall }) => recall)),
  };
}

/**
 * COCO's average precision of the boxes of reports, with intervals from samples of patients. A box is judged only where its region is annotated
 * in that film: what a study leaves out counts neither as right nor as wrong. So a region has one box and one annotation a film at most.
 *
 * @throws `MetricsError` for no films; `signal.reason` on abort
 */
export async function evaluateDetectionPrecision(
  films: readonly AnnotatedReport[],
  options: EvaluationOptions & AbortOptions = {},
): Promise<RegionPrecision | undefined> {
  const patients = groupByPatient(films);
  const hits = ANATOMICAL_REGIONS.flatMap((region) => hitsOf(region, patients));
  if (hits.length === 0) return undefined;
  const weights = new Uint32Array(patients.length);
  const statistics = (indices: Uint32Array) => {
    weights.fill(0);
    for (const index of indices) weights[index]! += 1;
    return scoresOf(hits.flatMap((region) => curveOf(region, weights)));
  };
  const once = new Uint32Array(patients.length).fill(1);
  return {
    scores: await computeBootstrapIntervalsAsync(patients.length, statistics, options),
    regions: Object.fromEntries(
      hits.flatMap((region) =>
        curveOf(region, once).map(({ precision }) => [region.region, meanOf(precision)!]),
      ),
    ),
  };
}
