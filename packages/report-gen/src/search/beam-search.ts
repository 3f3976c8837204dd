import type { Candidates, Continuation, Hypothesis, SearchOptions, SequenceSearch } from './search.js';

interface Beam {
  readonly tokenIds: readonly number[];
  /** Sum of log-probabilities, kept in float32 as the reference does. */
  readonly sum: number;
}

interface Candidate {
  readonly beam: number;
  readonly tokenId: number;
  readonly sum: number;
}

/** A stored hypothesis; `tokenIds` without EOS. */
interface Stored extends Beam {
  readonly score: number;
  readonly isComplete: boolean;
}

function rank(beams: readonly Beam[], { beams: candidates }: Candidates, keep: number): Candidate[] {
  const all = candidates.flatMap(({ tokenIds, logProbs }, beam) =>
    Array.from(tokenIds, (tokenId, index) => ({
      beam,
      tokenId,
      sum: Math.fround(beams[beam]!.sum + logProbs[index]!),
    })),
  );
  return all.sort((a, b) => b.sum - a.sum).slice(0, keep);
}

/**
 * Beam search over one sequence with length penalty 1. Beams start from one BOS; ranks below `numBeams` cannot end a text.
 * Source: the beam scorer of Hugging Face transformers 4.19 as RGRG drives it.
 */
export function createBeamSearch(options: SearchOptions): SequenceSearch {
  const { numBeams, maxLength, eosTokenId, earlyStopping } = options;
  const stored: Stored[] = [];
  let beams: readonly Beam[] = [{ tokenIds: [options.bosTokenId], sum: 0 }];
  let isDone = false;

  const store = ({ tokenIds, sum }: Beam, isComplete: boolean) => {
    const score = sum / tokenIds.length;
    if (stored.length >= numBeams) {
      const worst = stored.reduce((a, b) => (b.score < a.score ? b : a));
      if (score <= worst.score) return;
      stored.splice(stored.indexOf(worst), 1);
    }
    stored.push({ tokenIds, sum, score, isComplete });
  };

  const cannotImprove = (bestSum: number, length: number) => {
    if (stored.length < numBeams) return false;
    return earlyStopping || Math.min(...stored.map(({ score }) => score)) >= bestSum / length;
  };

  const advance = (candidates: Candidates): Continuation | undefined => {
    const ranked = rank(beams, candidates, 2 * numBeams);
    const length = beams[0]!.tokenIds.length;
    const live: Candidate[] = [];
    for (const [place, candidate] of ranked.entries()) {
      if (live.length === numBeams) break;
      if (candidate.tokenId !== eosTokenId) live.push(candidate);
      else if (place < numBeams)
        store({ tokenIds: beams[candidate.beam]!.tokenIds, sum: candidate.sum }, true);
    }
    isDone = cannotImprove(ranked[0]!.sum, length);
    if (isDone) return undefined;
    beams = live.map(({ beam, tokenId, sum }) => ({ tokenIds: [...beams[beam]!.tokenIds, tokenId], sum }));
    if (length + 1 >= maxLength || live.length === 0) return undefined;
    return { tokenIds: live.map(({ tokenId }) => tokenId), parents: live.map(({ beam }) => beam) };
  };

  const hypotheses = () => {
    if (!isDone) for (const beam of beams) store(beam, false);
    isDone = true;
    // Equal scores: the one stored last is better.
    const best = stored
      .map((item, order) => ({ item, order }))
      .sort((a, b) => b.item.score - a.item.score || b.order - a.order);
    return best.slice(0, options.numReturnSequences).map(({ item }) => toHypothesis(item, options));
  };

  return { advance, hypotheses };
}

function toHypothesis({ tokenIds, sum, score, isComplete }: Stored, options: SearchOptions): Hypothesis {
  const generated = tokenIds.length - 1 + (isComplete ? 1 : 0);
  return {
    tokenIds: isComplete ? [...tokenIds, options.eosTokenId] : tokenIds,
    isComplete,
    score,
    meanTokenLogProb: sum / generated,
  };
}
