import { sigmoid, type Size } from '@crrg/core';
import { RPN_BOX_WEIGHTS, decodeBoxesAt } from './box-coder.js';
import { clipBoxes, takeBoxes } from './boxes.js';
import { createAnchors } from './anchors.js';
import type { DetectorConfig, ProposalLimits, RpnConfig } from './config.js';
import { nonMaximumSuppression } from './nms.js';

/** Candidate boxes of one image, best first. */
export interface Proposals {
  /** `[N, 4]` in input pixels. */
  readonly boxes: Float32Array;
  /** Objectness in [0, 1], `[N]`. */
  readonly scores: Float32Array;
}

/** Indices of the `k` largest values, largest first, equal values by index. */
export function topK(values: Float32Array, k: number): Int32Array {
  const count = Math.min(k, values.length);
  if (count === 0) return new Int32Array(0);
  const threshold = Float32Array.from(values).sort()[values.length - count]!;
  const above: number[] = [];
  const equal: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (values[i]! > threshold) above.push(i);
    else if (values[i] === threshold) equal.push(i);
  }
  above.sort((a, b) => values[b]! - values[a]! || a - b);
  return Int32Array.from([...above, ...equal.slice(0, count - above.length)]);
}

function largeEnough(boxes: Float32Array, minSize: number): Int32Array {
  const kept: number[] = [];
  for (let i = 0; i < boxes.length / 4; i++) {
    if (boxes[4 * i + 2]! - boxes[4 * i]! >= minSize && boxes[4 * i + 3]! - boxes[4 * i + 1]! >= minSize)
      kept.push(i);
  }
  return Int32Array.from(kept);
}

/** Which boxes become proposals. */
export interface ProposalOptions {
  readonly config: RpnConfig;
  readonly limits: ProposalLimits;
  readonly inputSize: Size;
}

/** The region proposal network's output on the host, in anchor order. */
export interface HostRpnOutput {
  /** Logits, `[L]` of one image or `[B, L]`. */
  readonly objectness: Float32Array;
  /** Offsets, `[L, 4]` of one image or `[B, L, 4]`. */
  readonly boxDeltas: Float32Array;
}

/**
 * Proposals of one image from the region proposal network's output and its `anchors [L, 4]`. Decodes the best, clips to the input, drops
 * tiny boxes, suppresses overlaps. Source: docs/reference/detector.md#proposals. No gradient flows through proposals.
 */
export function createProposals(
  output: HostRpnOutput,
  anchors: Float32Array,
  options: ProposalOptions,
): Proposals {
  const { config, limits, inputSize } = options;
  const best = topK(output.objectness, limits.preNms);
  const decoded = clipBoxes(decodeBoxesAt(anchors, output.boxDeltas, best, RPN_BOX_WEIGHTS), inputSize);
  const large = largeEnough(decoded, config.minBoxSize);
  const sorted = takeBoxes(decoded, large);
  const kept = nonMaximumSuppression(sorted, { iouThreshold: config.nmsIouThreshold, limit: limits.postNms });
  const scores = Float32Array.from(kept, (row) => sigmoid(output.objectness[best[large[row]!]!]!));
  return { boxes: takeBoxes(sorted, kept), scores };
}

/** Proposals of every image of a batch, with the limits of training or of evaluation. */
export function createBatchProposals(
  { objectness, boxDeltas }: HostRpnOutput,
  config: DetectorConfig,
  { mode, inputSize }: { readonly mode: 'training' | 'evaluation'; readonly inputSize: Size },
): Proposals[] {
  const options = { config: config.rpn, limits: config.rpn[mode], inputSize };
  const anchors = createAnchors(config, inputSize);
  const length = anchors.length / 4;
  return Array.from({ length: objectness.length / length }, (_, image) => {
    const output = {
      objectness: objectness.subarray(image * length, (image + 1) * length),
      boxDeltas: boxDeltas.subarray(4 * image * length, 4 * (image + 1) * length),
    };
    return createProposals(output, anchors, options);
  });
}
