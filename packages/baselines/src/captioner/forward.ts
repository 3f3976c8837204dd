/**
 * Show and Tell and adaptive attention: a ResNet, an LSTM over words, a choice among words.
 *
 * Shape shorthand in this module: `B` captions, `S` side, `C` channels, `K` image cells, `T` words, `D` width of word vectors, `I` inputs of
 * a step, `H` width of the LSTM, `A` width of attention, `V` vocabulary.
 * Source: Vinyals et al., "Show and Tell", 2015, section 3; Lu et al., "Knowing When to Look", 2017, sections 2 and 3.
 */
import {
  crossEntropy,
  keepAll,
  linear,
  maskedMean,
  resnet,
  type Dropout,
  type NormalizationMode,
  type Ops,
  type Parameters,
  type Tensor,
} from '@crrg/tensor';
import { numCells, trunkChannels, trunkConfig, type CaptionerConfig } from './config.js';
import { lstm, type LstmState } from './lstm.js';
import { IMAGE_ENCODER } from './specs.js';

/** What the words see of an image. */
export interface ImageContext {
  /** `[B, D]`: the image embedding; `v^g` of equation 18 in adaptive attention. */
  readonly vector: Tensor;
  /** `[B, K, H]`: `V` of equation 17. Undefined in Show and Tell. */
  readonly cells: Tensor | undefined;
}

/** `x W^T` without bias. */
const project = (ops: Ops, parameters: Parameters, x: Tensor) =>
  ops.matmul(x, parameters.get('weight'), { transposeB: true });

/** Context of images `[B, 3, S, S]`. */
export function encodeImages(
  ops: Ops,
  parameters: Parameters,
  images: Tensor,
  config: CaptionerConfig,
  mode?: NormalizationMode,
): ImageContext {
  const trunk = parameters.scope(IMAGE_ENCODER);
  const map = resnet(ops, trunk, images, trunkConfig(config), IMAGE_ENCODER, mode);
  const vector = linear(ops, parameters.scope('imageVector'), ops.mean(map, { axes: [2, 3] }));
  if (config.kind === 'show-and-tell') return { vector, cells: undefined };
  const rows = ops.transpose(
    ops.reshape(map, [images.shape[0]!, trunkChannels(config), numCells(config)]),
    [0, 2, 1],
  );
  return {
    vector: ops.relu(vector),
    cells: ops.relu(linear(ops, parameters.scope('cellVectors'), rows)),
  };
}

/** What the LSTM remembers before the first word: nothing, or in Show and Tell the image, which is its first input. */
export function startState(
  ops: Ops,
  parameters: Parameters,
  { vector }: ImageContext,
  { kind, width, embeddingDim }: CaptionerConfig,
): LstmState {
  const batch = vector.shape[0]!;
  const nothing = ops.zeros([batch, width]);
  const empty = { hidden: nothing, cell: nothing };
  if (kind === 'ada-att') return empty;
  return lstm(ops, parameters.scope('lstm'), ops.reshape(vector, [batch, 1, embeddingDim]), empty)[0]!;
}

/** States `[B, H]` of consecutive steps as `[B, T, H]`. */
function stack(ops: Ops, steps: readonly Tensor[]): Tensor {
  const rows = steps.map((step) => ops.reshape(step, [step.shape[0]!, 1, step.shape[1]!]));
  return ops.concat(rows, 1);
}

/** What adaptive attention looks with, `[B, T, ..]` each. */
interface Look {
  readonly inputs: Tensor;
  readonly hiddenBefore: Tensor;
  readonly hidden: Tensor;
  readonly cell: Tensor;
  /** `[B, K, H]`. */
  readonly cells: Tensor;
}

/** `c-hat_t` of equation 11 `[B, T, H]`: what the image and the memory say, by the weights of equation 12. */
function attend(
  ops: Ops,
  parameters: Parameters,
  { inputs, hiddenBefore, hidden, cell, cells }: Look,
  { attentionDim }: CaptionerConfig,
): Tensor {
  const [batch, numRows] = cells.shape;
  const steps = hidden.shape[1]!;
  const sentinelScope = parameters.scope('sentinel');
  const gate = ops.sigmoid(
    ops.add(
      project(ops, sentinelScope.scope('input'), inputs),
      project(ops, sentinelScope.scope('state'), hiddenBefore),
    ),
  );
  const sentinel = ops.mul(gate, ops.tanh(cell));
  const attention = parameters.scope('attention');
  const state = project(ops, attention.scope('state'), hidden);
  const seen = ops.add(
    ops.reshape(project(ops, attention.scope('cells'), cells), [batch!, 1, numRows!, attentionDim]),
    ops.reshape(state, [batch!, steps, 1, attentionDim]),
  );
  const cellScores = project(ops, attention.scope('score'), ops.tanh(seen));
  const remembered = ops.tanh(ops.add(project(ops, attention.scope('sentinel'), sentinel), state));
  const sentinelScore = project(ops, attention.scope('score'), remembered);
  const weights = ops.softmax(
    ops.concat([ops.reshape(cellScores, [batch!, steps, numRows!]), sentinelScore], 2),
    2,
  );
  const weightsOf = (start: number, end: number) =>
    ops.slice(weights, { axes: [2], starts: [start], ends: [end] });
  const last = numRows as number;
  return ops.add(ops.matmul(weightsOf(0, last), cells), ops.mul(weightsOf(last, last + 1), sentinel));
}

/** Inputs of {@link predictWords}. */
export interface WordInputs {
  readonly context: ImageContext;
  /** int32 `[B, T]`: the words so far, the beginning first; T is a number. */
  readonly wordIds: Tensor;
  /** Before the first of them. */
  readonly state: LstmState;
  /** @defaultValue none: activations pass */
  readonly dropout?: Dropout | undefined;
}

/** Logits `[B, T, V]` of the word after each, and the state after the last: for a whole caption as for one step of writing. */
export function predictWords(
  ops: Ops,
  parameters: Parameters,
  { context, wordIds, state, dropout = keepAll }: WordInputs,
  config: CaptionerConfig,
): { readonly logits: Tensor; readonly state: LstmState } {
  const [batch, steps] = wordIds.shape;
  const words = dropout(ops.gather(parameters.get('wordTable.weight'), wordIds, 0), 'words');
  const { vector, cells } = context;
  const shape = [batch!, steps!, config.embeddingDim];
  const spread = () => ops.broadcastTo(ops.reshape(vector, [batch!, 1, config.embeddingDim]), shape);
  const inputs = cells ? ops.concat([words, spread()], 2) : words;
  const states = lstm(ops, parameters.scope('lstm'), inputs, state);
  const hidden = stack(
    ops,
    states.map((each) => each.hidden),
  );
  const look = () => ({
    inputs,
    hiddenBefore: stack(
      ops,
      [state, ...states.slice(0, -1)].map((each) => each.hidden),
    ),
    hidden,
    cell: stack(
      ops,
      states.map((each) => each.cell),
    ),
    cells: cells!,
  });
  const said = cells ? ops.add(attend(ops, parameters, look(), config), hidden) : hidden;
  return { logits: linear(ops, parameters.scope('head'), dropout(said, 'head')), state: states.at(-1)! };
}

/** Inputs of {@link captionLoss}. */
export interface CaptionInputs {
  /** `[B, 3, S, S]`. */
  readonly images: Tensor;
  /** int32 `[B, T]`: the beginning and the words. */
  readonly wordIds: Tensor;
  /** int32 `[B, T]`: the word after each; the end last. */
  readonly nextIds: Tensor;
  /** float32 `[B, T]`: 1 where `nextIds` is part of the caption, 0 for padding. */
  readonly mask: Tensor;
  readonly dropout?: Dropout | undefined;
}

/** Mean cross-entropy of the next words, the end of the captions included, as a scalar. */
export function captionLoss(
  ops: Ops,
  parameters: Parameters,
  { images, wordIds, nextIds, mask, dropout }: CaptionInputs,
  config: CaptionerConfig,
  mode?: NormalizationMode,
): Tensor {
  const context = encodeImages(ops, parameters, images, config, mode);
  const state = startState(ops, parameters, context, config);
  const { logits } = predictWords(ops, parameters, { context, wordIds, state, dropout }, config);
  return maskedMean(ops, crossEntropy(ops, logits, nextIds), mask);
}
