import { createRandom } from '@crrg/core';
import { bestTokens } from './sampler.js';

/** How {@link createBeamSampler} draws. */
export interface BeamSamplerOptions {
  readonly seed: number;
  readonly numBeams: number;
  /** Scores of candidates, those of their beams included, are divided by it before words are drawn. Above 0. */
  readonly temperature: number;
  /** Only so many of the best continuations of each beam may be drawn. */
  readonly topK: number;
  /** Begins a text; it is not part of it. */
  readonly startId: number;
  /** Ends a text. */
  readonly endId: number;
  /** Is never drawn. */
  readonly padId: number;
  /** Longest text in tokens with its end. */
  readonly maxTokens: number;
}

/** The next token of every live beam, and the beam that it continues. */
export interface BeamStep {
  readonly tokenIds: readonly number[];
  readonly parents: readonly number[];
}

/** What a search found. */
export interface SampledText {
  readonly tokenIds: readonly number[];
  readonly isComplete: boolean;
  /** Score over length, the start and not the end counted. */
  readonly score: number;
}

/** Sampling with beams over one text. */
export interface BeamSampler {
  /** What every beam begins with. */
  readonly first: readonly number[];
  /** @param logits `[beams, V]`, changed in place @returns undefined where the search has ended */
  advance(logits: Float32Array, vocabSize: number): BeamStep | undefined;
  /** The best text that ended, without its start and end; one that did not end where none did. */
  best(): SampledText;
}

interface Beam {
  readonly tokenIds: readonly number[];
  readonly score: number;
}

interface Stored extends Beam {
  /** Score over length. */
  readonly mean: number;
  readonly isComplete: boolean;
}

interface Candidate {
  readonly beam: number;
  readonly tokenId: number;
  readonly score: number;
}

function logSumExp(scores: Float32Array): number {
  const top = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  return top + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - top), 0));
}

/** The best continuations of a beam, with their scores after the temperature. */
function continuations(
  scores: Float32Array,
  beam: number,
  before: number,
  { temperature, topK, padId, endId }: BeamSamplerOptions,
  isLast: boolean,
): Candidate[] {
  scores[padId] = -Infinity;
  const total = logSumExp(scores);
  const of = (tokenId: number) => (scores[tokenId]! - total + before) / temperature;
  if (isLast) return [{ beam, tokenId: endId, score: of(endId) }];
  const best = bestTokens(scores, topK).filter((tokenId) => scores[tokenId] !== -Infinity);
  return best.map((tokenId) => ({ beam, tokenId, score: of(tokenId) }));
}

/** So many candidates without repeats, each drawn by the softmax of the scores that are left; best first. */
function drawDistinct(candidates: readonly Candidate[], count: number, next: () => number): Candidate[] {
  const top = candidates.reduce((most, { score }) => Math.max(most, score), -Infinity);
  const left = candidates.map((candidate) => ({ candidate, weight: Math.exp(candidate.score - top) }));
  const drawn: Candidate[] = [];
  while (drawn.length < count && left.length > 0) {
    let at = next() * left.reduce((sum, { weight }) => sum + weight, 0);
    const index = left.findIndex(({ weight }) => (at -= weight) < 0);
    drawn.push(...left.splice(Math.max(0, index), 1).map(({ candidate }) => candidate));
  }
  return drawn.sort((a, b) => b.score - a.score);
}

/**
 * Beam search whose candidates are drawn instead of taken: at each step twice as many as there are beams, from the softmax over the continuations of
 * all beams, those that end a text only among the better half. Scores are divided by the temperature anew at each step.
 *
 * Source: beam sampling of Hugging Face transformers 4, as the reference's back-translation calls it (length penalty 1, no early stopping).
 */
export function createBeamSampler(options: BeamSamplerOptions): BeamSampler {
  const { numBeams, startId, endId, maxTokens, seed } = options;
  const random = createRandom(seed);
  const stored: Stored[] = [];
  let beams: readonly Beam[] = Array.from({ length: numBeams }, () => ({ tokenIds: [startId], score: 0 }));
  let isDone = false;

  const store = ({ tokenIds, score }: Beam, isComplete: boolean) => {
    stored.push({ tokenIds, score, mean: score / tokenIds.length, isComplete });
    stored.sort((a, b) => b.mean - a.mean);
    if (stored.length > numBeams) stored.pop();
  };

  const advance = (logits: Float32Array, vocabSize: number): BeamStep | undefined => {
    const length = beams[0]!.tokenIds.length;
    const all = beams.flatMap(({ score }, beam) => {
      const row = logits.subarray(beam * vocabSize, (beam + 1) * vocabSize);
      return continuations(row, beam, score, options, length >= maxTokens);
    });
    const drawn = drawDistinct(all, 2 * numBeams, () => random.next());
    const live: Candidate[] = [];
    for (const [place, candidate] of drawn.entries()) {
      if (live.length === numBeams) break;
      if (candidate.tokenId !== endId) live.push(candidate);
      else if (place < numBeams)
        store({ tokenIds: beams[candidate.beam]!.tokenIds, score: candidate.score }, true);
    }
    isDone = stored.length >= numBeams && stored.at(-1)!.mean >= drawn[0]!.score / length;
    if (isDone || live.length === 0) return undefined;
    beams = live.map(({ beam, tokenId, score }) => ({
      tokenIds: [...beams[beam]!.tokenIds, tokenId],
      score,
    }));
    return { tokenIds: live.map(({ tokenId }) => tokenId), parents: live.map(({ beam }) => beam) };
  };

  const best = () => {
    if (stored.length === 0) for (const beam of beams) store(beam, false);
    const { tokenIds, isComplete, mean } = stored[0]!;
    return { tokenIds: tokenIds.slice(1), isComplete, score: mean };
  };
  return { first: beams.map(() => startId), advance, best };
}
