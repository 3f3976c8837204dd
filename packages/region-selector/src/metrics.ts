import { ShapeError } from '@crrg/core';

/** Scores of the positive class, in [0, 1]; 0 where undefined. */
export interface PrecisionRecall {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** Selection scores over all regions, and over those whose reference calls them normal or abnormal. */
export interface SelectionMetrics {
  readonly all: PrecisionRecall;
  readonly normal: PrecisionRecall;
  /** Every abnormal region has a phrase, so precision is 1 by construction wherever one is selected. */
  readonly abnormal: PrecisionRecall;
}

/** One entry per region of every image of the set, 0 or 1, in any order common to all. */
export interface SelectionOutcomes {
  readonly isSelected: Uint8Array;
  readonly hasPhrase: Uint8Array;
  readonly isAbnormal: Uint8Array;
}

/** One entry per region of every image of the set, 0 or 1, in any order common to all. */
export interface AbnormalityOutcomes {
  readonly isPredictedAbnormal: Uint8Array;
  readonly isAbnormal: Uint8Array;
  readonly isDetected: Uint8Array;
}

function checkLengths(where: string, arrays: Readonly<Record<string, Uint8Array>>): void {
  const lengths = Object.entries(arrays).map(([name, array]) => `${name} ${array.length}`);
  if (new Set(Object.values(arrays).map((array) => array.length)).size > 1) {
    throw new ShapeError(
      `region-selector.${where}: expected arrays of one length, got ${lengths.join(', ')}; give one entry per region.`,
    );
  }
}

function score(
  predicted: Uint8Array,
  actual: Uint8Array,
  keeps: (index: number) => boolean,
): PrecisionRecall {
  let both = 0;
  let allPredicted = 0;
  let allActual = 0;
  for (let index = 0; index < predicted.length; index++) {
    if (!keeps(index)) continue;
    allPredicted += predicted[index]!;
    allActual += actual[index]!;
    both += predicted[index]! & actual[index]!;
  }
  const precision = allPredicted ? both / allPredicted : 0;
  const recall = allActual ? both / allActual : 0;
  return { precision, recall, f1: both ? (2 * precision * recall) / (precision + recall) : 0 };
}

/**
 * Precision, recall and F1 of the selected regions against those that have a reference phrase, pooled over the whole set.
 * An undetected region counts as not selected.
 * Source: RGRG's evaluation of region selection, in its three subsets.
 * @throws {ShapeError} where the lengths differ
 */
export function computeSelectionMetrics(outcomes: SelectionOutcomes): SelectionMetrics {
  const { isSelected, hasPhrase, isAbnormal } = outcomes;
  checkLengths('computeSelectionMetrics', { isSelected, hasPhrase, isAbnormal });
  return {
    all: score(isSelected, hasPhrase, () => true),
    normal: score(isSelected, hasPhrase, (index) => !isAbnormal[index]),
    abnormal: score(isSelected, hasPhrase, (index) => !!isAbnormal[index]),
  };
}

/**
 * Precision, recall and F1 of the abnormality classifier over detected regions, pooled over the whole set.
 * @throws {ShapeError} where the lengths differ
 */
export function computeAbnormalityMetrics(outcomes: AbnormalityOutcomes): PrecisionRecall {
  const { isPredictedAbnormal, isAbnormal, isDetected } = outcomes;
  checkLengths('computeAbnormalityMetrics', { isPredictedAbnormal, isAbnormal, isDetected });
  return score(isPredictedAbnormal, isAbnormal, (index) => !!isDetected[index]);
}
