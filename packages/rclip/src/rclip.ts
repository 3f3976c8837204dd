/** Shape shorthand in this module: `B` images, `N` texts, `P` prompts, `S` side, `F` image features, `E` embedding, `L` labels. */
import { ConfigError, ShapeError, disposeSymbol, type AbortOptions, type WarningListener } from '@crrg/core';
import {
  checkStateDict,
  float32,
  runToHost,
  type Backend,
  type HostTensor,
  type StateDict,
} from '@crrg/tensor';
import { toProbability } from './calibration.js';
import type { RclipConfig } from './config.js';
import type { Embeddings } from './embeddings.js';
import { rclipSpecs } from './specs.js';
import { Stages, requireProbe, requireTextEncoder } from './stages.js';
import { batchTexts, encodeTexts, type TextTokenizer } from './text-batches.js';
import { requirePrompts, scorePrompts, type ScorePromptsOptions, type ZeroShotScores } from './zero-shot.js';

/** What {@link createRclip} needs. */
export interface RclipOptions {
  readonly config: RclipConfig;
  /** All parameters of `rclipSpecs(config)`, and no others. Must stay unchanged while the model lives. */
  readonly weights: StateDict;
  /** Stays the caller's. */
  readonly backend: Backend;
  /** Needed for texts; images work without. @defaultValue none */
  readonly tokenizer?: TextTokenizer | undefined;
  /** Hears of texts that were cut. */
  readonly onWarning?: WarningListener | undefined;
}

/** Options of calls that take many images or texts. */
export interface EncodeOptions extends AbortOptions {
  /** Images or texts that run together. @defaultValue 8 */
  readonly batchSize?: number | undefined;
}

/** What the image encoder gives. */
export interface EncodedImages {
  /** Pooled features `[B, F]`, which probes are trained on. */
  readonly features: Embeddings;
  /** Embeddings of unit length `[B, E]`; undefined for a model without a text side. */
  readonly embeddings: Embeddings | undefined;
}

/** What the probe says of one label of one image. */
export interface LabelScore {
  readonly label: string;
  /** In [0, 1]; calibrated where the model's temperatures are. */
  readonly probability: number;
  readonly threshold: number;
  /** True where the probability is above the threshold. */
  readonly positive: boolean;
}

/** Where the probe looked. */
export interface Explanation {
  readonly label: string;
  readonly probability: number;
  /** Cells of the heat map. */
  readonly height: number;
  readonly width: number;
  /** `[height, width]` over the network's square input, row-major, in [0, 1] with the largest cell 1; all 0 where nothing speaks for the label. */
  readonly heatmap: Float32Array;
}

/** A contrastive model with its compiled stages. Each is compiled at its first use. Calls must not overlap. */
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

const BATCH_SIZE = 8;

function requireImages(where: string, { imageEncoder }: RclipConfig, images: HostTensor<'float32'>): number {
  const side = imageEncoder.imageSize;
  const [batch, ...rest] = images.shape;
  if (batch !== undefined && batch > 0 && rest.join() === [3, side, side].join()) return batch;
  throw new ShapeError(
    `${where}: images must be [B, 3, ${side}, ${side}], got [${images.shape.join(', ')}]; resize, crop and normalise them as the model's preprocessing says.`,
  );
}

function requireBatchSize(where: string, batchSize: number): void {
  if (Number.isSafeInteger(batchSize) && batchSize > 0) return;
  throw new ConfigError(
    `${where}: expected batchSize to be a positive integer, got ${batchSize}; leave it out for 8.`,
  );
}

/** Rows `start` to `end` of the first axis. */
function sliceRows(
  { shape, data }: HostTensor<'float32'>,
  start: number,
  end: number,
): HostTensor<'float32'> {
  const width = data.length / shape[0]!;
  return float32([end - start, ...shape.slice(1)], data.subarray(start * width, end * width));
}

/** Outputs of the image stage for all images, `[B, width]` each. */
async function runImages(
  stages: Stages,
  config: RclipConfig,
  where: string,
  images: HostTensor<'float32'>,
  { batchSize = BATCH_SIZE, signal }: EncodeOptions,
): Promise<Record<string, Embeddings>> {
  const count = requireImages(where, config, images);
  requireBatchSize(where, batchSize);
  signal?.throwIfAborted();
  const stage = await stages.get('image');
  const parts: Record<string, Float32Array[]> = {};
  for (let start = 0; start < count; start += batchSize) {
    signal?.throwIfAborted();
    const outputs = await runToHost(stage, {
      images: sliceRows(images, start, Math.min(start + batchSize, count)),
    });
    for (const [name, { data }] of Object.entries(outputs)) (parts[name] ??= []).push(data as Float32Array);
  }
  return Object.fromEntries(Object.entries(parts).map(([name, chunks]) => [name, joinRows(chunks, count)]));
}

function joinRows(chunks: readonly Float32Array[], rows: number): Embeddings {
  const data = new Float32Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    data.set(chunk, at);
    at += chunk.length;
  }
  return float32([rows, data.length / rows], data);
}

async function runTexts(
  stages: Stages,
  { config, tokenizer, onWarning }: RclipOptions,
  texts: readonly string[],
  { batchSize = BATCH_SIZE, signal }: EncodeOptions,
): Promise<Embeddings> {
  const where = 'rclip.encodeText';
  const { maxLength } = requireTextEncoder(config, where);
  requireBatchSize(where, batchSize);
  if (!tokenizer) throw new ConfigError(`${where}: expected a tokenizer, got none; pass one to createRclip.`);
  const encoded = encodeTexts(texts, tokenizer, { maxLength, onWarning });
  signal?.throwIfAborted();
  const stage = await stages.get('text');
  const width = config.embeddingDim;
  const data = new Float32Array(texts.length * width);
  for (const { rows, tokenIds, attentionMask } of batchTexts(encoded, batchSize, tokenizer.padTokenId)) {
    signal?.throwIfAborted();
    const { embeddings } = await runToHost(stage, { tokenIds, attentionMask });
    rows.forEach((row, index) =>
      data.set(embeddings!.data.subarray(index * width, (index + 1) * width), row * width),
    );
  }
  return float32([texts.length, width], data);
}

/** Scores of every label from the logits `[L]` of one image. */
export function labelScores(logits: Float32Array, probe: NonNullable<RclipConfig['probe']>): LabelScore[] {
  return probe.labels.map((label, index) => {
    const probability = toProbability(logits[index]!, probe.temperatures[index]!);
    const threshold = probe.thresholds[index]!;
    return { label, probability, threshold, positive: probability > threshold };
  });
}

async function explain(
  stages: Stages,
  config: RclipConfig,
  image: HostTensor<'float32'>,
  { label, signal }: AbortOptions & { readonly label?: string | undefined },
): Promise<Explanation> {
  const where = 'rclip.explain';
  const probe = requireProbe(config, where);
  if (requireImages(where, config, image) !== 1)
    throw new ShapeError(`${where}: expected one image, got ${image.shape[0]}; explain them one by one.`);
  const index = label === undefined ? 0 : probe.labels.indexOf(label);
  if (index < 0)
    throw new ConfigError(
      `${where}: expected one of ${probe.labels.join(', ')}, got ${JSON.stringify(label)}; name a label of this model.`,
    );
  signal?.throwIfAborted();
  const selection = new Float32Array(probe.labels.length);
  selection[index] = 1;
  const outputs = await runToHost(await stages.get('explanation'), {
    images: image,
    selection: float32([1, selection.length], selection),
  });
  const { shape } = outputs['heatmap']!;
  const data = outputs['heatmap']!.data as Float32Array;
  const largest = data.reduce((a, b) => Math.max(a, b), 0);
  const [, height, width] = shape as [number, number, number];
  return {
    label: probe.labels[index]!,
    probability: toProbability(outputs['logits']!.data[index]!, probe.temperatures[index]!),
    height,
    width,
    heatmap: Float32Array.from(data, (value) => (largest > 0 ? value / largest : 0)),
  };
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
  const stages = new Stages({ config, weights, backend });
  const encodeImage: Rclip['encodeImage'] = async (images, callOptions = {}) => {
    const outputs = await runImages(stages, config, 'rclip.encodeImage', images, callOptions);
    return { features: outputs['features']!, embeddings: outputs['embeddings'] };
  };
  const encodeText: Rclip['encodeText'] = async (texts, callOptions = {}) =>
    runTexts(stages, options, texts, callOptions);
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
      const { logits } = await runImages(stages, config, 'rclip.classify', images, callOptions);
      const labels = probe.labels.length;
      return Array.from({ length: images.shape[0]! }, (_, image) =>
        labelScores(logits!.data.subarray(image * labels, (image + 1) * labels), probe),
      );
    },
    explain: async (image, callOptions = {}) => explain(stages, config, image, callOptions),
    dispose: () => stages.dispose(),
    [disposeSymbol]: () => stages.dispose(),
  };
}
