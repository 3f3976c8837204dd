import { ShapeError, sigmoid } from '@crrg/core';

/**
 * 1 where a logit is larger than the threshold; with `isDetected`, only for regions that the detector found.
 * @throws {ShapeError} where the lengths differ
 */
export function decideRegions(
  logits: Float32Array,
  thresholdLogit: number,
  isDetected?: Uint8Array,
): Uint8Array {
  if (isDetected && isDetected.length !== logits.length) {
    throw new ShapeError(
      `region-selector.decideRegions: isDetected must have ${logits.length} entries, got ${isDetected.length}; give one per logit.`,
    );
  }
  return Uint8Array.from(logits, (logit, index) =>
    logit > thresholdLogit && (isDetected?.[index] ?? 1) ? 1 : 0,
  );
}

/** Probabilities of logits. */
export function toProbabilities(logits: Float32Array): Float32Array {
  return Float32Array.from(logits, sigmoid);
}
