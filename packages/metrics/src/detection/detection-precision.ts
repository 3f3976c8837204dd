import { MetricsError } from '../errors.js';
import { checkBox, iouOf, type Box } from './box.js';

/** A detection of one image. */
export interface ScoredBox extends Box {
  /** How sure the detector is; higher comes first. */
  readonly score: number;
  /** Class of the object, any number or name. */
  readonly category: number | string;
}

/** An annotated object of one image. */
export interface LabelledBox extends Box {
  readonly category: number | string;
}

/** Detections and annotations of one image. */
export interface DetectionImage {
  readonly detections: readonly ScoredBox[];
  readonly annotations: readonly LabelledBox[];
}

/** Options of {@link computeDetectionPrecision}. */
export interface DetectionOptions {
  /** @defaultValue 0.5, 0.55, ... 0.95 as COCO */
  readonly iouThresholds?: readonly number[] | undefined;
  /** Detections of a category that are considered per image, best first. @defaultValue 100 */
  readonly maxDetections?: number | undefined;
}

/** Average precision of one category. */
export interface CategoryPrecision {
  readonly category: number | string;
  readonly numAnnotations: number;
  /** Per IoU threshold, in [0, 1]. */
  readonly averagePrecision: readonly number[];
  /** Share of annotations found by any considered detection, per IoU threshold, in [0, 1]. */
  readonly recall: readonly number[];
}

/** Average precision of a detector in the manner of COCO. Plain data. */
export interface DetectionPrecision {
  readonly iouThresholds: readonly number[];
  /** Categories with annotations, in order of appearance. Others have no average precision and enter no mean. */
  readonly categories: readonly CategoryPrecision[];
  /** Mean over categories, per IoU threshold; `undefined` where nothing is annotated. */
  readonly averagePrecision: readonly (number | undefined)[];
  /** Mean over categories and thresholds: COCO's headline AP. */
  readonly meanAveragePrecision: number | undefined;
  /** Mean recall over categories and thresholds: COCO's AR. */
  readonly meanRecall: number | undefined;
}

const COCO_THRESHOLDS = Array.from({ length: 10 }, (_, step) => 0.5 + step * 0.05);
/** COCO's 101 recalls, as its program computes them: some products lie a rounding error above the quotient. */
const RECALLS = Array.from({ length: 101 }, (_, step) => step * 0.01);

/** Which detections of one image and category hit an annotation, best first. */
interface ImageHits {
  readonly scores: readonly number[];
  /** Per IoU threshold. */
  readonly hits: readonly (readonly boolean[])[];
}

/**
 * Detections in order of falling score take the free annotation that they overlap most, where that is enough. Of equal overlaps the
 * later annotation wins, as in COCO's evaluation.
 */
function matchHits(
  ious: readonly (readonly number[])[],
  numAnnotations: number,
  threshold: number,
): boolean[] {
  const isTaken = new Array<boolean>(numAnnotations).fill(false);
  return ious.map((row) => {
    let best = -1;
    let least = Math.min(threshold, 1 - 1e-10);
    row.forEach((iou, annotation) => {
      if (isTaken[annotation] || iou < least) return;
      least = iou;
      best = annotation;
    });
    if (best >= 0) isTaken[best] = true;
    return best >= 0;
  });
}

function hitsOf(
  image: DetectionImage,
  category: number | string,
  thresholds: readonly number[],
  maxDetections: number,
): ImageHits {
  const annotations = image.annotations.filter((each) => each.category === category);
  const detections = image.detections
    .filter((each) => each.category === category)
    .sort((a, b) => b.score - a.score)
    .slice(0, maxDetections);
  const ious = detections.map((detection) => annotations.map((annotation) => iouOf(detection, annotation)));
  return {
    scores: detections.map(({ score }) => score),
    hits: thresholds.map((threshold) => matchHits(ious, annotations.length, threshold)),
  };
}

/**
 * Mean over the recalls 0, 0.01, ... 1 of the best precision at that recall or beyond, and the recall at the end.
 * @param hits of one category over all images, the most certain detection first
 * @param numAnnotations at least 1
 */
export function interpolatePrecision(
  hits: readonly boolean[],
  numAnnotations: number,
): { averagePrecision: number; recall: number } {
  const precision: number[] = [];
  const recall: number[] = [];
  let found = 0;
  hits.forEach((isHit, at) => {
    if (isHit) found += 1;
    precision.push(found / (at + 1));
    recall.push(found / numAnnotations);
  });
  for (let at = precision.length - 2; at >= 0; at--)
    precision[at] = Math.max(precision[at]!, precision[at + 1]!);
  let sum = 0;
  let at = 0;
  for (const least of RECALLS) {
    while (at < recall.length && recall[at]! < least) at += 1;
    sum += precision[at] ?? 0;
  }
  return { averagePrecision: sum / RECALLS.length, recall: recall.at(-1) ?? 0 };
}

function scoreCategory(
  images: readonly DetectionImage[],
  category: number | string,
  thresholds: readonly number[],
  maxDetections: number,
): CategoryPrecision {
  const numAnnotations = images.reduce(
    (sum, { annotations }) => sum + annotations.filter((each) => each.category === category).length,
    0,
  );
  const perImage = images.map((image) => hitsOf(image, category, thresholds, maxDetections));
  const scores = perImage.flatMap((each) => each.scores);
  // Sorting is stable: equal scores stay in order of images.
  const order = scores.map((_, at) => at).sort((a, b) => scores[b]! - scores[a]!);
  const curves = thresholds.map((_, at) => {
    const hits = perImage.flatMap((each) => each.hits[at]!);
    return interpolatePrecision(
      order.map((index) => hits[index]!),
      numAnnotations,
    );
  });
  return {
    category,
    numAnnotations,
    averagePrecision: curves.map(({ averagePrecision }) => averagePrecision),
    recall: curves.map(({ recall }) => recall),
  };
}

const meanOf = (values: readonly number[]) =>
  values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : undefined;

function checkImages(where: string, images: readonly DetectionImage[], options: DetectionOptions): void {
  const { iouThresholds = COCO_THRESHOLDS, maxDetections = 100 } = options;
  if (images.length === 0)
    throw new MetricsError(
      'INPUT',
      `metrics.${where}: expected at least one image, got none; check what was read.`,
    );
  if (iouThresholds.length === 0 || !iouThresholds.every((threshold) => threshold > 0 && threshold <= 1))
    throw new MetricsError(
      'OPTION',
      `metrics.${where}: expected iouThresholds in (0, 1], got [${iouThresholds.join(', ')}]; for example [0.5].`,
    );
  if (!Number.isInteger(maxDetections) || maxDetections < 1)
    throw new MetricsError(
      'OPTION',
      `metrics.${where}: expected maxDetections to be a positive integer, got ${maxDetections}; COCO's is 100.`,
    );
  images.forEach(({ detections, annotations }, index) => {
    detections.forEach((box, at) => {
      checkBox(where, box, `detection ${at} of item ${index}`);
      if (Number.isFinite(box.score)) return;
      throw new MetricsError(
        'INPUT',
        `metrics.${where}: expected a finite score for detection ${at} of item ${index}, got ${box.score}; repair or leave it out.`,
        { details: { index } },
      );
    });
    annotations.forEach((box, at) => checkBox(where, box, `annotation ${at} of item ${index}`));
  });
}

/**
 * Average precision of detections at IoU thresholds, interpolated at 101 recalls.
 *
 * Reference: COCO's evaluation (pycocotools `COCOeval`, type bbox, all areas). No crowd or difficult annotations.
 *
 * @example
 * ```ts
 * const { meanAveragePrecision } = computeDetectionPrecision(images, { iouThresholds: [0.5] }); // AP50
 * ```
 * @throws {@link MetricsError} `INPUT` for no images and for corners or scores that are not finite; `OPTION` for thresholds outside
 * (0, 1]
 */
export function computeDetectionPrecision(
  images: readonly DetectionImage[],
  options: DetectionOptions = {},
): DetectionPrecision {
  checkImages('computeDetectionPrecision', images, options);
  const { iouThresholds = COCO_THRESHOLDS, maxDetections = 100 } = options;
  const names = new Set(images.flatMap(({ annotations }) => annotations.map(({ category }) => category)));
  const categories = [...names].map((category) =>
    scoreCategory(images, category, iouThresholds, maxDetections),
  );
  return {
    iouThresholds,
    categories,
    averagePrecision: iouThresholds.map((_, at) =>
      meanOf(categories.map((each) => each.averagePrecision[at]!)),
    ),
    meanAveragePrecision: meanOf(categories.flatMap(({ averagePrecision }) => averagePrecision)),
    meanRecall: meanOf(categories.flatMap(({ recall }) => recall)),
  };
}
