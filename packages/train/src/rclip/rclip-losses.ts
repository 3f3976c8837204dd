import {
  contrastiveLosses,
  convirtLosses,
  embedFeatures,
  encodeImage,
  encodeText,
  requireTextEncoder,
  type ContrastiveLossOptions,
  type ConvirtLossOptions,
  type RclipConfig,
} from '@crrg/rclip';
import type { BufferUpdates, InputSpec, NormalizationMode, Ops, Tensor } from '@crrg/tensor';
import { embeddingLoss, type EmbeddingLoss, type LossFunction } from '@crrg/train-loop';
import { dropoutFrom } from '../dropout-seed.js';

type LossScope = Parameters<LossFunction>[1];

/** Inputs of {@link rclipLossFunction} for a fixed batch size `B`; the length of the texts may differ from batch to batch. */
export function rclipBatchInputs({ imageEncoder }: RclipConfig, batch: number): Record<string, InputSpec> {
  const image = { shape: [batch, 3, imageEncoder.imageSize, imageEncoder.imageSize] };
  const tokens = { shape: [batch, 'tokens'] };
  const tokensView = { shape: [batch, 'tokensView'] };
  return {
    image,
    imageView: image,
    tokenIds: { ...tokens, dtype: 'int32' },
    attentionMask: tokens,
    tokenIdsView: { ...tokensView, dtype: 'int32' },
    attentionMaskView: tokensView,
  };
}

/** The one image and the one text of {@link convirtLossFunction}. */
export function convirtBatchInputs(config: RclipConfig, batch: number): Record<string, InputSpec> {
  const { image, tokenIds, attentionMask } = rclipBatchInputs(config, batch);
  return { image: image!, tokenIds: tokenIds!, attentionMask: attentionMask! };
}

/** How a loss is made for training or validation. */
export interface PassOptions {
  readonly training: boolean;
  /** Of the text encoder; needs the inputs of `dropoutInputs`. @defaultValue 0 */
  readonly dropout?: number | undefined;
}

/** The embeddings of one batch, and the running statistics that making them moved. */
function createEmbedder(
  config: RclipConfig,
  options: PassOptions,
  ops: Ops,
  { inputs, parameters }: LossScope,
) {
  const textEncoder = requireTextEncoder(config, 'train.trainRclip');
  const updates: BufferUpdates = new Map();
  const mode: NormalizationMode = options.training ? { training: true, updates } : { training: false };
  const dropout = dropoutFrom(ops, inputs, options.dropout ?? 0);
  const embed = (side: 'image' | 'text', features: Tensor) =>
    embedFeatures(ops, parameters, features, side, config.projection);
  const image = (name: string) =>
    embed('image', encodeImage(ops, parameters, inputs[name]!, config.imageEncoder, mode).features);
  const text = (view: '' | 'View') => {
    const tokenIds = inputs[`tokenIds${view}`]!;
    const attentionMask = inputs[`attentionMask${view}`]!;
    const tokens = {
      tokenIds,
      attentionMask,
      dropout: (x: Tensor, site: string) => dropout(x, `text${view}.${site}`),
    };
    return embed('text', encodeText(ops, parameters.scope('textEncoder'), tokens, textEncoder));
  };
  return { image, text, updates: () => Object.fromEntries(updates) };
}

/**
 * The contrastive losses of a batch of {@link rclipBatchInputs}, as `@crrg/train-loop` takes them: parts and the temperature as metrics, running
 * statistics as updates. Both image views pass the encoder one after the other, each with its own batch statistics, as in the reference; in
 * micro-batches these are statistics of a micro-batch.
 *
 * Source: docs/reference/rclip.md#losses.
 * @throws {ConfigError} for a model without a text encoder
 */
export function rclipLossFunction(
  config: RclipConfig,
  options: ContrastiveLossOptions & PassOptions,
): EmbeddingLoss {
  requireTextEncoder(config, 'train.trainRclip');
  return embeddingLoss({
    embed(ops, scope) {
      const { image, text, updates } = createEmbedder(config, options, ops, scope);
      const embeddings = {
        image: image('image'),
        imageView: image('imageView'),
        text: text(''),
        textView: text('View'),
      };
      return { embeddings, updates: updates() };
    },
    compare(ops, { embeddings, parameters }) {
      const logitScale = parameters.get('logitScale');
      const { total, ...parts } = contrastiveLosses(ops, embeddings, logitScale, options);
      return { loss: total, metrics: { ...parts, temperature: ops.exp(ops.neg(logitScale)) } };
    },
  });
}

/**
 * ConVIRT's loss of a batch of {@link convirtBatchInputs}, with its two parts as metrics.
 * @throws {ConfigError} for a model without a text encoder
 */
export function convirtLossFunction(
  config: RclipConfig,
  options: ConvirtLossOptions & PassOptions,
): EmbeddingLoss {
  requireTextEncoder(config, 'train.trainRclip');
  return embeddingLoss({
    embed(ops, scope) {
      const { image, text, updates } = createEmbedder(config, options, ops, scope);
      const embeddings = { image: image('image'), text: text('') };
      return { embeddings, updates: updates() };
    },
    compare(ops, { embeddings }) {
      const { total, ...metrics } = convirtLosses(ops, embeddings, options);
      return { loss: total, metrics: { ...metrics } };
    },
  });
}
