/**
 * A Marian model that translates word by word, written by hand. `B` texts, `S` source tokens, `T` new tokens, `C` cached tokens,
 * `V` vocabulary, `P` positions; hidden states have width `V + P`: a one-hot word and a one-hot position.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeModel, type Initializer, type Node, type OnnxGraph, type Value } from './onnx-writer.js';

/** Every source word with its translations, the likeliest first; a step down the list costs one logit. */
export type Dictionary = Readonly<Record<string, readonly string[]>>;

const POSITIONS = 24;
const END = '</s>';
const UNKNOWN = '<unk>';
const PADDING = '<pad>';
const WORD_START = '\u2581';

/** Logit of the likeliest translation, and of every token that is none. */
const BEST_SCORE = 8;
const OTHER_SCORE = -30;
/** Makes attention look at one position only. */
const SHARPNESS = 50;
/** Taken off the score of padding. */
const MASK_STRENGTH = 1e4;

/** Writes the model to a folder, which is made where it is missing. */
export async function writeTinyMarian(folder: string, dictionary: Dictionary): Promise<void> {
  const vocabulary = vocabularyOf(dictionary);
  await mkdir(join(folder, 'onnx'), { recursive: true });
  const json = (name: string, value: unknown) => writeFile(join(folder, name), JSON.stringify(value));
  await json('config.json', configuration(vocabulary));
  await json('generation_config.json', generation(vocabulary));
  await json('tokenizer.json', tokenizer(vocabulary));
  await json('tokenizer_config.json', {
    tokenizer_class: 'MarianTokenizer',
    model_max_length: 512,
    eos_token: END,
    unk_token: UNKNOWN,
    pad_token: PADDING,
  });
  await writeFile(join(folder, 'onnx', 'encoder_model.onnx'), encodeModel(encoder(vocabulary)));
  await writeFile(
    join(folder, 'onnx', 'decoder_model_merged.onnx'),
    encodeModel(decoder(vocabulary, dictionary)),
  );
}

/** As Marian has it: end of text 0, unknown 1, padding (which also begins a translation) last. */
function vocabularyOf(dictionary: Dictionary): string[] {
  const words = new Set(Object.entries(dictionary).flatMap(([word, others]) => [word, ...others]));
  return [END, UNKNOWN, ...[...words].map((word) => WORD_START + word), PADDING];
}

function configuration(vocabulary: readonly string[]) {
  return {
    model_type: 'marian',
    architectures: ['MarianMTModel'],
    is_encoder_decoder: true,
    d_model: vocabulary.length + POSITIONS,
    encoder_layers: 1,
    decoder_layers: 1,
    encoder_attention_heads: 1,
    decoder_attention_heads: 1,
    vocab_size: vocabulary.length,
    ...generation(vocabulary),
  };
}

function generation(vocabulary: readonly string[]) {
  const padding = vocabulary.length - 1;
  return {
    eos_token_id: 0,
    forced_eos_token_id: 0,
    pad_token_id: padding,
    decoder_start_token_id: padding,
    bad_words_ids: [[padding]],
    max_length: 512,
    num_beams: 4,
  };
}

function tokenizer(vocabulary: readonly string[]) {
  const special = [END, UNKNOWN, PADDING].map((content) => ({
    id: vocabulary.indexOf(content),
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
  const metaspace = { type: 'Metaspace', replacement: WORD_START, add_prefix_space: true };
  return {
    version: '1.0',
    added_tokens: special,
    normalizer: null,
    pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, metaspace] },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: END, type_id: 0 } }],
      pair: [],
      special_tokens: { [END]: { id: END, ids: [0], tokens: [END] } },
    },
    decoder: metaspace,
    model: { type: 'Unigram', unk_id: 1, vocab: vocabulary.map((token) => [token, -1]) },
  };
}

/** `[B, S]` tokens to `[B, S, V + P]` words and positions; padding gives zeros. */
function encoder(vocabulary: readonly string[]): OnnxGraph {
  const size = vocabulary.length;
  return {
    inputs: [int64('input_ids', 'batch', 'source'), int64('attention_mask', 'batch', 'source')],
    outputs: [float('last_hidden_state', 'batch', 'source', size + POSITIONS)],
    initializers: [
      matrix('words', size, size + POSITIONS, (row, column) => Number(row === column)),
      matrix('positions', POSITIONS, size + POSITIONS, (row, column) => Number(size + row === column)),
      ...integers({ zero: 0, one: 1 }),
      integerList('last', -1),
    ],
    nodes: [
      { op: 'Gather', inputs: ['words', 'input_ids'], outputs: ['embedded'] },
      ...range('input_ids', 'zero', 'places'),
      { op: 'Gather', inputs: ['positions', 'places'], outputs: ['placed'] },
      { op: 'Add', inputs: ['embedded', 'placed'], outputs: ['hidden'] },
      { op: 'Cast', inputs: ['attention_mask'], outputs: ['mask'], attributes: { to: 1 } },
      { op: 'Unsqueeze', inputs: ['mask', 'last'], outputs: ['column'] },
      { op: 'Mul', inputs: ['hidden', 'column'], outputs: ['last_hidden_state'] },
    ],
  };
}

/**
 * `[B, T]` new tokens and the caches to logits `[B, T, V]`. The only thing the decoder reads in its own cache is how long it is:
 * a step whose cache is missing looks at the wrong source token.
 */
function decoder(vocabulary: readonly string[], dictionary: Dictionary): OnnxGraph {
  const size = vocabulary.length;
  const width = size + POSITIONS;
  const cache = (when: string, side: string, kind: string) => `${when}.0.${side}.${kind}`;
  const own = ['key', 'value'].map((kind) => [cache('past_key_values', 'decoder', kind), cache('present', 'decoder', kind)]);
  return {
    inputs: [
      int64('input_ids', 'batch_size', 'new'),
      int64('encoder_attention_mask', 'batch_size', 'source'),
      float('encoder_hidden_states', 'batch_size', 'source', width),
      ...own.map(([past]) => float(past!, 'batch_size', 1, 'past', 1)),
      float(cache('past_key_values', 'encoder', 'key'), 'batch_size', 1, 'past_source', POSITIONS),
      float(cache('past_key_values', 'encoder', 'value'), 'batch_size', 1, 'past_source', size),
      { name: 'use_cache_branch', type: 'bool', dims: [1] },
    ],
    outputs: [
      float('logits', 'batch_size', 'new', size),
      ...own.map(([, present]) => float(present!, 'batch_size', 1, 'all', 1)),
      float(cache('present', 'encoder', 'key'), 'batch_size', 1, 'source', POSITIONS),
      float(cache('present', 'encoder', 'value'), 'batch_size', 1, 'source', size),
    ],
    initializers: [
      matrix('query', POSITIONS, POSITIONS, (row, column) => (row === column ? SHARPNESS : 0)),
      matrix('toKey', width, POSITIONS, (row, column) => Number(row === size + column)),
      matrix('toValue', width, size, (row, column) => Number(row === column)),
      matrix('translation', size, size, (row, column) => score(vocabulary, dictionary, row, column)),
      scalar('maskStrength', MASK_STRENGTH),
      scalar('unit', 1),
      ...integers({ zero: 0, one: 1, two: 2 }),
      integerList('heads', 1),
      integerList('queries', 1),
      integerList('last', -1),
      integerList('headsAndLast', 1, 3),
    ],
    nodes: [
      { op: 'Cast', inputs: ['input_ids'], outputs: ['seen'], attributes: { to: 1 } },
      { op: 'Unsqueeze', inputs: ['seen', 'headsAndLast'], outputs: ['newState'] },
      ...own.map(
        ([past, present]): Node => ({
          op: 'Concat',
          inputs: [past!, 'newState'],
          outputs: [present!],
          attributes: { axis: 2 },
        }),
      ),
      { op: 'Shape', inputs: [own[0]![0]!], outputs: ['pastShape'] },
      { op: 'Gather', inputs: ['pastShape', 'two'], outputs: ['start'] },
      ...range('input_ids', 'start', 'places'),
      { op: 'Gather', inputs: ['query', 'places'], outputs: ['queriesOnly'] },
      { op: 'MatMul', inputs: ['encoder_hidden_states', 'toKey'], outputs: ['keys'] },
      { op: 'MatMul', inputs: ['encoder_hidden_states', 'toValue'], outputs: ['values'] },
      { op: 'Unsqueeze', inputs: ['keys', 'heads'], outputs: [cache('present', 'encoder', 'key')] },
      { op: 'Unsqueeze', inputs: ['values', 'heads'], outputs: [cache('present', 'encoder', 'value')] },
      { op: 'Transpose', inputs: ['keys'], outputs: ['keysAcross'], attributes: { perm: [0, 2, 1] } },
      { op: 'MatMul', inputs: ['queriesOnly', 'keysAcross'], outputs: ['scores'] },
      { op: 'Cast', inputs: ['encoder_attention_mask'], outputs: ['mask'], attributes: { to: 1 } },
      { op: 'Sub', inputs: ['mask', 'unit'], outputs: ['hidden'] },
      { op: 'Mul', inputs: ['hidden', 'maskStrength'], outputs: ['bias'] },
      { op: 'Unsqueeze', inputs: ['bias', 'queries'], outputs: ['biasRow'] },
      { op: 'Add', inputs: ['scores', 'biasRow'], outputs: ['visible'] },
      { op: 'Softmax', inputs: ['visible'], outputs: ['weights'] },
      { op: 'MatMul', inputs: ['weights', 'values'], outputs: ['word'] },
      { op: 'MatMul', inputs: ['word', 'translation'], outputs: ['logits'] },
    ],
  };
}

/** Logit of one token for one source token. */
function score(vocabulary: readonly string[], dictionary: Dictionary, source: number, target: number): number {
  const others = dictionary[vocabulary[source]!.slice(WORD_START.length)]?.map((word) => WORD_START + word);
  const rank = (others ?? [vocabulary[source]!]).indexOf(vocabulary[target]!);
  return rank < 0 ? OTHER_SCORE : BEST_SCORE - rank;
}

/** `start, start + 1, ...`, as many as `ids [B, T]` has columns. */
function range(ids: string, start: string, output: string): Node[] {
  return [
    { op: 'Shape', inputs: [ids], outputs: [`${output}.shape`] },
    { op: 'Gather', inputs: [`${output}.shape`, 'one'], outputs: [`${output}.length`] },
    { op: 'Add', inputs: [start, `${output}.length`], outputs: [`${output}.end`] },
    { op: 'Range', inputs: [start, `${output}.end`, 'one'], outputs: [output] },
  ];
}

function matrix(
  name: string,
  rows: number,
  columns: number,
  cell: (row: number, column: number) => number,
): Initializer {
  const data = Float32Array.from({ length: rows * columns }, (_, at) =>
    cell(Math.floor(at / columns), at % columns),
  );
  return { name, dims: [rows, columns], data };
}

const scalar = (name: string, value: number): Initializer => ({ name, dims: [], data: Float32Array.of(value) });
const integers = (values: Readonly<Record<string, number>>): Initializer[] =>
  Object.entries(values).map(([name, value]) => ({ name, dims: [], data: BigInt64Array.of(BigInt(value)) }));
const integerList = (name: string, ...values: number[]): Initializer => ({
  name,
  dims: [values.length],
  data: BigInt64Array.from(values, BigInt),
});
const int64 = (name: string, ...dims: (number | string)[]): Value => ({ name, type: 'int64', dims });
const float = (name: string, ...dims: (number | string)[]): Value => ({ name, type: 'float', dims });
