import { pairwiseIou } from './iou.js';

/** Match of a box below the negative threshold. */
export const NO_MATCH = -1;
/** Match of a box between the two thresholds: not used for learning. */
export const IGNORED_MATCH = -2;

/** When a box counts as matched. */
export interface MatcherOptions {
  /** Matched from this IoU. */
  readonly positiveIou: number;
  /** Unmatched below this IoU. */
  readonly negativeIou: number;
  /**
   * Also matches, for each target, the boxes that reach that target's best IoU, to the target that they themselves overlap most.
   * @defaultValue false
   */
  readonly allowLowQuality?: boolean | undefined;
}

/**
 * For each of `boxes [N, 4]` the row of `targets [G, 4]` that it matches, {@link NO_MATCH} or {@link IGNORED_MATCH}: `[N]`.
 * Of equal overlaps the lower target wins. Without targets nothing matches.
 *
 * Source: torchvision's `Matcher` (docs/reference/detector.md#targets-of-anchors, docs/reference/detector.md#sampling-of-boxes). Differs in one
 * place: a target that overlaps no box at all matches none, where torchvision would match every box of IoU 0.
 */
export function matchBoxes(boxes: Float32Array, targets: Float32Array, options: MatcherOptions): Int32Array {
  const numBoxes = boxes.length / 4;
  const numTargets = targets.length / 4;
  const matches = new Int32Array(numBoxes).fill(NO_MATCH);
  if (numTargets === 0) return matches;
  const iou = pairwiseIou(boxes, targets);
  const nearest = new Int32Array(numBoxes);
  for (let i = 0; i < numBoxes; i++) {
    let best = 0;
    for (let j = 1; j < numTargets; j++) if (iou[i * numTargets + j]! > iou[i * numTargets + best]!) best = j;
    nearest[i] = best;
    const quality = iou[i * numTargets + best]!;
    if (quality >= options.positiveIou) matches[i] = best;
    else if (quality >= options.negativeIou) matches[i] = IGNORED_MATCH;
  }
  if (options.allowLowQuality) addLowQualityMatches(matches, nearest, iou, numTargets);
  return matches;
}

function addLowQualityMatches(
  matches: Int32Array,
  nearest: Int32Array,
  iou: Float64Array,
  numTargets: number,
): void {
  for (let j = 0; j < numTargets; j++) {
    let best = 0;
    for (let i = j; i < iou.length; i += numTargets) best = Math.max(best, iou[i]!);
    if (best === 0) continue;
    for (let i = 0; i < matches.length; i++) if (iou[i * numTargets + j] === best) matches[i] = nearest[i]!;
  }
}
