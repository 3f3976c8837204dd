import type { AnatomicalRegion } from '@crrg/core';
import { computeDetectionPrecision, type LabelledBox, type ScoredBox } from '@crrg/metrics';
import type { AnnotatedReport } from './regions.js';

/** Average precision in the manner of COCO. */
export interface RegionPrecision {
  /** Mean over regions and the IoU thresholds 0.5 to 0.95; in [0, 1]. */
  readonly ap: number;
  readonly ap50: number;
  readonly ap75: number;
  /** Mean recall over regions and thresholds. */
  readonly ar: number;
  /** Mean over the thresholds, of each region that is annotated anywhere. */
  readonly regions: Readonly<Partial<Record<AnatomicalRegion, number>>>;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * COCO's average precision of the boxes of reports. A box is judged only where its region is annotated in that film: what a study leaves
 * out counts neither as right nor as wrong.
 * @throws `MetricsError` for no films
 */
export function evaluateDetectionPrecision(films: readonly AnnotatedReport[]): RegionPrecision | undefined {
  const images = films.map(({ report, boxes }) => {
    const detections: ScoredBox[] = [];
    const annotations: LabelledBox[] = [];
    for (const { name, box, detectionScore } of report.regions) {
      const expected = boxes[name];
      if (!expected) continue;
      annotations.push({ ...expected, category: name });
      if (box) detections.push({ ...box, score: detectionScore, category: name });
    }
    return { detections, annotations };
  });
  const { iouThresholds, averagePrecision, meanAveragePrecision, meanRecall, categories } =
    computeDetectionPrecision(images);
  if (meanAveragePrecision === undefined) return undefined;
  const at = (threshold: number) =>
    averagePrecision[iouThresholds.findIndex((each) => Math.abs(each - threshold) < 1e-9)]!;
  return {
    ap: meanAveragePrecision,
    ap50: at(0.5),
    ap75: at(0.75),
    ar: meanRecall!,
    regions: Object.fromEntries(
      categories.map(({ category, averagePrecision: values }) => [category, mean(values)]),
    ),
  };
}
