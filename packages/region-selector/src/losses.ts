import { binaryCrossEntropyWithLogits, maskedMean, type Ops, type Tensor } from '@crrg/tensor';

/** What the loss of one classifier needs besides its logits `[B, R]`. */
export interface ClassifierTargets {
  /** float32 `[B, R]`, 0 or 1: the region has a phrase, or is abnormal. */
  readonly targets: Tensor;
  /** float32 `[B, R]`, 0 or 1: only regions that the detector found enter the loss. */
  readonly isDetected: Tensor;
  /** Weight of the positive term. */
  readonly posWeight: number;
}

/**
 * Mean weighted binary cross-entropy over detected regions, as a scalar. Where nothing is detected it is 0 with zero gradient (the
 * reference gives NaN).
 * Source: `BCEWithLogitsLoss(pos_weight)` over the kept entries in RGRG's region classifiers.
 */
export function classifierLoss(ops: Ops, logits: Tensor, options: ClassifierTargets): Tensor {
  const { targets, isDetected, posWeight } = options;
  return maskedMean(ops, binaryCrossEntropyWithLogits(ops, logits, targets, posWeight), isDetected);
}
