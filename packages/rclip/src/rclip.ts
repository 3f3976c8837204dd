/** Shape shorthand in this module: `B` images, `N` texts, `P` prompts, `S` side, `F` image features, `E` embedding, `L` labels. */
import { ConfigError, disposeSymbol, type AbortOptions } from '@crrg/core';
import { checkStateDict, type HostTensor } from '@crrg/tensor';
import { CompiledGraphs } from './compiled-graphs.js';
import { requireProbe, requireTextEncoder, type RclipConfig } from './config.js';
import type { Embeddings } from './embeddings.js';
import { runImages, runTexts, type EncodeOptions, type RclipOptions } from './encode.js';
import { explainLabel, labelScores, type Explanation, type LabelScore } from './probe.js';
import { rclipSpecs } from './specs.js';
import { requirePrompts, scorePrompts, type ScorePromptsOptions, type ZeroShotScores } from './zero-shot.js';

/** What the image encoder gives. */
export interface EncodedImages {
  /** Pooled features `[B, F]`, which probes are trained on. */
  readonly features: Embeddings;
  /** Embeddings of unit length `[B, E]`; undefined for a model without a text side. */
  readonly embeddings: Embeddings | undefined;
  /** Of the probe `[B, L]`, before any temperature; undefined for a model without one. */
  readonly logits: Embeddings | undefined;
}

/** A contrastive model with its compiled graphs. Each is compiled at its first use. Calls must not overlap. */
export interface Rclip extends Disposable {
  readonly config: RclipConfig;
  /**
   * Features and embeddings of images `[B, 3, S, S]`, normalised float32.
   * @throws {ShapeError} for another shape
   */
  encodeImage(images: HostTensor<'float32'>, options?: EncodeOptions): Promise<EncodedImages>;
  /**
   * Embeddings of unit length `[N, E]` of texts, in their order. Texts that are too long are cut, which `onWarning` hears of.
   * @throws {DataError} for no texts, or one without words
   * @throws {ConfigError} without a tokenizer or text encoder
   */
  encodeText(texts: readonly string[], options?: EncodeOptions): Promise<Embeddings>;
  /**
   * How well each prompt fits each image.
   * @throws {ConfigError} for fewer than two prompts, or equal ones
   * @throws {DataError} for an empty prompt
   */
  zeroShot(
    images: HostTensor<'float32'>,
    prompts: readonly string[],
    options?: EncodeOptions & ScorePromptsOptions,
  ): Promise<ZeroShotScores>;
  /**
   * What the probe says of each image, labels in the order of the configuration.
   * @throws {ConfigError} for a model without a probe
   */
  classify(images: HostTensor<'float32'>, options?: EncodeOptions): Promise<LabelScore[][]>;
  /**
   * Where the probe looked for a label in one image `[1, 3, S, S]` (Grad-CAM).
   * @throws {ConfigError} for a model without a probe, or a label that it does not have
   */
  explain(
    image: HostTensor<'float32'>,
    options?: AbortOptions & { /** @defaultValue the first label */ readonly label?: string | undefined },
  ): Promise<Explanation>;
  dispose(): void;
}

function checkOptions({ config, weights, tokenizer }: RclipOptions): void {
  checkStateDict(rclipSpecs(config), weights, 'rclip.createRclip');
  const vocabSize = config.textEncoder?.vocabSize ?? Infinity;
  if (tokenizer && tokenizer.vocabSize > vocabSize)
    throw new ConfigError(
      `rclip.createRclip: expected a tokenizer of at most ${vocabSize} tokens, got ${tokenizer.vocabSize}; use the vocabulary of this model.`,
    );
}

/**
 * A contrastive image and text model, ready for images, texts, zero-shot scores and, with a probe, classification.
 *
 * @throws {CheckpointError} where the weights do not fit the configuration
 * @throws {ConfigError} for a tokenizer of another model
 *
 * @example
 * ```ts
 * const model = createRclip({ config, weights, tokenizer, backend });
 * const { probabilities } = await model.zeroShot(images, PNEUMONIA_PROMPTS);
 * model.dispose();
 * ```
 */
export function createRclip(options: RclipOptions): Rclip {
  const { config, weights, backend } = options;
  checkOptions(options);
  const graphs = new CompiledGraphs({ config, weights, backend });
  const encodeImage: Rclip['encodeImage'] = async (images, callOptions = {}) => {
    const outputs = await runImages(graphs, config, 'rclip.encodeImage', images, callOptions);
    return { features: outputs['features']!, embeddings: outputs['embeddings'], logits: outputs['logits'] };
  };
  const encodeText: Rclip['encodeText'] = async (texts, callOptions = {}) =>
    runTexts(graphs, options, texts, callOptions);
  return {
    config,
    encodeImage,
    encodeText,
    async zeroShot(images, prompts, callOptions = {}) {
      const where = 'rclip.zeroShot';
      requireTextEncoder(config, where);
      requirePrompts(where, prompts);
      const { embeddings } = await encodeImage(images, callOptions);
      return scorePrompts(embeddings!, await encodeText(prompts, callOptions), callOptions);
    },
    async classify(images, callOptions = {}) {
      const probe = requireProbe(config, 'rclip.classify');
      const { logits } = await runImages(graphs, config, 'rclip.classify', images, callOptions);
      const labels = probe.labels.length;
      return Array.from({ length: images.shape[0]! }, (_, image) =>
        labelScores(logits!.data.subarray(image * labels, (image + 1) * labels), probe),
      );
    },
    explain: async (image, callOptions = {}) => explainLabel(graphs, config, image, callOptions),
    dispose: () => graphs.dispose(),
    [disposeSymbol]: () => graphs.dispose(),
  };
}
