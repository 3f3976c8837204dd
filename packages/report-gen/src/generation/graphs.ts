/**
 * The graphs of generation.
 *
 * The cache of keys and values only grows: every step appends one column per live beam, and beams of one sequence share the
 * columns before they parted. Which columns a beam may see is a mask made by the host, so that following another beam moves no
 * data. The columns are in two blocks: a step gives back the short recent one only, and {@link traceCompaction} now and then moves it to
 * the past, dropping finished sequences and columns that no live beam sees; where none is to be dropped, {@link traceMerge} does it in one pass.
 *
 * Shape shorthand in this module: `S` sequences, `Q` live beams of each, `L` past and `R` recent columns, `H` heads, `E` width of a head,
 * `T` tokens of one run,
 * `K` candidates, `F` width of a region feature.
 */
import {
  addDims,
  int32,
  mulDims,
  symbol,
  trace,
  type Dim,
  type Graph,
  type InputSpec,
  type Ops,
  type Parameters,
  type Tensor,
} from '@crrg/tensor';
import type { ReportGenConfig } from '../config.js';
import {
  appendColumns,
  attentionScale,
  embed,
  imageKeyValue,
  languageHead,
  transformRegionFeatures,
  transformerLayer,
  type KeyValue,
} from '../forward.js';
import { baseSpecs, imageSpecs } from '../specs.js';

/** A block of the cache: `past [S, H, L, E]`, `recent [S, H, R, E]`. */
export type CacheBlock = 'past' | 'recent';

/** Names of a block's tensors, which graphs take and give. */
export function blockNames({ numLayers }: ReportGenConfig, block: CacheBlock): string[] {
  return Array.from({ length: numLayers }, (_, layer) => [
    `${block}Key${layer}`,
    `${block}Value${layer}`,
  ]).flat();
}

function cacheSpecs(config: ReportGenConfig): Record<string, InputSpec> {
  const spec = (columns: string): InputSpec => ({
    shape: ['S', config.numHeads, columns, config.width / config.numHeads],
  });
  const entries = (block: CacheBlock, columns: string) =>
    blockNames(config, block).map((name) => [name, spec(columns)] as const);
  return Object.fromEntries([...entries('past', 'L'), ...entries('recent', 'R')]);
}

function blockOf(inputs: Readonly<Record<string, Tensor>>, block: CacheBlock, layer: number): KeyValue {
  return { key: inputs[`${block}Key${layer}`]!, value: inputs[`${block}Value${layer}`]! };
}

/** Columns of a block from `start` on. */
function takeColumns(ops: Ops, block: KeyValue, start: Dim, end: Dim): KeyValue {
  return both(block, (x) => ops.slice(x, { axes: [2], starts: [start], ends: [end] }));
}

function both({ key, value }: KeyValue, change: (x: Tensor) => Tensor): KeyValue {
  return { key: change(key), value: change(value) };
}

function blockOutputs(block: CacheBlock, layers: readonly KeyValue[]): Record<string, Tensor> {
  return Object.fromEntries(
    layers.flatMap(({ key, value }, layer) => [
      [`${block}Key${layer}`, key],
      [`${block}Value${layer}`, value],
    ]),
  );
}

/**
 * Input `regionFeatures [S, F]`; outputs the image's column of every layer, `[S, H, 1, E]`, as past and, since no block may be empty, as
 * recent, where it must be hidden. Run once per region.
 */
export function tracePrefill(config: ReportGenConfig): Graph {
  return trace(
    {
      inputs: { regionFeatures: { shape: ['S', config.regionFeatureDim] } },
      parameters: imageSpecs(config),
    },
    (ops, { inputs, parameters }) => {
      const transformed = transformRegionFeatures(ops, parameters, inputs['regionFeatures']!);
      const layers = Array.from({ length: config.numLayers }, (_, layer) =>
        imageKeyValue(ops, parameters, transformed, layer, config),
      );
      return { ...blockOutputs('past', layers), ...blockOutputs('recent', layers) };
    },
  );
}

/** One step, given its bias `[S, 1, Q, C]` and which blocks the queries of a layer see, of the step's own columns. */
interface StepInputs {
  readonly tokenIds: Tensor;
  readonly positionId: Tensor;
  readonly bias: Tensor;
  readonly blocksOf: (layer: number, own: KeyValue) => readonly KeyValue[];
}

/** The likeliest `numCandidates` tokens after each of `tokenIds [S, Q]`, with their log-probabilities: both `[S, Q, K]`. */
function decodeTokens(
  ops: Ops,
  parameters: Parameters,
  config: ReportGenConfig,
  { tokenIds, positionId, bias, blocksOf }: StepInputs,
  numCandidates: number,
): { readonly candidateIds: Tensor; readonly candidateLogProbs: Tensor } {
  const tokens = tokenIds.shape;
  const embedded = embed(ops, parameters, tokenIds, positionId, config);
  let x = ops.reshape(embedded, [mulDims(...tokens), config.width]);
  for (let layer = 0; layer < config.numLayers; layer++) {
    const attend = (query: Tensor, own: KeyValue) =>
      ops.attention(query, blocksOf(layer, own), bias, attentionScale(config));
    x = transformerLayer(ops, parameters, x, { config, layer, attend, tokens }).x;
  }
  const logits = ops.reshape(languageHead(ops, parameters, x, config), [...tokens, config.vocabSize]);
  const candidateIds = ops.topKIndices(logits, numCandidates);
  return {
    candidateIds,
    candidateLogProbs: ops.gatherElements(ops.logSoftmax(logits, -1), candidateIds, -1),
  };
}

/** Inputs of steps that append `own` columns a sequence for `beams` beams. */
function stepSpecs(config: ReportGenConfig, beams: Dim, own: Dim): Record<string, InputSpec> {
  return {
    tokenIds: { shape: ['S', beams], dtype: 'int32' },
    positionId: { shape: [1, 1], dtype: 'int32' },
    visibility: { shape: ['S', beams, addDims(symbol('L'), symbol('R'), own)] },
    ...cacheSpecs(config),
  };
}

/** What is added to scores, of `visibility [S, Q, C]`: `[S, 1, Q, C]`. */
function biasOf(ops: Ops, visibility: Tensor): Tensor {
  const [sequences, ...rest] = visibility.shape;
  return ops.reshape(visibility, [sequences!, 1, ...rest]);
}

/**
 * One token for every live beam.
 *
 * Inputs: `tokenIds` int32 `[S, Q]`; `positionId` int32 `[1, 1]`, the number of previous tokens; `visibility` `[S, Q, L+R+Q]`, 0
 * where a beam sees a column and {@link HIDDEN_SCORE} elsewhere; both blocks of the cache.
 * Outputs: `candidateIds` int32 and `candidateLogProbs` `[S, Q, K]`, likeliest first; the recent block `[S, H, R+Q, E]`.
 * @param numCandidates `K`
 */
export function traceDecodeStep(config: ReportGenConfig, numCandidates: number): Graph {
  return trace(
    { inputs: stepSpecs(config, symbol('Q'), symbol('Q')), parameters: baseSpecs(config) },
    (ops, { inputs, parameters }) => {
      const recent: KeyValue[] = [];
      const step: StepInputs = {
        tokenIds: inputs['tokenIds']!,
        positionId: inputs['positionId']!,
        bias: biasOf(ops, inputs['visibility']!),
        blocksOf: (layer, own) => {
          recent[layer] = appendColumns(ops, [blockOf(inputs, 'recent', layer), own]);
          return [blockOf(inputs, 'past', layer), recent[layer]];
        },
      };
      return {
        ...decodeTokens(ops, parameters, config, step, numCandidates),
        ...blockOutputs('recent', recent),
      };
    },
  );
}

/**
 * Tokens of one run, where a run costs much by itself. Measured for the full-size model on an NVIDIA H200, through ONNX Runtime's WebGPU
 * provider in Node: about 100 ms a run to carry the cache out and in, 43 ms a token to start its programs. A run computes half of its tokens in
 * vain where the last text ends, so that 30 tokens would take 4.3 s one by one, 1.9 s by 8 and as long by 16, in a graph of twice the size.
 */
export const TOKENS_PER_RUN = 8;

/** Settings of {@link traceGreedySteps}. */
export interface GreedyStepsOptions {
  /** `K`. */
  readonly numCandidates: number;
  /** `T`. */
  readonly numTokens: number;
}

/**
 * `T` steps of {@link traceDecodeStep} for one beam a sequence, each fed the likeliest token of the step before.
 *
 * Inputs as there: `tokenIds` int32 `[S, 1]`; `positionId` int32 `[1, 1]`; `visibility` `[S, 1, L+R+T]`, of which a step reads no later
 * columns than its own; both blocks of the cache.
 * Outputs: `candidateIds` int32 and `candidateLogProbs` `[S, T, K]`, by step; the recent block `[S, H, R+T, E]`.
 */
export function traceGreedySteps(
  config: ReportGenConfig,
  { numCandidates, numTokens }: GreedyStepsOptions,
): Graph {
  return trace(
    { inputs: stepSpecs(config, 1, numTokens), parameters: baseSpecs(config) },
    (ops, { inputs, parameters }) => {
      const cached = addDims(symbol('L'), symbol('R'));
      const bias = biasOf(ops, inputs['visibility']!);
      const seen: (readonly KeyValue[])[] = Array.from({ length: config.numLayers }, (_, layer) => [
        blockOf(inputs, 'past', layer),
        blockOf(inputs, 'recent', layer),
      ]);
      const blocksOf: StepInputs['blocksOf'] = (layer, own) =>
        (seen[layer] = [appendColumns(ops, [...seen[layer]!, own])]);
      const steps: ReturnType<typeof decodeTokens>[] = [];
      for (let token = 0; token < numTokens; token++) {
        const step: StepInputs = {
          tokenIds: token === 0 ? inputs['tokenIds']! : likeliest(ops, steps[token - 1]!.candidateIds),
          positionId: ops.add(inputs['positionId']!, token),
          bias: ops.slice(bias, { axes: [3], starts: [0], ends: [addDims(cached, token + 1)] }),
          blocksOf,
        };
        steps.push(decodeTokens(ops, parameters, config, step, numCandidates));
      }
      const inOrder = (name: keyof (typeof steps)[number]) =>
        ops.concat(
          steps.map((step) => step[name]),
          1,
        );
      const end = addDims(cached, numTokens);
      return {
        candidateIds: inOrder('candidateIds'),
        candidateLogProbs: inOrder('candidateLogProbs'),
        ...blockOutputs(
          'recent',
          seen.map(([block]) => takeColumns(ops, block!, symbol('L'), end)),
        ),
      };
    },
  );
}

/** The first of `candidateIds [S, 1, K]`: `[S, 1]`. A slice of integers would leave a GPU: ONNX Runtime has no WebGPU kernel for it. */
function likeliest(ops: Ops, candidateIds: Tensor): Tensor {
  return ops.gather(candidateIds, ops.constant(int32([], [0])), 2);
}

/** Moves the recent columns but the last to the past: both blocks of the cache to a past one `[S, H, L+R-1, E]` and a recent one `[S, H, 1, E]`. */
export function traceMerge(config: ReportGenConfig): Graph {
  return trace({ inputs: cacheSpecs(config) }, (ops, { inputs }) => {
    const columns = symbol('R');
    const last = addDims(columns, -1);
    const layers = Array.from({ length: config.numLayers }, (_, layer) => {
      const [past, recent] = [blockOf(inputs, 'past', layer), blockOf(inputs, 'recent', layer)];
      return {
        past: appendColumns(ops, [past, takeColumns(ops, recent, 0, last)]),
        recent: takeColumns(ops, recent, last, columns),
      };
    });
    return {
      ...blockOutputs(
        'past',
        layers.map(({ past }) => past),
      ),
      ...blockOutputs(
        'recent',
        layers.map(({ recent }) => recent),
      ),
    };
  });
}

/**
 * Keeps some columns of some sequences: both blocks of the cache and `rows` int32 `[A, H, C]`, flat indices into sequences, heads and the
 * columns of past and recent together, to a past block `[A, H, C-1, E]` and a recent one of the last column.
 */
export function traceCompaction(config: ReportGenConfig): Graph {
  const columns = symbol('C');
  return trace(
    { inputs: { rows: { shape: ['A', config.numHeads, 'C'], dtype: 'int32' }, ...cacheSpecs(config) } },
    (ops, { inputs }) => {
      const keep = (x: Tensor) => {
        const [sequences, heads, length, width] = x.shape;
        const flat = ops.reshape(x, [mulDims(sequences!, heads!, length!), width!]);
        return ops.gather(flat, inputs['rows']!, 0);
      };
      const kept = Array.from({ length: config.numLayers }, (_, layer) =>
        both(appendColumns(ops, [blockOf(inputs, 'past', layer), blockOf(inputs, 'recent', layer)]), keep),
      );
      const block = (name: CacheBlock, start: Dim, end: Dim) =>
        blockOutputs(
          name,
          kept.map((layer) => takeColumns(ops, layer, start, end)),
        );
      const last = addDims(columns, -1);
      return { ...block('past', 0, last), ...block('recent', last, columns) };
    },
  );
}
