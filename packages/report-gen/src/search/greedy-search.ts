import type { SearchOptions, SequenceSearch } from './search.js';

/** Follows the likeliest token until EOS or the length limit. */
export function createGreedySearch(options: SearchOptions): SequenceSearch {
  const tokenIds: number[] = [options.bosTokenId];
  let sum = 0;
  let isComplete = false;
  return {
    advance: ({ beams: [beam] }) => {
      const tokenId = beam!.tokenIds[0]!;
      tokenIds.push(tokenId);
      sum += beam!.logProbs[0]!;
      isComplete = tokenId === options.eosTokenId;
      if (isComplete || tokenIds.length >= options.maxLength) return undefined;
      return { tokenIds: [tokenId], parents: [0] };
    },
    hypotheses: () => {
      const generated = tokenIds.length - 1;
      const counted = isComplete ? generated : tokenIds.length;
      return [
        {
          tokenIds: [...tokenIds],
          isComplete,
          score: sum / counted,
          meanTokenLogProb: sum / generated,
        },
      ];
    },
  };
}
