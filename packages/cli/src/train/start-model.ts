import { ConfigError } from '@crrg/core';
import { loadClassifierModel, type RclipModel } from '@crrg/pipeline';
import { rclipSpecs, requireTextEncoder, type WordPieceTokenizer } from '@crrg/rclip';
import type { StateDict } from '@crrg/tensor';

/** The contrastive model that training starts from. */
export interface StartModel extends RclipModel {
  readonly tokenizer: WordPieceTokenizer;
  /** Of the encoders; a probe is trained anew. */
  readonly weights: StateDict;
  readonly maxLength: number;
}

/**
 * Loads a contrastive model, without its probe where it has one.
 * @throws {ConfigError} for a model without text encoder or vocabulary
 */
export async function loadStartModel(
  source: string,
  options: Parameters<typeof loadClassifierModel>[1],
): Promise<StartModel> {
  const model = await loadClassifierModel(source, options);
  const { maxLength } = requireTextEncoder(model.config, 'cli.train');
  const { tokenizer } = model;
  if (!tokenizer)
    throw new ConfigError(
      `cli.train: expected a model with a vocabulary, got ${model.name} without; import it with --vocab.`,
    );
  const config = { ...model.config, probe: null };
  const names = Object.keys(rclipSpecs(config));
  const weights = new Map(names.map((name) => [name, model.weights.get(name)!]));
  return { ...model, config, tokenizer, weights, maxLength };
}
