import { DataError } from '@crrg/core';
import { BYTE_CHARACTERS } from './byte-alphabet.js';

/** The special token that begins, ends and pads every text. */
export const END_OF_TEXT = '<|endoftext|>';

/** A byte-level BPE vocabulary, as plain data. */
export interface BpeVocabulary {
  /** Token to id; ids are 0 .. size-1 without gaps and include {@link END_OF_TEXT}. */
  readonly vocab: Readonly<Record<string, number>>;
  /** Pairs of tokens to join, best first. */
  readonly merges: readonly (readonly [string, string])[];
}

/** The files a vocabulary is read from: `vocab.json` and `merges.txt`, or one `tokenizer.json`. */
export type VocabularyFiles =
  { readonly vocabJson: string; readonly mergesText: string } | { readonly tokenizerJson: string };

function fail(message: string, cause?: unknown): never {
  throw new DataError(`report-gen.parseVocabulary: ${message}`, { cause });
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    return fail(`${file} is not JSON; give the file of a GPT-2 tokeniser.`, cause);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseMerge(entry: unknown, line: number): readonly [string, string] {
  const parts = typeof entry === 'string' ? entry.split(' ') : entry;
  if (
    Array.isArray(parts) &&
    parts.length === 2 &&
    parts.every((part) => typeof part === 'string' && part !== '')
  )
    return parts as [string, string];
  return fail(`merge ${line} must be two tokens, got ${JSON.stringify(entry)}; the file is damaged.`);
}

function parseMergesText(text: string): readonly (readonly [string, string])[] {
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  const body = lines[0]?.startsWith('#version') ? lines.slice(1) : lines;
  return body.map(parseMerge);
}

function fromTokenizerJson(text: string): { vocab: unknown; merges: readonly (readonly [string, string])[] } {
  const json = parseJson(text, 'tokenizer.json');
  const model = isRecord(json) ? json['model'] : undefined;
  if (
    !isRecord(model) ||
    (model['type'] ?? 'BPE') !== 'BPE' ||
    !isRecord(model['vocab']) ||
    !Array.isArray(model['merges'])
  )
    return fail(
      'tokenizer.json must hold a BPE model with vocab and merges; give the file of a GPT-2 tokeniser.',
    );
  const ids = new Map(Object.entries(model['vocab']));
  const added =
    isRecord(json) && Array.isArray(json['added_tokens']) ? (json['added_tokens'] as unknown[]) : [];
  for (const token of added) {
    if (!isRecord(token)) continue;
    const content = String(token['content']);
    ids.set(content, ids.get(content) ?? token['id']);
  }
  return { vocab: Object.fromEntries(ids), merges: model['merges'].map(parseMerge) };
}

/**
 * Checks that a vocabulary is whole: ids without gaps, all 256 bytes, the end of text, and merges that give known tokens.
 * @throws {DataError} saying what is wrong
 */
export function checkVocabulary({
  vocab,
  merges,
}: {
  vocab: unknown;
  merges: BpeVocabulary['merges'];
}): BpeVocabulary {
  if (!isRecord(vocab)) return fail('vocab must be an object of token to id; give vocab.json.');
  const ids = Object.values(vocab);
  const seen = new Uint8Array(ids.length);
  for (const id of ids) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= ids.length || seen[id])
      return fail(
        `ids must be 0 .. ${ids.length - 1}, each once, got ${JSON.stringify(id)}; the vocabulary is damaged.`,
      );
    seen[id] = 1;
  }
  const missing = [...BYTE_CHARACTERS, END_OF_TEXT].filter((token) => !Object.hasOwn(vocab, token));
  if (missing.length > 0)
    return fail(
      `vocab lacks ${missing.slice(0, 5).join(' ')}${missing.length > 5 ? ' ...' : ''}; it must hold all bytes and ${END_OF_TEXT}.`,
    );
  for (const [left, right] of merges) {
    if (!Object.hasOwn(vocab, left + right))
      return fail(`merge "${left} ${right}" gives no token of vocab; the two files do not belong together.`);
  }
  return { vocab: vocab as Record<string, number>, merges };
}

/**
 * A vocabulary from the content of its files.
 * @throws {DataError} where a file is damaged or the two do not belong together
 *
 * @example
 * ```ts
 * const vocabulary = parseVocabulary({ vocabJson, mergesText });
 * ```
 */
export function parseVocabulary(files: VocabularyFiles): BpeVocabulary {
  if ('tokenizerJson' in files) return checkVocabulary(fromTokenizerJson(files.tokenizerJson));
  return checkVocabulary({
    vocab: parseJson(files.vocabJson, 'vocab.json'),
    merges: parseMergesText(files.mergesText),
  });
}

/** The contents of `vocab.json` and `merges.txt`. */
export function toVocabularyFiles({ vocab, merges }: BpeVocabulary): {
  vocabJson: string;
  mergesText: string;
} {
  const lines = ['#version: 0.2', ...merges.map((pair) => pair.join(' '))];
  return { vocabJson: JSON.stringify(vocab), mergesText: `${lines.join('\n')}\n` };
}
