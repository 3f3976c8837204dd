import { createRandom, type Random } from '@crrg/core';
import type { LogitsProcessor } from './transformers-module.js';

/** How the next token is drawn. */
export interface SamplerOptions {
  /** One per text. */
  readonly seeds: readonly number[];
  /** Logits are divided by it; 0 always takes the most likely token. */
  readonly temperature: number;
  /** Only so many of the most likely tokens may be drawn. */
  readonly topK: number;
  /** Ends a text; a text that has ended goes on with it. */
  readonly endId: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A step of generation that leaves one token per text: drawn from the softmax over the most likely ones with the text's own random
 * numbers, so that a text's tokens do not depend on its batch. transformers.js draws from one global generator, does not stop
 * drawing for texts that have ended, and has no beam search: see {@link createBeamSampler}.
 */
export function createSampler(options: SamplerOptions): LogitsProcessor {
  const { temperature, topK, endId, signal } = options;
  const randoms = options.seeds.map((seed) => createRandom(seed));
  return (tokenIds, logits) => {
    signal?.throwIfAborted();
    const vocabSize = logits.dims.at(-1)!;
    tokenIds.forEach((ids, row) => {
      const scores = logits.data.subarray(row * vocabSize, (row + 1) * vocabSize);
      const hasEnded = ids.length > 1 && Number(ids.at(-1)) === endId;
      const chosen = hasEnded ? endId : drawToken(scores, { temperature, topK, random: randoms[row]! });
      scores.fill(-Infinity);
      scores[chosen] = 0;
    });
    return logits;
  };
}

/** A token drawn from the softmax of its `topK` best scores. */
export function drawToken(
  scores: ArrayLike<number>,
  { temperature, topK, random }: { temperature: number; topK: number; random: Random },
): number {
  const best = bestTokens(scores, temperature === 0 ? 1 : topK);
  const top = scores[best[0]!]!;
  const weights = best.map((token) => Math.exp((scores[token]! - top) / (temperature || 1)));
  let left = random.next() * weights.reduce((sum, weight) => sum + weight, 0);
  const at = weights.findIndex((weight) => (left -= weight) < 0);
  return best[Math.max(0, at)]!;
}

/** The tokens of the highest scores, best first; of equal scores the lower token first. */
export function bestTokens(scores: ArrayLike<number>, count: number): number[] {
  const best: number[] = [];
  for (let token = 0; token < scores.length; token++) {
    const score = scores[token]!;
    if (best.length === count && score <= scores[best.at(-1)!]!) continue;
    let at = best.length;
    while (at > 0 && score > scores[best[at - 1]!]!) at -= 1;
    best.splice(at, 0, token);
    if (best.length > count) best.pop();
  }
  return best;
}
