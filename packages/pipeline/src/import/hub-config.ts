import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { CheckpointError } from '@crrg/core';
import type { LanguageHints, TextHints } from './infer-config.js';
import { parseJsonObject } from './json-object.js';
import type { ImportKind } from './kinds.js';
import type { Fields } from './merge-fields.js';

/** Names of weights that Hugging Face writes beside a `config.json`. */
const HUB_WEIGHTS = /^(model|pytorch_model)([.-].*)?\.(bin|safetensors)$/;

/** What a field may say, the first value being that of a file without it. */
type Accepted = readonly unknown[];

const COMMON: Readonly<Record<string, Accepted>> = {
  add_cross_attention: [false],
  is_encoder_decoder: [false],
  quantization_config: [null],
};

/** Settings that change what a model computes, with the only values that ours computes. Others are for training or for people. */
const ACCEPTED: Readonly<Partial<Record<ImportKind, Readonly<Record<string, Accepted>>>>> = {
  gpt2: {
    ...COMMON,
    model_type: ['gpt2'],
    activation_function: ['gelu_new', 'gelu_pytorch_tanh'],
    scale_attn_weights: [true],
    scale_attn_by_inverse_layer_idx: [false],
    reorder_and_upcast_attn: [false],
  },
  bert: {
    ...COMMON,
    model_type: ['bert'],
    hidden_act: ['gelu', 'gelu_python'],
    position_embedding_type: ['absolute'],
    is_decoder: [false],
  },
};

/** Names of a size in `config.json`, to that of ours. */
const SIZES: Readonly<Partial<Record<ImportKind, Readonly<Record<string, string>>>>> = {
  gpt2: {
    n_embd: 'width',
    hidden_size: 'width',
    n_layer: 'numLayers',
    num_hidden_layers: 'numLayers',
    n_inner: 'ffnWidth',
    vocab_size: 'vocabSize',
    n_positions: 'numPositions',
    n_ctx: 'numPositions',
  },
  bert: {
    hidden_size: 'width',
    num_hidden_layers: 'numLayers',
    intermediate_size: 'ffnWidth',
    vocab_size: 'vocabSize',
    max_position_embeddings: 'numPositions',
    type_vocab_size: 'numTokenTypes',
  },
};

const field = (config: Fields, name: string): unknown =>
  Object.hasOwn(config, name) ? (config[name] ?? undefined) : undefined;

/**
 * The `config.json` of a Hugging Face model: that of the folder, or beside a file with a name that Hugging Face gives. Undefined where
 * there is none, and for kinds of models that are not published so: a file of that name beside them belongs to another model.
 * @throws {CheckpointError} where it is not a JSON object
 */
export async function readHubConfig(
  file: string,
  isFolder: boolean,
  kind: ImportKind,
): Promise<Fields | undefined> {
  if (!Object.hasOwn(ACCEPTED, kind)) return undefined;
  if (!isFolder && !HUB_WEIGHTS.test(path.basename(file))) return undefined;
  const config = path.join(isFolder ? file : path.dirname(file), 'config.json');
  const text = await readFile(config, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const fields = parseJsonObject(text);
  if (fields) return fields;
  throw new CheckpointError(
    `pipeline.importModel: expected a JSON object in ${config}, got another text; fetch it again.`,
  );
}

/** What a Hugging Face `config.json` says that tensors do not. */
export function hintsOf(config: Fields): LanguageHints & TextHints {
  const number = (...names: string[]) =>
    names.map((name) => field(config, name)).find((value) => typeof value === 'number');
  const hints = {
    numHeads: number('n_head', 'num_attention_heads'),
    layerNormEpsilon: number('layer_norm_epsilon', 'layer_norm_eps'),
    bosTokenId: number('bos_token_id'),
    eosTokenId: number('eos_token_id'),
    padTokenId: number('pad_token_id'),
  };
  return Object.fromEntries(Object.entries(hints).filter(([, value]) => value !== undefined));
}

function sizeProblems(kind: ImportKind, config: Fields, sizes: Fields): string[] {
  return Object.entries(SIZES[kind]!).flatMap(([name, ours]) => {
    const value = field(config, name);
    const actual = sizes[ours];
    return value === undefined || value === actual
      ? []
      : [`${name} ${JSON.stringify(value)} (the tensors say ${JSON.stringify(actual)})`];
  });
}

/**
 * Checks that a `config.json` is of this model and asks for nothing that ours does not compute.
 * @param sizes of our configuration, from the tensors
 * @throws {CheckpointError} that names every setting
 */
export function checkHubConfig(kind: ImportKind, config: Fields, sizes: Fields): void {
  const problems = Object.entries(ACCEPTED[kind]!).flatMap(([name, accepted]) => {
    const value = field(config, name) ?? accepted[0];
    return accepted.includes(value)
      ? []
      : [`${name} ${JSON.stringify(value)} (only ${JSON.stringify(accepted[0])})`];
  });
  const pruned = field(config, 'pruned_heads');
  if (typeof pruned === 'object' && Object.keys(pruned as object).length > 0)
    problems.push('pruned_heads (only none)');
  problems.push(...sizeProblems(kind, config, sizes));
  if (problems.length === 0) return;
  throw new CheckpointError(
    `pipeline.importModel: expected a config.json of this ${kind} with settings that can be computed, got ${problems.join(', ')}; take a model with these settings, or remove a config.json that is not its own.`,
    { details: { problems } },
  );
}
