import { MetricsError } from '../errors.js';
import { requireBothClasses } from './curves.js';
import { scoreConfusion, type ConfusionCounts, type ConfusionScores } from './confusion.js';
import { checkBinaryItems, undefinedError, type BinaryLabels, type WeightOptions } from './inputs.js';
import { rankItems, type Ranking } from './ranking.js';

/**
 * What a threshold must reach: a least recall, specificity or precision (the other side is then made as good as possible), or the
 * best Youden index (recall + specificity - 1) or F1.
 */
export type OperatingTarget =
  | { readonly recall: number }
  | { readonly specificity: number }
  | { readonly precision: number }
  | 'youden'
  | 'f1';

/** A threshold and what the classifier does there. */
export interface OperatingPoint extends ConfusionScores {
  /** An item is positive where its score is at least this. */
  readonly threshold: number;
  readonly confusion: ConfusionCounts;
}

function countsAt({ truePositives, falsePositives, positives, negatives }: Ranking, at: number) {
  const [tp, fp] = [truePositives[at]!, falsePositives[at]!];
  return {
    truePositives: tp,
    falsePositives: fp,
    falseNegatives: positives - tp,
    trueNegatives: negatives - fp,
  };
}

interface Criterion {
  /** A least value that must be reached. */
  readonly reaches: (scores: ConfusionScores) => boolean;
  /** What is best among the thresholds that reach it; the stricter threshold on a tie. */
  readonly value: (scores: ConfusionScores) => number;
  readonly name: string;
}

const RIVAL = { recall: 'specificity', specificity: 'recall', precision: 'recall' } as const;

function criterionOf(target: OperatingTarget): Criterion {
  if (target === 'f1') return { reaches: () => true, value: ({ f1 }) => f1 ?? 0, name: 'f1' };
  if (target === 'youden')
    return {
      reaches: () => true,
      value: ({ recall, specificity }) => recall! + specificity!,
      name: 'youden',
    };
  const entries = Object.entries(target) as [keyof typeof RIVAL, number][];
  const [name, least] = entries[0] ?? ['recall', NaN];
  if (entries.length !== 1 || !Object.hasOwn(RIVAL, name) || !(least >= 0 && least <= 1))
    throw new MetricsError(
      'OPTION',
      `metrics.findOperatingPoint: expected one of recall, specificity and precision in [0, 1], got ${JSON.stringify(target)}; for example { recall: 0.95 }.`,
    );
  return {
    reaches: (scores) => (scores[name] ?? 0) >= least,
    value: (scores) => scores[RIVAL[name]]!,
    name: `a ${name} of at least ${least}`,
  };
}

/**
 * The threshold among the scores that meets a target. To be chosen on validation data, not on the data that is reported.
 *
 * @example
 * ```ts
 * const { threshold, specificity } = findOperatingPoint(labels, scores, { target: { recall: 0.95 } });
 * ```
 * @throws {@link MetricsError} `INPUT` for lists of unequal length, labels other than 0 and 1, scores that are not finite;
 * `UNDEFINED` where all labels are of one class or no threshold meets the target; `OPTION` for another target
 */
export function findOperatingPoint(
  labels: BinaryLabels,
  scores: ArrayLike<number>,
  options: WeightOptions & { readonly target: OperatingTarget },
): OperatingPoint {
  const where = 'findOperatingPoint';
  const criterion = criterionOf(options.target);
  const ranking = requireBothClasses(where, rankItems(checkBinaryItems(where, labels, scores, options)));
  let best: { point: OperatingPoint; value: number } | undefined;
  ranking.thresholds.forEach((threshold, at) => {
    const confusion = countsAt(ranking, at);
    const point = { threshold, confusion, ...scoreConfusion(confusion) };
    const value = criterion.value(point);
    if (criterion.reaches(point) && (!best || value > best.value)) best = { point, value };
  });
  if (best) return best.point;
  throw undefinedError(where, `a threshold with ${criterion.name}`, 'none', 'lower the target');
}
