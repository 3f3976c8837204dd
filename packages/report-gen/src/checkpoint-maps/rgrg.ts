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
 * Source: architecture reference 6.3. The first row that fits counts.
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
