import type { Box, Size } from '@crrg/core';
import { createAnchors } from './anchors.js';
import { ROI_BOX_WEIGHTS, RPN_BOX_WEIGHTS, encodeBoxes } from './box-coder.js';
import { concatBoxes, takeBoxes } from './boxes.js';
import type { DetectorConfig, RoiConfig, RpnConfig } from './config.js';
import { IGNORED_MATCH, NO_MATCH, matchBoxes } from './matcher.js';
import { createBatchProposals, type HostRpnOutput } from './proposals.js';
import { sampleBalanced, type Sampler } from './samplers.js';

/** The annotated regions of one image: any number of them, in any order. */
export interface GroundTruth {
  /** `[G, 4]` xyxy in input pixels. */
  readonly boxes: Float32Array;
  /** Region index of each box, 0 .. numRegions-1, `[G]`. */
  readonly regions: Int32Array;
  /**
   * The picture within the input, in input pixels, where some regions were not annotated: they may lie anywhere in it.
   * @defaultValue every region was annotated; one without a box is not in the picture
   */
  readonly partialIn?: Box | undefined;
}

/** Anchors of one image that enter the loss. */
export interface RpnTargets {
  /** Anchor indices in rising order. */
  readonly positives: readonly number[];
  readonly negatives: readonly number[];
  /** Offsets from each positive anchor to its box, `[P, 4]`. */
  readonly boxDeltas: Float32Array;
}

/** Boxes of one image that enter the RoI loss. */
export interface RoiTargets {
  /** `[N, 4]` in input pixels. */
  readonly boxes: Float32Array;
  /** Class of each box: 0 background, region index + 1; `[N]`. */
  readonly labels: Int32Array;
  /** Offsets from each box to its matched annotation, `[N, 4]`; zero for background. */
  readonly boxDeltas: Float32Array;
}

/**
 * Takes back the negatives that an unannotated region could match: an anchor stays negative only where so little of it lies in the picture
 * that no box in there overlaps it by `negativeIou`. Of all boxes in the picture, the anchor's part in it overlaps the anchor most.
 */
function ignorePossibleRegions(
  matches: Int32Array,
  anchors: Float32Array,
  picture: Box,
  negativeIou: number,
): void {
  matches.forEach((match, anchor) => {
    if (match !== NO_MATCH) return;
    const [x1, y1, x2, y2] = anchors.subarray(4 * anchor, 4 * anchor + 4) as unknown as number[];
    const width = Math.max(0, Math.min(x2!, picture.x2) - Math.max(x1!, picture.x1));
    const height = Math.max(0, Math.min(y2!, picture.y2) - Math.max(y1!, picture.y1));
    if (width * height >= negativeIou * (x2! - x1!) * (y2! - y1!)) matches[anchor] = IGNORED_MATCH;
  });
}

function split(matches: Int32Array): { positives: number[]; negatives: number[] } {
  const positives: number[] = [];
  const negatives: number[] = [];
  matches.forEach((match, index) => {
    if (match >= 0) positives.push(index);
    else if (match === NO_MATCH) negatives.push(index);
  });
  return { positives, negatives };
}

/**
 * Which anchors of one image learn what. Source: docs/reference/detector.md#targets-of-anchors. Where not every region was annotated, an
 * unmatched anchor is a negative only if no region could match it (docs/reference/training.md#regions-that-were-not-annotated).
 */
export function assignRpnTargets(
  anchors: Float32Array,
  truth: GroundTruth,
  config: RpnConfig,
  sampler: Sampler,
): RpnTargets {
  const matches = matchBoxes(anchors, truth.boxes, { ...config, allowLowQuality: true });
  if (truth.partialIn) ignorePossibleRegions(matches, anchors, truth.partialIn, config.negativeIou);
  const sample = sampleBalanced(split(matches), {
    size: config.sampleSize,
    positiveFraction: config.positiveFraction,
    sampler,
  });
  const matched = takeBoxes(
    truth.boxes,
    sample.positives.map((anchor) => matches[anchor]!),
  );
  return {
    ...sample,
    boxDeltas: encodeBoxes(takeBoxes(anchors, sample.positives), matched, RPN_BOX_WEIGHTS),
  };
}

/**
 * Which proposals of one image learn what. The annotated boxes join the proposals first. Rows keep the order of the proposals.
 * Source: docs/reference/detector.md#sampling-of-boxes.
 */
export function assignRoiTargets(
  proposals: Float32Array,
  truth: GroundTruth,
  config: RoiConfig,
  sampler: Sampler,
): RoiTargets {
  const candidates = concatBoxes(proposals, truth.boxes);
  const matches = matchBoxes(candidates, truth.boxes, {
    positiveIou: config.positiveIou,
    negativeIou: config.positiveIou,
  });
  const sample = sampleBalanced(split(matches), {
    size: config.sampleSize,
    positiveFraction: config.positiveFraction,
    sampler,
  });
  const chosen = [...sample.positives, ...sample.negatives].sort((a, b) => a - b);
  const boxes = takeBoxes(candidates, chosen);
  const labels = Int32Array.from(chosen, (index) =>
    matches[index]! >= 0 ? truth.regions[matches[index]!]! + 1 : 0,
  );
  const matched = boxes.slice();
  chosen.forEach((index, row) => {
    const match = matches[index]!;
    if (match >= 0) matched.set(truth.boxes.subarray(4 * match, 4 * match + 4), 4 * row);
  });
  const boxDeltas = encodeBoxes(boxes, matched, ROI_BOX_WEIGHTS);
  labels.forEach((label, row) => {
    if (label === 0) boxDeltas.fill(0, 4 * row, 4 * row + 4);
  });
  return { boxes, labels, boxDeltas };
}

/** Everything the losses of one image need from the host. */
export interface ImageTargets {
  readonly rpn: RpnTargets;
  readonly roi: RoiTargets;
}

/** How targets are made. */
export interface AssignOptions {
  readonly config: DetectorConfig;
  readonly inputSize: Size;
  /** Which proposal limits apply. */
  readonly mode: 'training' | 'evaluation';
  readonly sampler: Sampler;
}

/**
 * Targets of every image of a batch from the region proposal network's output in anchor order: `objectness [B, L]`, `boxDeltas [B, L, 4]`.
 *
 * @example
 * ```ts
 * const sampler = createRandomSampler(createRandom(41));
 * const targets = assignTargets(rpnOutput, groundTruth, { config, inputSize, mode: 'training', sampler });
 * const inputs = packTargets(targets, config);
 * ```
 */
export function assignTargets(
  output: HostRpnOutput,
  groundTruth: readonly GroundTruth[],
  options: AssignOptions,
): ImageTargets[] {
  const { config, inputSize, sampler } = options;
  const anchors = createAnchors(config, inputSize);
  const proposals = createBatchProposals(output, config, options);
  return groundTruth.map((truth, image) => ({
    rpn: assignRpnTargets(anchors, truth, config.rpn, sampler),
    roi: assignRoiTargets(proposals[image]!.boxes, truth, config.roi, sampler),
  }));
}
