/** Host side of the encoders. Shape shorthand: `B` images, `N` texts, `S` side, `E` embedding. */
import { ConfigError, ShapeError, type AbortOptions, type WarningListener } from '@crrg/core';
import { float32, runToHost, type Backend, type HostTensor, type StateDict } from '@crrg/tensor';
import type { CompiledGraphs } from './compiled-graphs.js';
import { requireTextEncoder, type RclipConfig } from './config.js';
import type { Embeddings } from './embeddings.js';
import { batchTexts, encodeTexts, type TextTokenizer } from './text-batches.js';

/** What `createRclip` needs. */
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

const BATCH_SIZE = 8;

/** The number of images. @throws {ShapeError} for another shape than `[B, 3, S, S]` */
export function requireImages(
  where: string,
  { imageEncoder }: RclipConfig,
  images: HostTensor<'float32'>,
): number {
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
export async function runImages(
  graphs: CompiledGraphs,
  config: RclipConfig,
  where: string,
  images: HostTensor<'float32'>,
  { batchSize = BATCH_SIZE, signal }: EncodeOptions,
): Promise<Record<string, Embeddings>> {
  const count = requireImages(where, config, images);
  requireBatchSize(where, batchSize);
  signal?.throwIfAborted();
  const stage = await graphs.get('image');
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

/** Embeddings `[N, E]` of texts, in their order. */
export async function runTexts(
  graphs: CompiledGraphs,
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
  const stage = await graphs.get('text');
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
