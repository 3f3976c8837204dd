import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { CheckpointError, ConfigError } from '@crrg/core';
import { parseWordPieceVocabulary, toVocabularyText } from '@crrg/rclip';
import { parseVocabulary, toVocabularyFiles } from '@crrg/report-gen';
import type { BundleContent } from '@crrg/checkpoints/node';

/** A tokenizer as a bundle keeps it. */
export type TokenizerFiles = Pick<BundleContent, 'tokenizer' | 'attachments'>;

/** Where the tokenizer may lie. */
export interface TokenizerSource {
  readonly vocab?: string | undefined;
  readonly merges?: string | undefined;
  /** Searched where neither is given. */
  readonly folder: string;
}

async function readText(file: string, isOptional: boolean): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (isOptional && (cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new CheckpointError(
      `pipeline.importModel: expected a readable file at ${file}, got ${String(cause)}; check the path.`,
      {
        cause,
      },
    );
  }
}

function tokenizerFile(text: string) {
  return { role: 'tokenizer' as const, bytes: new TextEncoder().encode(text) };
}

/** The tokenizer of a model with `vocabSize` tokens, checked; undefined where there is none. @throws {CheckpointError} for another model's */
export async function findTokenizer(
  source: TokenizerSource,
  vocabSize: number,
): Promise<TokenizerFiles | undefined> {
  const { vocab, merges, folder } = source;
  if ((vocab === undefined) !== (merges === undefined))
    throw new ConfigError('pipeline.importModel: `vocab` and `merges` belong together; pass both.');
  const isOptional = vocab === undefined;
  const vocabJson = await readText(vocab ?? path.join(folder, 'vocab.json'), isOptional);
  const mergesText = await readText(merges ?? path.join(folder, 'merges.txt'), isOptional);
  if (vocabJson === undefined || mergesText === undefined) return undefined;
  const vocabulary = parseVocabulary({ vocabJson, mergesText });
  const size = Object.keys(vocabulary.vocab).length;
  if (size !== vocabSize)
    throw new CheckpointError(
      `pipeline.importModel: expected a tokenizer of ${vocabSize} tokens, got ${size}; pass the one of this model.`,
    );
  const files = toVocabularyFiles(vocabulary);
  return {
    tokenizer: { kind: 'byte-bpe', vocab: 'vocab.json', merges: 'merges.txt' },
    attachments: {
      'vocab.json': tokenizerFile(files.vocabJson),
      'merges.txt': tokenizerFile(files.mergesText),
    },
  };
}

/** The WordPiece vocabulary of a text encoder, checked; undefined where there is none. @throws {CheckpointError} for another model's */
export async function findWordPieces(
  { vocab, merges, folder }: TokenizerSource,
  vocabSize: number,
): Promise<TokenizerFiles | undefined> {
  if (merges !== undefined)
    throw new ConfigError(
      'pipeline.importModel: a text encoder has no merges; pass `vocab` vocab.txt alone.',
    );
  const text = await readText(vocab ?? path.join(folder, 'vocab.txt'), vocab === undefined);
  if (text === undefined) return undefined;
  const vocabulary = parseWordPieceVocabulary(text);
  if (vocabulary.length !== vocabSize)
    throw new CheckpointError(
      `pipeline.importModel: expected a vocabulary of ${vocabSize} tokens, got ${vocabulary.length}; pass the one of this model.`,
    );
  return {
    tokenizer: { kind: 'word-piece', vocab: 'vocab.txt' },
    attachments: { 'vocab.txt': tokenizerFile(toVocabularyText(vocabulary)) },
  };
}
