import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WORDS, writeTextNetwork } from '../__fixtures__/tiny-text-network.js';
import { openTextNetwork, truncationNotes } from './text-network.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-network-'));
  await writeTextNetwork(
    folder,
    WORDS.map((_, id) => [id, 1]),
    (_, states) => ({ last_hidden_state: states }),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Byte-level BPE of single letters, as RoBERTa's: a blank is `Ġ`. */
const BYTE_LEVEL = {
  version: '1.0',
  added_tokens: ['<s>', '</s>'].map((content, id) => ({
    ...{ id, content, special: true },
    ...{ single_word: false, lstrip: false, rstrip: false, normalized: false },
  })),
  normalizer: null,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
  post_processor: {
    type: 'RobertaProcessing',
    ...{ sep: ['</s>', 1], cls: ['<s>', 0], trim_offsets: true, add_prefix_space: false },
  },
  decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
  model: {
    type: 'BPE',
    ...{ dropout: null, unk_token: null, continuing_subword_prefix: '', end_of_word_suffix: '' },
    vocab: { '<s>': 0, '</s>': 1, Ġ: 2, a: 3, b: 4 },
    merges: [],
  },
};

describe('a text encoder in a folder', () => {
  it('has the marks of begin and end around its tokens, and cuts what is too long before the end', async () => {
    const network = await openTextNetwork(folder);
    expect(network.tokenize('Clear lungs')).toEqual([0, 5, 6, 1]);
    expect(network.tokenize('')).toEqual([0, 1]);
    expect(network.tokenize('edema edema edema edema edema')).toEqual([0, 3, 3, 3, 3, 1]);
    expect(truncationNotes('X', network)).toEqual([
      'X: 1 text is longer than 6 tokens; the rest is not read.',
    ]);
    const { last_hidden_state } = await network.run([0, 5, 1]);
    expect([[...last_hidden_state!.data], last_hidden_state!.dims]).toEqual([
      [0, 1, 5, 1, 1, 1],
      [1, 3, 2],
    ]);
    await network.dispose();
  });

  it('of byte-level BPE gets a blank before the first word, as bert_score gives it', async () => {
    await writeFile(path.join(folder, 'tokenizer.json'), JSON.stringify(BYTE_LEVEL));
    await rm(path.join(folder, 'tokenizer_config.json'));
    const network = await openTextNetwork(folder);
    expect(network.tokenize('a b')).toEqual([0, 2, 3, 2, 4, 1]);
    expect(network.tokenize('  ')).toEqual([0, 1]);
    expect(network.maxTokens).toBe(512);
    await network.dispose();
  });

  it('is refused where its tokeniser is none', async () => {
    await writeFile(path.join(folder, 'tokenizer.json'), '[');
    await expect(openTextNetwork(folder)).rejects.toThrow('tokenizer.json');
  });
});
