/**
 * The graphs of generation.
 *
 * The cache of keys and values only grows: every step appends one column per live beam, and beams of one sequence share the
 * columns before they parted. Which columns a beam may see is a mask made by the host, so that following another beam moves no
 * data. The columns are in two blocks: a step gives back the short recent one only, and {@link traceCompaction} now and then moves it to
 * the past, dropping finished sequences and columns that no live beam sees; where none is to be dropped, {@link traceMerge} does it in one pass.
 *
 * Shape shorthand in this module: `S` sequences, `Q` live beams of each, `L` past and `R` recent columns, `H` heads, `E` width of a head,
 * `K` candidates, `F` width of a region feature.
 */
import {
  addDims,
  mulDims,
  symbol,
  trace,
  type Dim,
  type Graph,
  type InputSpec,
  type Ops,
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

/**
 * One token for every live beam.
 *
 * Inputs: `tokenIds` int32 `[S, Q]`; `positionId` int32 `[1, 1]`, the number of previous tokens; `visibility` `[S, Q, L+R+Q]`, 0
 * where a beam sees a column and {@link HIDDEN_SCORE} elsewhere; both blocks of the cache.
 * Outputs: `candidateIds` int32 and `candidateLogProbs` `[S, Q, K]`, likeliest first; the recent block `[S, H, R+Q, E]`.
 * @param numCandidates `K`
 */
export function traceDecodeStep(config: ReportGenConfig, numCandidates: number): Graph {
  const columns = addDims(addDims(symbol('L'), symbol('R')), symbol('Q'));
  return trace(
    {
      inputs: {
        tokenIds: { shape: ['S', 'Q'], dtype: 'int32' },
        positionId: { shape: [1, 1], dtype: 'int32' },
        visibility: { shape: ['S', 'Q', columns] },
        ...cacheSpecs(config),
      },
      parameters: baseSpecs(config),
    },
    (ops, { inputs, parameters }) => {
      const bias = ops.reshape(inputs['visibility']!, [symbol('S'), 1, symbol('Q'), columns]);
      const recent: KeyValue[] = [];
      const tokens = inputs['tokenIds']!.shape;
      const embedded = embed(ops, parameters, inputs['tokenIds']!, inputs['positionId']!, config);
      let x = ops.reshape(embedded, [mulDims(...tokens), config.width]);
      for (let layer = 0; layer < config.numLayers; layer++) {
        const attend = (query: Tensor, own: KeyValue) => {
          const longer = appendColumns(ops, [blockOf(inputs, 'recent', layer), own]);
          recent.push(longer);
          return ops.attention(query, [blockOf(inputs, 'past', layer), longer], bias, attentionScale(config));
        };
        x = transformerLayer(ops, parameters, x, { config, layer, attend, tokens }).x;
      }
      const logits = ops.reshape(languageHead(ops, parameters, x, config), [...tokens, config.vocabSize]);
      const candidateIds = ops.topKIndices(logits, numCandidates);
      return {
        candidateIds,
        candidateLogProbs: ops.gatherElements(ops.logSoftmax(logits, -1), candidateIds, -1),
        ...blockOutputs('recent', recent),
      };
    },
  );
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
