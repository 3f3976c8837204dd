import type { KeyMap } from '@crrg/tensor';
import type { ReportGenConfig } from '../config.js';

/**
 * Names inside a GPT-2 transformer, below `prefix`, to ours. Drops buffers, and the position table where the configuration has no use
 * for it.
 */
export function transformerKeyMap(
  prefix: string,
  { positionTable }: Pick<ReportGenConfig, 'positionTable'>,
): KeyMap {
  const layer = `${prefix}h.{}`;
  return [
    { from: `${prefix}wte.weight`, to: 'tokenTable.weight' },
    { from: `${prefix}wpe.weight`, to: positionTable === 'position' ? 'positionTable.weight' : null },
    { from: `${prefix}ln_f.{}`, to: 'finalNorm.{}' },
    { from: `${layer}.ln_1.{}`, to: 'layers.{}.attentionNorm.{}' },
    { from: `${layer}.ln_2.{}`, to: 'layers.{}.ffnNorm.{}' },
    { from: `${layer}.attn.c_attn.{}`, to: 'layers.{}.attention.qkv.{}' },
    { from: `${layer}.attn.c_proj.{}`, to: 'layers.{}.attention.output.{}' },
    { from: `${layer}.mlp.c_fc.{}`, to: 'layers.{}.ffn.expand.{}' },
    { from: `${layer}.mlp.c_proj.{}`, to: 'layers.{}.ffn.reduce.{}' },
    { from: `${layer}.attn.bias`, to: null },
    { from: `${layer}.attn.masked_bias`, to: null },
  ];
}

/**
 * Names of a Hugging Face GPT-2 (`healx/gpt-2-pubmed-medium`), with or without `transformer.`, to ours. The head is tied to the token
 * table and dropped. The image projections are not in such a file: see {@link isImageParameter}.
 * Source: docs/reference/checkpoints.md#gpt-2-pubmed. The first row that fits counts.
 */
export function gpt2KeyMap(config: Pick<ReportGenConfig, 'positionTable'>): KeyMap {
  return [
    { from: 'lm_head.weight', to: null },
    ...transformerKeyMap('transformer.', config),
    ...transformerKeyMap('', config),
  ];
}
