import { createHash } from 'node:crypto';
import { ConfigError } from '@crrg/core';
import { IMAGENET_PREPROCESSING } from '@crrg/image';
import { loadClassifierModel, loadPart, type ModelSource, type RclipModel } from '@crrg/pipeline/node';
import { rclipSpecs, requireTextEncoder, type WordPieceTokenizer } from '@crrg/rclip';
import type { StateDict } from '@crrg/tensor';
import { startRclipWeights } from '../start-weights.js';

/** The contrastive model that training starts from. */
export interface StartModel extends RclipModel {
  readonly tokenizer: WordPieceTokenizer;
  /** Of the encoders; a probe is trained anew. */
  readonly weights: StateDict;
  readonly maxLength: number;
  /** Parameters that were drawn at random. */
  readonly fresh: readonly string[];
}

/** Where a training starts: a whole model, or two encoders. */
export interface StartOptions {
  /** `tiny`, a bundle folder, an address, or a model in memory. */
  readonly model?: ModelSource | RclipModel | undefined;
  /** Instead of `model`: an imported ResNet-50 (image-encoder) ... */
  readonly imageEncoder?: ModelSource | undefined;
  /** ... and an imported BERT (bert); projections are fresh. */
  readonly textEncoder?: ModelSource | undefined;
}

type LoadOptions = Parameters<typeof loadClassifierModel>[1];

/** @throws {ConfigError} where the options name neither a model nor both encoders, or too much */
export function requireStart({ model, imageEncoder, textEncoder }: StartOptions): void {
  const encoders = [imageEncoder, textEncoder].filter((encoder) => encoder !== undefined).length;
  if (model === undefined ? encoders === 2 : encoders === 0) return;
  throw new ConfigError(
    'train.trainRclipOnStudies: expected `model`, or `imageEncoder` and `textEncoder`, to start from; name one model or both encoders.',
  );
}

function requireVocabulary(tokenizer: WordPieceTokenizer | undefined, name: string): WordPieceTokenizer {
  if (tokenizer) return tokenizer;
  throw new ConfigError(
    `train.loadStartModel: expected a model with a vocabulary, got ${name} without; import it with --vocab.`,
  );
}

/** Fresh projections between two imported encoders. */
async function startFromEncoders(
  { imageEncoder, textEncoder }: StartOptions,
  seed: number,
  options: LoadOptions,
): Promise<StartModel> {
  const image = await loadPart(imageEncoder!, ['image-encoder'], options);
  const text = await loadPart(textEncoder!, ['bert'], options);
  const { config, weights, fresh } = startRclipWeights({ imageEncoder: image, textEncoder: text, seed });
  return {
    name: `${image.name}+${text.name}`,
    version: `${image.version}+${text.version}`,
    sha256: createHash('sha256').update(`${image.sha256} ${text.sha256}`).digest('hex'),
    config,
    preprocessing: { ...IMAGENET_PREPROCESSING, size: config.imageEncoder.imageSize },
    weights,
    fresh,
    tokenizer: requireVocabulary(text.tokenizer, text.name),
    maxLength: requireTextEncoder(config, 'train.loadStartModel').maxLength,
  };
}

/**
 * Loads a contrastive model, without its probe where it has one, or makes one of two encoders.
 * @param seed of what the encoders lack
 * @throws {ConfigError} for a model without text encoder or vocabulary
 */
export async function loadStartModel(
  start: StartOptions,
  seed: number,
  options: LoadOptions,
): Promise<StartModel> {
  if (start.model === undefined) return startFromEncoders(start, seed, options);
  const model = await loadClassifierModel(start.model, options);
  const { maxLength } = requireTextEncoder(model.config, 'train.loadStartModel');
  const tokenizer = requireVocabulary(model.tokenizer, model.name);
  const config = { ...model.config, probe: null };
  const names = Object.keys(rclipSpecs(config));
  const weights = new Map(names.map((name) => [name, model.weights.get(name)!]));
  return { ...model, config, tokenizer, weights, maxLength, fresh: [] };
}
