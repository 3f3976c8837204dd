import { computeAuroc, computeBinaryMetrics } from '@crrg/metrics';
import type { HostTensor } from '@crrg/tensor';

/** Scores of one binary label. */
export interface BinaryScores {
  readonly auroc: number;
  readonly accuracy: number;
  readonly f1: number;
}

/** AUROC of the scores; accuracy and F1 of the decisions. */
export function binaryScores(
  scores: readonly number[],
  decisions: readonly boolean[],
  labels: ArrayLike<number>,
): BinaryScores {
  const { accuracy, f1 } = computeBinaryMetrics(labels, decisions.map(Number));
  return { auroc: computeAuroc(labels, scores), accuracy: accuracy ?? NaN, f1: f1 ?? NaN };
}

/** Share of each class's rows `[N, C]` whose best score is that class, their mean, and the share of all rows. */
export function multiclassScores(
  scores: HostTensor,
  labels: HostTensor,
): { perClass: number[]; macro: number; micro: number } {
  const [rows, classes] = scores.shape as [number, number];
  const best = Array.from({ length: rows }, (_, row) => {
    const values = Array.from(scores.data.subarray(row * classes, (row + 1) * classes));
    return values.indexOf(Math.max(...values));
  });
  const counts = Array.from({ length: classes }, (_, label) => {
    const members = best.filter((_, row) => labels.data[row * classes + label] === 1);
    return { right: members.filter((found) => found === label).length, total: members.length };
  });
  const perClass = counts.map(({ right, total }) => right / total);
  return {
    perClass,
    macro: perClass.reduce((sum, share) => sum + share, 0) / classes,
    micro: counts.reduce((sum, { right }) => sum + right, 0) / rows,
  };
}
