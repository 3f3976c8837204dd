/**
 * BERT.
 *
 * Shape shorthand in this module: `B` texts, `T` tokens, `D` width, `H` heads, `E` width of a head.
 * Source: Devlin et al., 2019; the layers of Hugging Face's `BertModel`, pooled as CXR-CLIP's text encoder does.
 */
import { keepAll, linear, type Dropout, type Ops, type Parameters, type Tensor } from '@crrg/tensor';
import type { TextEncoderConfig } from '../config.js';

/** What is added to the score of a padding token; its softmax weight becomes exactly 0. */
const HIDDEN_SCORE = -10000;

/** Inputs of {@link encodeTokens}. */
export interface TokenInputs {
  /** int32 `[B, T]`. */
  readonly tokenIds: Tensor;
  /** float32 `[B, T]`: 1 for real tokens, 0 for the padding after them. */
  readonly attentionMask: Tensor;
  /** @defaultValue none: activations pass */
  readonly dropout?: Dropout | undefined;
}

function normalize(ops: Ops, parameters: Parameters, x: Tensor, config: TextEncoderConfig): Tensor {
  return ops.layerNorm(x, parameters.get('weight'), parameters.get('bias'), config.layerNormEpsilon);
}

function embed(ops: Ops, parameters: Parameters, tokenIds: Tensor, config: TextEncoderConfig): Tensor {
  const tokens = tokenIds.shape[1]!;
  const words = ops.gather(parameters.get('tokenTable.weight'), tokenIds, 0);
  const positions = ops.slice(parameters.get('positionTable.weight'), {
    axes: [0],
    starts: [0],
    ends: [tokens],
  });
  const types = ops.slice(parameters.get('typeTable.weight'), { axes: [0], starts: [0], ends: [1] });
  const sum = ops.add(ops.add(words, types), positions);
  return normalize(ops, parameters.scope('embeddingNorm'), sum, config);
}

/** `[B, T, D]` to `[B, H, T, E]`. */
function splitHeads(ops: Ops, x: Tensor, { numHeads, width }: TextEncoderConfig): Tensor {
  const [texts, tokens] = x.shape;
  return ops.transpose(ops.reshape(x, [texts!, tokens!, numHeads, width / numHeads]), [0, 2, 1, 3]);
}

interface LayerContext {
  readonly config: TextEncoderConfig;
  /** Added to the scores `[B, H, T, T]`. */
  readonly bias: Tensor;
  readonly dropout: Dropout;
  readonly name: string;
}

function attention(ops: Ops, parameters: Parameters, x: Tensor, context: LayerContext): Tensor {
  const { config, bias, dropout, name } = context;
  const part = (layer: string) => splitHeads(ops, linear(ops, parameters.scope(layer), x), config);
  const query = ops.mul(part('query'), 1 / Math.sqrt(config.width / config.numHeads));
  const scores = ops.add(ops.matmul(query, part('key'), { transposeB: true }), bias);
  const weights = dropout(ops.softmax(scores, -1), `${name}.attention.weights`);
  const mixed = ops.transpose(ops.matmul(weights, part('value')), [0, 2, 1, 3]);
  const joined = ops.reshape(mixed, x.shape);
  return dropout(linear(ops, parameters.scope('output'), joined), `${name}.attention.output`);
}

/** One post-norm layer, `[B, T, D]` to the same shape. */
function transformerLayer(ops: Ops, parameters: Parameters, x: Tensor, context: LayerContext): Tensor {
  const { config, dropout, name } = context;
  const attended = normalize(
    ops,
    parameters.scope('attentionNorm'),
    ops.add(x, attention(ops, parameters.scope('attention'), x, context)),
    config,
  );
  const ffn = parameters.scope('ffn');
  const hidden = ops.gelu(linear(ops, ffn.scope('expand'), attended));
  const reduced = dropout(linear(ops, ffn.scope('reduce'), hidden), `${name}.ffn`);
  return normalize(ops, parameters.scope('ffnNorm'), ops.add(attended, reduced), config);
}

/** Hidden states of the last layer, `[B, T, D]`. */
export function encodeTokens(
  ops: Ops,
  parameters: Parameters,
  { tokenIds, attentionMask, dropout = keepAll }: TokenInputs,
  config: TextEncoderConfig,
): Tensor {
  const [texts, tokens] = attentionMask.shape;
  const bias = ops.reshape(ops.mul(ops.sub(1, attentionMask), HIDDEN_SCORE), [texts!, 1, 1, tokens!]);
  let x = dropout(embed(ops, parameters, tokenIds, config), 'embeddings');
  for (let layer = 0; layer < config.numLayers; layer++) {
    const name = `layers.${layer}`;
    x = transformerLayer(ops, parameters.scope(name), x, { config, bias, dropout, name });
  }
  return x;
}

/** float32 `[B, T]`: 1 at the last real token of each text. */
function lastTokenMask(ops: Ops, attentionMask: Tensor): Tensor {
  const last = ops.sub(ops.sum(attentionMask, { axes: [1], keepDims: true }), 1);
  const position = ops.cast(ops.iota(attentionMask.shape[1]!), 'float32');
  return ops.cast(ops.equal(ops.reshape(position, [1, attentionMask.shape[1]!]), last), 'float32');
}

/** Text features `[B, D]` of hidden states `[B, T, D]`, as the configuration pools them. */
export function poolTokens(
  ops: Ops,
  hidden: Tensor,
  attentionMask: Tensor,
  { pooling }: Pick<TextEncoderConfig, 'pooling'>,
): Tensor {
  const [texts, tokens, width] = hidden.shape;
  if (pooling === 'bos') {
    const first = ops.slice(hidden, { axes: [1], starts: [0], ends: [1] });
    return ops.reshape(first, [texts!, width!]);
  }
  const count = ops.sum(attentionMask, { axes: [1], keepDims: true });
  const weights = pooling === 'mean' ? ops.div(attentionMask, count) : lastTokenMask(ops, attentionMask);
  return ops.reshape(ops.matmul(ops.reshape(weights, [texts!, 1, tokens!]), hidden), [texts!, width!]);
}

/** Text features `[B, D]` of token ids. */
export function encodeText(
  ops: Ops,
  parameters: Parameters,
  inputs: TokenInputs,
  config: TextEncoderConfig,
): Tensor {
  return poolTokens(ops, encodeTokens(ops, parameters, inputs, config), inputs.attentionMask, config);
}
