import type { ReportGenConfig, Tokenizer } from '@crrg/report-gen';

/** For models without a vocabulary file: texts are written as numbers. */
export function numberTokenizer({ vocabSize, eosTokenId }: ReportGenConfig): Tokenizer {
  const encode = (text: string) => text.split(' ').filter(Boolean).map(Number);
  return {
    vocabSize,
    endOfTextId: eosTokenId,
    encode,
    encodeSentence: (text) => [eosTokenId, ...encode(text), eosTokenId],
    decode: (tokenIds) =>
      Array.from(tokenIds)
        .filter((id) => id !== eosTokenId)
        .join(' '),
  };
}
