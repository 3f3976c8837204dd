/**
 * The compiled stages of generation.
 *
 * The cache of keys and values only grows: every step appends one column per live beam, and beams of one sequence share the
 * columns before they parted. Which columns a beam may see is a mask made by the host, so that following another beam moves no
 * data; {@link traceCompaction} drops finished sequences and columns that no live beam sees.
 *
 * Shape shorthand in this module: `S` sequences, `Q` live beams of each, `L` cached columns, `H` heads, `E` width of a head,
 * `K` candidates, `F` width of a region feature.
 */
import { addDims, mulDims, symbol, trace, type Graph, type InputSpec, type Tensor } from '@crrg/tensor';
import type { ReportGenConfig } from '../config.js';
import {
  embed,
  imageKeyValue,
  languageHead,
  transformRegionFeatures,
  transformerLayer,
  type KeyValue,
} from '../forward.js';
import { baseSpecs, imageSpecs } from '../specs.js';

/** Names of the cached tensors that a stage takes. */
export function pastNames({ numLayers }: ReportGenConfig): string[] {
  return cacheNames('past', numLayers);
}

/** Names of the cached tensors that a stage gives, in the order of {@link pastNames}. */
export function presentNames({ numLayers }: ReportGenConfig): string[] {
  return cacheNames('present', numLayers);
}

function cacheNames(when: string, numLayers: number): string[] {
  return Array.from({ length: numLayers }, (_, layer) => [
    `${when}Key${layer}`,
    `${when}Value${layer}`,
  ]).flat();
}

function pastSpecs(config: ReportGenConfig): Record<string, InputSpec> {
  const spec: InputSpec = { shape: ['S', config.numHeads, 'L', config.width / config.numHeads] };
  return Object.fromEntries(pastNames(config).map((name) => [name, spec]));
}

function presentOutputs(cache: readonly KeyValue[]): Record<string, Tensor> {
  return Object.fromEntries(
    cache.flatMap(({ key, value }, layer) => [
      [`presentKey${layer}`, key],
      [`presentValue${layer}`, value],
    ]),
  );
}

/** Input `regionFeatures [S, F]`; outputs the image's column of every layer's cache, `[S, H, 1, E]`. Run once per region. */
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
      return presentOutputs(layers);
    },
  );
}

/**
 * One token for every live beam.
 *
 * Inputs: `tokenIds` int32 `[S, Q]`; `positionId` int32 `[1, 1]`, the number of previous tokens; `visibility` `[S, Q, L+Q]`, 0
 * where a beam sees a column and {@link HIDDEN_SCORE} elsewhere; the cache `[S, H, L, E]` per layer.
 * Outputs: `candidateIds` int32 and `candidateLogProbs` `[S, Q, K]`, likeliest first; the cache `[S, H, L+Q, E]`.
 * @param numCandidates `K`
 */
export function traceDecodeStep(config: ReportGenConfig, numCandidates: number): Graph {
  const columns = addDims(symbol('L'), symbol('Q'));
  return trace(
    {
      inputs: {
        tokenIds: { shape: ['S', 'Q'], dtype: 'int32' },
        positionId: { shape: [1, 1], dtype: 'int32' },
        visibility: { shape: ['S', 'Q', columns] },
        ...pastSpecs(config),
      },
      parameters: baseSpecs(config),
    },
    (ops, { inputs, parameters }) => {
      const bias = ops.reshape(inputs['visibility']!, [symbol('S'), 1, symbol('Q'), columns]);
      const mask = (scores: Tensor) => ops.add(scores, bias);
      const cache: KeyValue[] = [];
      let x = embed(ops, parameters, inputs['tokenIds']!, inputs['positionId']!, config);
      for (let layer = 0; layer < config.numLayers; layer++) {
        const past = { key: inputs[`pastKey${layer}`]!, value: inputs[`pastValue${layer}`]! };
        const result = transformerLayer(ops, parameters, x, { config, layer, past, mask });
        x = result.x;
        cache.push(result.present);
      }
      const logits = languageHead(ops, parameters, x, config);
      const candidateIds = ops.topKIndices(logits, numCandidates);
      return {
        candidateIds,
        candidateLogProbs: ops.gatherElements(ops.logSoftmax(logits, -1), candidateIds, -1),
        ...presentOutputs(cache),
      };
    },
  );
}

/**
 * Keeps some columns of some sequences: the cache `[S, H, L, E]` and `rows` int32 `[A, H, C]`, flat indices into the first three
 * axes, to `[A, H, C, E]`.
 */
export function traceCompaction(config: ReportGenConfig): Graph {
  const headWidth = config.width / config.numHeads;
  return trace(
    { inputs: { rows: { shape: ['A', config.numHeads, 'C'], dtype: 'int32' }, ...pastSpecs(config) } },
    (ops, { inputs }) => {
      const past = pastNames(config).map((name) => inputs[name]!);
      const kept = past.map((x) => {
        const [sequences, heads, columns] = x.shape;
        const flat = ops.reshape(x, [mulDims(sequences!, heads!, columns!), headWidth]);
        return ops.gather(flat, inputs['rows']!, 0);
      });
      return Object.fromEntries(presentNames(config).map((name, index) => [name, kept[index]!]));
    },
  );
}
