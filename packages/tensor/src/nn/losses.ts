import type { Tensor } from '../graph.js';
import type { Ops } from '../operations.js';

/**
 * Elementwise binary cross-entropy of logits, stable for large magnitudes:
 * `(1 - y) x + (1 + (w - 1) y) softplus(-x)`, torch's form with the positive term weighted by `w = positiveWeight`.
 */
export function binaryCrossEntropyWithLogits(
  ops: Ops,
  logits: Tensor,
  targets: Tensor,
  positiveWeight = 1,
): Tensor {
  // log(1 + exp(-x)) around its larger exponent, which carries no gradient: smooth at 0, unlike a sum of relu and abs.
  const larger = ops.stopGradient(ops.relu(ops.neg(logits)));
  const softplusOfNegative = ops.add(
    larger,
    ops.log(ops.add(ops.exp(ops.neg(larger)), ops.exp(ops.neg(ops.add(logits, larger))))),
  );
  const weight = ops.add(ops.mul(targets, positiveWeight - 1), 1);
  return ops.add(ops.mul(ops.sub(1, targets), logits), ops.mul(weight, softplusOfNegative));
}

/**
 * Cross-entropy of each row: `logits [.., C]`, `targets` int32 `[..]` to `[..]`. With smoothing `e` the target keeps `1 - e` and every
 * class gets `e / C`, as torch does.
 */
export function crossEntropy(ops: Ops, logits: Tensor, targets: Tensor, labelSmoothing = 0): Tensor {
  const logProbs = ops.logSoftmax(logits, -1);
  const picked = ops.gatherElements(logProbs, ops.reshape(targets, [...targets.shape, 1]), -1);
  const loss = ops.neg(ops.reshape(picked, targets.shape));
  if (labelSmoothing === 0) return loss;
  const uniform = ops.neg(ops.mean(logProbs, { axes: [-1] }));
  return ops.add(ops.mul(loss, 1 - labelSmoothing), ops.mul(uniform, labelSmoothing));
}

/** Elementwise smooth L1 (Huber over beta): `0.5 d^2 / beta` below `beta`, `|d| - beta/2` above. */
export function smoothL1(ops: Ops, x: Tensor, target: Tensor, beta: number): Tensor {
  const distance = ops.abs(ops.sub(x, target));
  return ops.where(
    ops.less(distance, beta),
    ops.mul(ops.square(distance), 0.5 / beta),
    ops.sub(distance, beta / 2),
  );
}

/** Sum of `values * mask` over the number of entries in the mask, 0 where it is empty. */
export function maskedMean(ops: Ops, values: Tensor, mask: Tensor): Tensor {
  return ops.div(ops.sum(ops.mul(values, mask)), ops.maximum(ops.sum(mask), 1));
}
