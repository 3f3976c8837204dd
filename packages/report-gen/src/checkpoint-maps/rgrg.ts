import type { KeyMap } from '@crrg/tensor';
import type { ReportGenConfig } from '../config.js';
import { transformerKeyMap } from './gpt2.js';

const MODEL = 'language_model.';
const TRANSFORMER = `${MODEL}gpt_with_lm_head.transformer.`;

/** The same storage under other names: alias prefix and how many parts may follow. */
const ALIASES: readonly (readonly [string, number])[] = [
  ['gpt', 5],
  ['gpt2_blocks', 5],
  ['wte', 1],
  ['wpe', 1],
  ['final_layernorm', 1],
  ['lm_head', 1],
];

/**
 * Names of the language model in a full RGRG checkpoint to ours. Drops the aliases of tensors that it takes under their first name, the
 * mask buffers, and the dead position table (unless the configuration reads it).
 * Source: docs/reference/state-dicts.md#language-model. The first row that fits counts.
 */
export function rgrgReportGenKeyMap(config: Pick<ReportGenConfig, 'positionTable'>): KeyMap {
  const aliases = ALIASES.flatMap(([name, parts]) =>
    Array.from({ length: parts }, (_, index) => `${MODEL}${name}${'.{}'.repeat(index + 1)}`),
  );
  return [
    { from: `${MODEL}feature_space_transformation_nn.0.{}`, to: 'featureMlp.fc1.{}' },
    { from: `${MODEL}feature_space_transformation_nn.2.{}`, to: 'featureMlp.fc2.{}' },
    { from: `${TRANSFORMER}h.{}.attn.uk.{}`, to: 'layers.{}.attention.imageKey.{}' },
    { from: `${TRANSFORMER}h.{}.attn.uv.{}`, to: 'layers.{}.attention.imageValue.{}' },
    { from: `${TRANSFORMER}h.{}.attn.causal_mask`, to: null },
    { from: `${TRANSFORMER}h.{}.attn.mask_out_value`, to: null },
    ...transformerKeyMap(TRANSFORMER, config),
    { from: `${MODEL}gpt_with_lm_head.lm_head.weight`, to: null },
    ...aliases.map((from) => ({ from, to: null })),
  ];
}

/** Children of one block by position in the list of blocks, which RGRG keeps beside the blocks themselves. */
const BLOCK_CHILDREN = ['ln_1', 'attn', 'ln_2', 'mlp'];

/**
 * The name under which {@link rgrgReportGenKeyMap} takes a tensor that it drops as an alias; undefined for any other name. Both are the
 * same tensor in every file that RGRG wrote.
 */
export function rgrgOriginalName(name: string): string | undefined {
  const alias = name.startsWith(MODEL) ? name.slice(MODEL.length) : '';
  if (alias === 'lm_head.weight' || alias === 'gpt_with_lm_head.lm_head.weight')
    return `${TRANSFORMER}wte.weight`;
  if (alias === 'wte.weight') return TRANSFORMER + alias;
  const [first, ...rest] = alias.split('.');
  if (first === 'gpt' && rest[0] !== 'wpe') return TRANSFORMER + rest.join('.');
  if (first === 'final_layernorm') return `${TRANSFORMER}ln_f.${rest.join('.')}`;
  const [block, child, ...leaf] = rest;
  if (first !== 'gpt2_blocks' || child === undefined) return undefined;
  return `${TRANSFORMER}h.${block}.${BLOCK_CHILDREN[Number(child)]}.${leaf.join('.')}`;
}

/** The further names of a tensor, of which {@link rgrgOriginalName} gives the first, the dead position table and the buffers included. */
export function rgrgAliasNames(name: string): string[] {
  if (!name.startsWith(TRANSFORMER)) return [];
  const own = name.slice(TRANSFORMER.length);
  const aliases = [`gpt.${own}`];
  if (own === 'wte.weight') aliases.push(own, 'lm_head.weight', 'gpt_with_lm_head.lm_head.weight');
  if (own === 'wpe.weight') aliases.push(own);
  if (own.startsWith('ln_f.')) aliases.push(own.replace('ln_f', 'final_layernorm'));
  const [first, block, child, ...leaf] = own.split('.');
  if (first === 'h') aliases.push(['gpt2_blocks', block, BLOCK_CHILDREN.indexOf(child!), ...leaf].join('.'));
  return aliases.map((alias) => MODEL + alias);
}

/** Where the values that {@link rgrgReportGenKeyMap} drops stand, besides aliases. */
export const RGRG_UNREAD_NAMES = {
  positionTable: `${TRANSFORMER}wpe.weight`,
  causalMask: (layer: number) => `${TRANSFORMER}h.${layer}.attn.causal_mask`,
  maskOutValue: (layer: number) => `${TRANSFORMER}h.${layer}.attn.mask_out_value`,
} as const;
