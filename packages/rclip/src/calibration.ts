import { DataError, sigmoid } from '@crrg/core';

/** Logits of one label with what was true, from data that the classifier was not trained on. */
export interface LabelledLogits {
  readonly logits: ArrayLike<number>;
  /** 0 or 1 each. */
  readonly targets: ArrayLike<number>;
}

/** Temperatures outside this range say that there is too little data, or that it is separable. */
const TEMPERATURE_RANGE = [0.05, 20] as const;
/** Halvings of the range's logarithm: the last step is below 1e-12 of it. */
const BISECTION_STEPS = 45;

function requireBothClasses(where: string, { logits, targets }: LabelledLogits): number {
  if (logits.length !== targets.length)
    throw new DataError(
      `${where}: expected one target per logit, got ${logits.length} logits and ${targets.length} targets; pair them.`,
    );
  let positives = 0;
  for (let index = 0; index < targets.length; index++) {
    if (!Number.isFinite(logits[index]))
      throw new DataError(
        `${where}: expected finite logits, got ${logits[index]} at ${index}; drop that row.`,
      );
    if (targets[index] !== 0 && targets[index] !== 1)
      throw new DataError(
        `${where}: expected targets 0 or 1, got ${targets[index]} at ${index}; leave out rows that were not assessed.`,
      );
    positives += targets[index]!;
  }
  if (positives === 0 || positives === targets.length)
    throw new DataError(
      `${where}: expected both classes, got ${positives} positives of ${targets.length}; use a larger validation set.`,
    );
  return positives;
}

/** Derivative of the mean loss by the inverse temperature; rises with it, as the loss is convex. */
function slope({ logits, targets }: LabelledLogits, inverse: number): number {
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += logits[i]! * (sigmoid(logits[i]! * inverse) - targets[i]!);
  return sum;
}

/**
 * The temperature by which logits are to be divided so that `sigmoid(logit / temperature)` has the smallest mean log loss. Ranks, and so
 * the AUROC, do not change. Kept within [0.05, 20].
 *
 * Source: Guo et al., ICML 2017, temperature scaling, for one sigmoid; the minimum of a convex function by bisection.
 * @throws {DataError} for lists of different lengths, a single class, or targets other than 0 and 1
 */
export function fitTemperature(data: LabelledLogits): number {
  requireBothClasses('rclip.fitTemperature', data);
  let [low, high] = TEMPERATURE_RANGE.map((temperature) => Math.log(1 / temperature)).sort(
    (a, b) => a - b,
  ) as [number, number];
  for (let step = 0; step < BISECTION_STEPS; step++) {
    const middle = (low + high) / 2;
    if (slope(data, Math.exp(middle)) < 0) low = middle;
    else high = middle;
  }
  return Math.exp(-(low + high) / 2);
}

/**
 * The probability threshold with the largest sum of sensitivity and specificity (Youden's index), half-way between the two scores that
 * it parts; of equally good ones the lowest, which misses the least.
 * @param temperature of the probabilities
 * @throws {DataError} as {@link fitTemperature}
 */
export function fitThreshold(data: LabelledLogits, temperature = 1): number {
  const positives = requireBothClasses('rclip.fitThreshold', data);
  const negatives = data.targets.length - positives;
  const sorted = Array.from({ length: data.logits.length }, (_, index) => ({
    score: data.logits[index]!,
    target: data.targets[index]!,
  })).sort((a, b) => a.score - b.score);
  let best = { index: -Infinity, logit: sorted[0]!.score };
  let [missed, rejected] = [0, 0];
  for (let at = 0; at + 1 < sorted.length; at++) {
    const { score, target } = sorted[at]!;
    if (target === 1) missed++;
    else rejected++;
    const next = sorted[at + 1]!.score;
    if (next === score) continue;
    const index = 1 - missed / positives + rejected / negatives;
    if (index > best.index + 1e-12) best = { index, logit: (score + next) / 2 };
  }
  return sigmoid(best.logit / temperature);
}

/** Probabilities of logits at a temperature, in [0, 1]. */
export function toProbability(logit: number, temperature: number): number {
  return sigmoid(logit / temperature);
}
