import {
  computeLabelConfusion,
  scoreConfusion,
  type BinaryLabels,
  type ConfusionCounts,
  type ConfusionScores,
} from '../classification/index.js';
import { checkLabels, checkLengths } from '../classification/inputs.js';

/** One entry per region of every image of the set, in any order common to all. */
export interface SelectionOutcomes {
  /** The region was detected and chosen for a sentence. */
  readonly isSelected: BinaryLabels;
  /** The reference has a phrase about the region. */
  readonly hasPhrase: BinaryLabels;
  /** The reference calls the region abnormal. */
  readonly isAbnormal: BinaryLabels;
}

/** Scores of one subset of the regions, with the counts that they are made of. */
export type SubsetScores = Pick<ConfusionScores, 'precision' | 'recall' | 'f1' | 'reasons'> & {
  readonly confusion: ConfusionCounts;
};

/** Selection scores over all regions, and over those whose reference calls them normal or abnormal. Plain data. */
export interface SelectionScores {
  readonly all: SubsetScores;
  readonly normal: SubsetScores;
  /** Every abnormal region has a phrase, so precision is 1 by construction wherever one is selected. */
  readonly abnormal: SubsetScores;
}

/** One entry per region of every image of the set, in any order common to all. */
export interface AbnormalityOutcomes {
  readonly isPredictedAbnormal: BinaryLabels;
  readonly isAbnormal: BinaryLabels;
  readonly isDetected: BinaryLabels;
}

const EMPTY: ConfusionCounts = { truePositives: 0, falsePositives: 0, falseNegatives: 0, trueNegatives: 0 };
const EXPLAINED = ['precision', 'recall', 'f1'];

function scoreSubset(
  predicted: Uint8Array,
  actual: Uint8Array,
  isKept: (at: number) => boolean,
): SubsetScores {
  const kept = Array.from(actual.keys()).filter(isKept);
  const pick = (list: Uint8Array) => kept.map((at) => list[at]!);
  const confusion = kept.length > 0 ? computeLabelConfusion(pick(actual), pick(predicted)) : EMPTY;
  const { precision, recall, f1, reasons } = scoreConfusion(confusion);
  const relevant = Object.entries(reasons).filter(([name]) => EXPLAINED.includes(name));
  return { precision, recall, f1, confusion, reasons: Object.fromEntries(relevant) };
}

/**
 * Precision, recall and F1 of the selected regions against those that have a reference phrase, pooled over the whole set. An undetected
 * region counts as not selected. Undefined scores are `undefined`; RGRG writes 0 for them.
 *
 * Reference: the evaluation of region selection of RGRG (Tanida et al., CVPR 2023), in its three subsets.
 *
 * @throws {@link MetricsError} `INPUT` for lists of unequal length and entries other than 0 and 1
 */
export function computeSelectionScores(outcomes: SelectionOutcomes): SelectionScores {
  const { isSelected, hasPhrase, isAbnormal } = checkOutcomes('computeSelectionScores', { ...outcomes });
  return {
    all: scoreSubset(isSelected!, hasPhrase!, () => true),
    normal: scoreSubset(isSelected!, hasPhrase!, (at) => isAbnormal![at] === 0),
    abnormal: scoreSubset(isSelected!, hasPhrase!, (at) => isAbnormal![at] === 1),
  };
}

/**
 * Precision, recall and F1 of regions predicted abnormal, over detected regions, pooled over the whole set.
 * @throws {@link MetricsError} `INPUT` for lists of unequal length and entries other than 0 and 1
 */
export function computeAbnormalityScores(outcomes: AbnormalityOutcomes): SubsetScores {
  const where = 'computeAbnormalityScores';
  const { isPredictedAbnormal, isAbnormal, isDetected } = checkOutcomes(where, { ...outcomes });
  return scoreSubset(isPredictedAbnormal!, isAbnormal!, (at) => isDetected![at] === 1);
}

function checkOutcomes(
  where: string,
  lists: Readonly<Record<string, BinaryLabels>>,
): Record<string, Uint8Array> {
  checkLengths(where, lists);
  return Object.fromEntries(
    Object.entries(lists).map(([name, list]) => [name, checkLabels(`${where} (${name})`, list)]),
  );
}
