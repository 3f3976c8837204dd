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
  const rows = scores.map((score, index) => ({ score, decision: decisions[index]!, label: labels[index]! }));
  const positives = rows.filter(({ label }) => label === 1);
  const negatives = rows.filter(({ label }) => label !== 1);
  const wins = positives.reduce(
    (sum, a) =>
      sum + negatives.reduce((won, b) => won + (a.score > b.score ? 1 : a.score === b.score ? 0.5 : 0), 0),
    0,
  );
  const truePositives = positives.filter(({ decision }) => decision).length;
  const found = rows.filter(({ decision }) => decision).length;
  return {
    auroc: wins / (positives.length * negatives.length),
    accuracy: rows.filter(({ decision, label }) => decision === (label === 1)).length / rows.length,
    f1: (2 * truePositives) / (found + positives.length),
  };
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
