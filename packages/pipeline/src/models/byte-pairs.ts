import type { Bundle } from '@crrg/checkpoints';
import { CheckpointError } from '@crrg/core';
import { createTokenizer, parseVocabulary, type Tokenizer } from '@crrg/report-gen';

/** The tokenizer of a language model; undefined where the bundle has none. @throws {CheckpointError} for half a tokenizer */
export async function loadBytePairs(bundle: Bundle): Promise<Tokenizer | undefined> {
  const { tokenizer, name } = bundle.manifest;
  if (tokenizer === null) return undefined;
  const file = (field: 'vocab' | 'merges'): string => {
    const value = tokenizer[field];
    if (typeof value === 'string') return value;
    throw new CheckpointError(
      `pipeline.loadReportModel: model ${name} names no tokenizer ${field} file; write the bundle with tokenizer { kind: "byte-bpe", vocab, merges }.`,
    );
  };
  const text = async (field: 'vocab' | 'merges') =>
    new TextDecoder().decode(await bundle.readFile(file(field)));
  return createTokenizer(
    parseVocabulary({ vocabJson: await text('vocab'), mergesText: await text('merges') }),
  );
}
