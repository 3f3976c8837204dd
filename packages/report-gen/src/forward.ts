/**
 * GPT-2 with pseudo self-attention: in each layer the image gives one extra key and value that every token sees.
 *
 * Shape shorthand in this module: `S` sequences, `T` tokens, `D` width, `H` heads, `E` width of a head, `F` width of a region
 * feature, `V` vocabulary.
 * Source: RGRG's `language_model.py`; pseudo self-attention of Ziegler et al., 2019.
 */
import {
  addDims,
  crossEntropy,
  keepAll,
  linear,
  maskedMean,
  type Dropout,
  type Ops,
  type Parameters,
  type Shape,
  type Tensor,
} from '@crrg/tensor';
import type { ReportGenConfig } from './config.js';

/** What is added to the score of a key that a query must not see; the reference's value (its softmax weight is exactly 0). */
export const HIDDEN_SCORE = -10000;

/** Keys or values of one layer, `[S, H, L, E]`. */
export interface KeyValue {
  readonly key: Tensor;
  readonly value: Tensor;
}

/** Inputs of {@link languageModel}. */
export interface LanguageModelInputs {
  /** int32 `[S, T]`. */
  readonly tokenIds: Tensor;
  /** float32 `[S, T]`: 1 for real tokens, 0 for padding. */
  readonly attentionMask: Tensor;
  /** `[S, F]`. */
  readonly regionFeatures: Tensor;
  /** int32 `[S, T]`. @defaultValue 0 .. T-1 in every row */
  readonly positionIds?: Tensor | undefined;
  /** @defaultValue none: activations pass */
  readonly dropout?: Dropout | undefined;
}

/** Results of {@link languageModel}. */
export interface LanguageModelOutputs {
  /** `[S, T, V]`. */
  readonly logits: Tensor;
  /** Keys and values per layer `[S, H, 1+T, E]`, the image's first. */
  readonly kvCache: readonly KeyValue[];
}

/** GPT-2's "Conv1D": `x W + b` with `W` `[in, out]`. */
function project(ops: Ops, parameters: Parameters, x: Tensor): Tensor {
  return ops.add(ops.matmul(x, parameters.get('weight')), parameters.get('bias'));
}

function normalize(
  ops: Ops,
  parameters: Parameters,
  x: Tensor,
  { layerNormEpsilon }: ReportGenConfig,
): Tensor {
  return ops.layerNorm(x, parameters.get('weight'), parameters.get('bias'), layerNormEpsilon);
}

/** `[S, T, D]` to `[S, H, T, E]`. */
function splitHeads(ops: Ops, x: Tensor, { numHeads, width }: ReportGenConfig): Tensor {
  const [sequences, tokens] = x.shape;
  const headWidth = width / numHeads;
  if (tokens === 1) return ops.reshape(x, [sequences!, numHeads, 1, headWidth]);
  return ops.transpose(ops.reshape(x, [sequences!, tokens!, numHeads, headWidth]), [0, 2, 1, 3]);
}

/** `[S, H, T, E]` to `[S, T, D]`. */
function joinHeads(ops: Ops, x: Tensor, { width }: ReportGenConfig): Tensor {
  const [sequences, , tokens] = x.shape;
  return ops.reshape(ops.transpose(x, [0, 2, 1, 3]), [sequences!, tokens!, width]);
}

/** The region features as the layers read them: `[S, F]` to `[S, D]`. */
export function transformRegionFeatures(ops: Ops, parameters: Parameters, regionFeatures: Tensor): Tensor {
  const mlp = parameters.scope('featureMlp');
  return linear(ops, mlp.scope('fc2'), ops.relu(linear(ops, mlp.scope('fc1'), regionFeatures)));
}

/** The image's key and value in one layer `[S, H, 1, E]`, from transformed features `[S, D]`. */
export function imageKeyValue(
  ops: Ops,
  parameters: Parameters,
  transformed: Tensor,
  layer: number,
  config: ReportGenConfig,
): KeyValue {
  const attention = parameters.scope(`layers.${layer}.attention`);
  const shape = [transformed.shape[0]!, config.numHeads, 1, config.width / config.numHeads];
  return {
    key: ops.reshape(linear(ops, attention.scope('imageKey'), transformed), shape),
    value: ops.reshape(linear(ops, attention.scope('imageValue'), transformed), shape),
  };
}

/** Token vectors plus position vectors `[S, T, D]`. The public weights look positions up in the token table: docs/reference/traps.md#t2. */
export function embed(
  ops: Ops,
  parameters: Parameters,
  tokenIds: Tensor,
  positionIds: Tensor,
  { positionTable }: ReportGenConfig,
): Tensor {
  const tokens = parameters.get('tokenTable.weight');
  const positions = positionTable === 'token' ? tokens : parameters.get('positionTable.weight');
  return ops.add(ops.gather(tokens, tokenIds, 0), ops.gather(positions, positionIds, 0));
}

/** Settings of {@link transformerLayer}. */
export interface LayerContext {
  readonly config: ReportGenConfig;
  readonly layer: number;
  /** What queries `[S, T, D]`, not scaled, read `[S, T, D]`, given the keys and values of `x`. */
  readonly attend: (query: Tensor, own: KeyValue) => Tensor;
  readonly dropout?: Dropout | undefined;
  /** Sequences and tokens, where `x` is `[S*T, D]`, which spares products of few rows a reshape. @defaultValue the first axes of `x` */
  readonly tokens?: Shape | undefined;
}

/** Columns of several blocks, one after the other. */
export function appendColumns(ops: Ops, blocks: readonly KeyValue[]): KeyValue {
  return {
    key: ops.concat(
      blocks.map(({ key }) => key),
      2,
    ),
    value: ops.concat(
      blocks.map(({ value }) => value),
      2,
    ),
  };
}

/** What products of queries and keys are multiplied by. */
export function attentionScale({ width, numHeads }: ReportGenConfig): number {
  return 1 / Math.sqrt(width / numHeads);
}

/** One pre-norm layer: `x [S, T, D]` or `[S*T, D]` to the same shape, with the keys and values of `x`. */
export function transformerLayer(
  ops: Ops,
  parameters: Parameters,
  x: Tensor,
  context: LayerContext,
): { readonly x: Tensor; readonly own: KeyValue } {
  const { config, layer, attend, dropout = keepAll, tokens = x.shape.slice(0, -1) } = context;
  const scope = parameters.scope(`layers.${layer}`);
  const attention = scope.scope('attention');
  const qkv = ops.reshape(
    project(ops, attention.scope('qkv'), normalize(ops, scope.scope('attentionNorm'), x, config)),
    [...tokens, 3 * config.width],
  );
  const part = (index: number) =>
    ops.slice(qkv, { axes: [2], starts: [index * config.width], ends: [(index + 1) * config.width] });
  const own: KeyValue = { key: splitHeads(ops, part(1), config), value: splitHeads(ops, part(2), config) };
  const mixed = ops.reshape(attend(part(0), own), x.shape);
  const attended = ops.add(
    x,
    dropout(project(ops, attention.scope('output'), mixed), `layers.${layer}.attention.output`),
  );
  const ffn = scope.scope('ffn');
  const hidden = ops.geluTanh(
    project(ops, ffn.scope('expand'), normalize(ops, scope.scope('ffnNorm'), attended, config)),
  );
  const reduced = dropout(project(ops, ffn.scope('reduce'), hidden), `layers.${layer}.ffn`);
  return { x: ops.add(attended, reduced), own };
}

/** Logits `[.., V]` of the last layer's output `[.., D]`: final norm and the token table as head. */
export function languageHead(ops: Ops, parameters: Parameters, x: Tensor, config: ReportGenConfig): Tensor {
  const normalized = normalize(ops, parameters.scope('finalNorm'), x, config);
  return ops.matmul(normalized, parameters.get('tokenTable.weight'), { transposeB: true });
}

/** Causal and padding mask over scores `[S, H, T, 1+T]`; the image's column stays visible. */
function sequenceMask(ops: Ops, attentionMask: Tensor): (scores: Tensor) => Tensor {
  const [sequences, tokens] = attentionMask.shape;
  const columns = addDims(tokens!, 1);
  const query = ops.reshape(ops.iota(tokens!), [1, 1, tokens!, 1]);
  const column = ops.reshape(ops.iota(columns), [1, 1, 1, columns]);
  const isFuture = ops.less(ops.add(query, 1), column);
  const padding = ops.mul(
    ops.sub(
      1,
      ops.pad(
        attentionMask,
        [
          [0, 0],
          [1, 0],
        ],
        1,
      ),
    ),
    HIDDEN_SCORE,
  );
  return (scores) =>
    ops.add(ops.where(isFuture, HIDDEN_SCORE, scores), ops.reshape(padding, [sequences!, 1, 1, columns]));
}

/** Attention over whole sequences, with dropout of its weights; every key that is seen is in one block. */
function attendWhole(
  ops: Ops,
  query: Tensor,
  { key, value }: KeyValue,
  config: ReportGenConfig,
  change: (scores: Tensor) => Tensor,
): Tensor {
  const scaled = ops.mul(splitHeads(ops, query, config), attentionScale(config));
  const weights = change(ops.matmul(scaled, key, { transposeB: true }));
  return joinHeads(ops, ops.matmul(weights, value), config);
}

/** The whole network over whole sequences, for training and scoring; padding may be on either side. */
export function languageModel(
  ops: Ops,
  parameters: Parameters,
  inputs: LanguageModelInputs,
  config: ReportGenConfig,
): LanguageModelOutputs {
  const { tokenIds, attentionMask, regionFeatures, dropout = keepAll } = inputs;
  const positionIds =
    inputs.positionIds ?? ops.reshape(ops.iota(tokenIds.shape[1]!), [1, tokenIds.shape[1]!]);
  const transformed = transformRegionFeatures(ops, parameters, regionFeatures);
  const mask = sequenceMask(ops, attentionMask);
  const kvCache: KeyValue[] = [];
  let x = dropout(embed(ops, parameters, tokenIds, positionIds, config), 'embedding');
  for (let layer = 0; layer < config.numLayers; layer++) {
    const image = imageKeyValue(ops, parameters, transformed, layer, config);
    const toWeights = (scores: Tensor) =>
      dropout(ops.softmax(mask(scores), -1), `layers.${layer}.attention.weights`);
    const attend = (query: Tensor, own: KeyValue) => {
      const present = appendColumns(ops, [image, own]);
      kvCache.push(present);
      return attendWhole(ops, query, present, config, toWeights);
    };
    x = transformerLayer(ops, parameters, x, { config, layer, attend, dropout }).x;
  }
  return { logits: languageHead(ops, parameters, x, config), kvCache };
}

/**
 * Mean cross-entropy of predicting each next real token, as a scalar; 0 where no row has two real tokens.
 *
 * Padding is told apart by the mask, not by its id: the end of a text has the same id and must be learned.
 * @param logits `[S, T, V]`
 * @param tokenIds int32 `[S, T]`
 * @param attentionMask float32 `[S, T]`
 */
export function languageModelLoss(ops: Ops, logits: Tensor, tokenIds: Tensor, attentionMask: Tensor): Tensor {
  const tokens = tokenIds.shape[1]!;
  const last = addDims(tokens, -1);
  const shift = (x: Tensor, start: number, end: typeof tokens) =>
    ops.slice(x, { axes: [1], starts: [start], ends: [end] });
  const losses = crossEntropy(ops, shift(logits, 0, last), shift(tokenIds, 1, tokens));
  return maskedMean(ops, losses, shift(attentionMask, 1, tokens));
}
