import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CheckpointError } from '@crrg/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkHubConfig, hintsOf, readHubConfig } from './hub-config.js';

const GPT2 = { width: 64, numLayers: 2, ffnWidth: 256, vocabSize: 300, numPositions: 32 };
const BERT = { ...GPT2, numTokenTypes: 2 };

describe('a config.json of Hugging Face', () => {
  it('may say what the model computes, or nothing', () => {
    for (const fields of [
      {},
      {
        model_type: 'gpt2',
        activation_function: 'gelu_new',
        n_embd: 64,
        n_layer: 2,
        n_inner: null,
        n_ctx: 32,
      },
      { activation_function: 'gelu_pytorch_tanh', scale_attn_weights: true, n_inner: 256, vocab_size: 300 },
      { attn_pdrop: 0.1, architectures: ['GPT2LMHeadModel'], use_cache: false, pruned_heads: {} },
    ])
      expect(() => checkHubConfig('gpt2', fields, GPT2)).not.toThrow();
    const bert = {
      model_type: 'bert',
      hidden_act: 'gelu',
      position_embedding_type: 'absolute',
      type_vocab_size: 2,
    };
    expect(() => checkHubConfig('bert', bert, BERT)).not.toThrow();
  });

  it.each([
    ['gpt2', { model_type: 'bert' }, 'model_type "bert" (only "gpt2")'],
    ['gpt2', { activation_function: 'relu' }, 'activation_function "relu" (only "gelu_new")'],
    ['gpt2', { activation_function: 'gelu' }, 'activation_function "gelu" (only "gelu_new")'],
    ['gpt2', { scale_attn_weights: false }, 'scale_attn_weights false (only true)'],
    ['gpt2', { scale_attn_by_inverse_layer_idx: true }, 'scale_attn_by_inverse_layer_idx true (only false)'],
    ['gpt2', { reorder_and_upcast_attn: true }, 'reorder_and_upcast_attn true (only false)'],
    ['gpt2', { add_cross_attention: true }, 'add_cross_attention true (only false)'],
    ['gpt2', { is_encoder_decoder: true }, 'is_encoder_decoder true (only false)'],
    ['gpt2', { quantization_config: { bits: 4 } }, 'quantization_config {"bits":4} (only null)'],
    ['gpt2', { pruned_heads: { 0: [1] } }, 'pruned_heads (only none)'],
    ['gpt2', { n_inner: 128 }, 'n_inner 128 (the tensors say 256)'],
    ['gpt2', { n_embd: 32 }, 'n_embd 32 (the tensors say 64)'],
    ['gpt2', { n_layer: 3 }, 'n_layer 3 (the tensors say 2)'],
    ['gpt2', { vocab_size: 301 }, 'vocab_size 301 (the tensors say 300)'],
    ['gpt2', { n_positions: 16 }, 'n_positions 16 (the tensors say 32)'],
    ['bert', { model_type: 'roberta' }, 'model_type "roberta" (only "bert")'],
    ['bert', { hidden_act: 'gelu_new' }, 'hidden_act "gelu_new" (only "gelu")'],
    [
      'bert',
      { position_embedding_type: 'relative_key' },
      'position_embedding_type "relative_key" (only "absolute")',
    ],
    ['bert', { is_decoder: true }, 'is_decoder true (only false)'],
    ['bert', { type_vocab_size: 1 }, 'type_vocab_size 1 (the tensors say 2)'],
    ['bert', { max_position_embeddings: 512 }, 'max_position_embeddings 512 (the tensors say 32)'],
    [
      'bert',
      { intermediate_size: 1, hidden_size: 2 },
      'hidden_size 2 (the tensors say 64), intermediate_size 1',
    ],
  ] as const)('of a %s with %j is refused', (kind, fields, message) => {
    const check = () => checkHubConfig(kind, fields, BERT);
    expect(check).toThrow(CheckpointError);
    expect(check).toThrow(message);
  });

  it('gives what tensors do not tell', () => {
    expect(
      hintsOf({
        n_head: 4,
        layer_norm_epsilon: 0.1,
        bos_token_id: 1,
        eos_token_id: 2,
        pad_token_id: 3,
        n_embd: 64,
      }),
    ).toEqual({ numHeads: 4, layerNormEpsilon: 0.1, bosTokenId: 1, eosTokenId: 2, padTokenId: 3 });
    expect(hintsOf({ num_attention_heads: 12, layer_norm_eps: 1e-12, eos_token_id: [1, 2] })).toEqual({
      numHeads: 12,
      layerNormEpsilon: 1e-12,
    });
    expect(hintsOf(Object.create({ n_head: 7 }) as Record<string, unknown>)).toEqual({});
  });
});

describe('where config.json is read', () => {
  let folder: string;
  const inside = (name: string) => path.join(folder, name);
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'crrg-hub-'));
    await writeFile(inside('config.json'), '{"n_head": 8}');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is a folder of a GPT-2 or a BERT, or beside a file that Hugging Face named', async () => {
    for (const kind of ['gpt2', 'bert'] as const) {
      expect(await readHubConfig(folder, true, kind)).toEqual({ n_head: 8 });
      for (const name of ['pytorch_model.bin', 'model.safetensors', 'model-00001-of-00002.safetensors'])
        expect(await readHubConfig(inside(name), false, kind)).toEqual({ n_head: 8 });
      for (const name of ['gpt2.bin', 'my_model.bin', 'models.safetensors', 'model.pt'])
        expect(await readHubConfig(inside(name), false, kind)).toBeUndefined();
    }
  });

  it('is not beside other kinds of models, whatever they are called', async () => {
    for (const kind of [
      'rgrg',
      'detector',
      'resnet50',
      'cxr-clip',
      'cxr-clip-probe',
      'image-encoder',
    ] as const) {
      expect(await readHubConfig(folder, true, kind)).toBeUndefined();
      expect(await readHubConfig(inside('model.safetensors'), false, kind)).toBeUndefined();
    }
  });

  it('must be a JSON object', async () => {
    const other = await mkdtemp(path.join(folder, 'other-'));
    expect(await readHubConfig(other, true, 'gpt2')).toBeUndefined();
    for (const text of ['[1]', '{', 'null']) {
      await writeFile(path.join(other, 'config.json'), text);
      await expect(readHubConfig(other, true, 'gpt2')).rejects.toThrow('expected a JSON object in');
    }
  });
});
