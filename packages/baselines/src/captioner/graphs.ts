/** Shape shorthand in this module: `B` images, `N` live captions, `P` captions of the step before, `K` image cells, `D`, `H` widths, `C` candidates. */
import { trace, type Graph, type InputSpec, type Ops, type Tensor } from '@crrg/tensor';
import { UNKNOWN_ID } from '../words/vocabulary.js';
import { numCells, type CaptionerConfig } from './config.js';
import { encodeImages, predictWords, startState, type ImageContext } from './forward.js';
import { captionerSpecs } from './specs.js';

/** What an unknown word scores, so that it is never written. */
const NEVER = -1e9;

/** Names of the tensors that the words see of images. */
export const contextNames = ({ kind }: CaptionerConfig): readonly string[] =>
  kind === 'ada-att' ? ['vector', 'cells'] : [];

/** Input `images [B, 3, S, S]`; outputs `hidden` and `cell` `[B, H]`, in adaptive attention `vector [B, D]` and `cells [B, K, H]` too. */
export function traceImages(config: CaptionerConfig): Graph {
  const { imageSize, kind } = config;
  return trace(
    {
      inputs: { images: { shape: ['B', 3, imageSize, imageSize] } },
      parameters: captionerSpecs(config),
    },
    (ops, { inputs, parameters }) => {
      const context = encodeImages(ops, parameters, inputs['images']!, config);
      const { hidden, cell } = startState(ops, parameters, context, config);
      const seen = { vector: context.vector, cells: context.cells! };
      return { hidden, cell, ...(kind === 'ada-att' && seen) };
    },
  );
}

function contextSpecs(config: CaptionerConfig): Record<string, InputSpec> {
  if (config.kind === 'show-and-tell') return {};
  return {
    images: { shape: ['N'], dtype: 'int32' },
    vector: { shape: ['B', config.embeddingDim] },
    cells: { shape: ['B', numCells(config), config.width] },
  };
}

/** The context of each live caption. Show and Tell saw its image before the first word: nothing reads its vector again. */
function contextOf(ops: Ops, inputs: Readonly<Record<string, Tensor>>, hidden: Tensor): ImageContext {
  const { vector, cells, images } = inputs;
  if (!vector || !cells || !images) return { vector: hidden, cells: undefined };
  return { vector: ops.gather(vector, images, 0), cells: ops.gather(cells, images, 0) };
}

/**
 * One word for every live caption.
 *
 * Inputs: `wordIds` int32 `[N, 1]`; `rows` int32 `[N]`, which caption of the step before each follows; `hidden`, `cell` `[P, H]`; in
 * adaptive attention `images` int32 `[N]`, the image of each, with `vector` and `cells` of all.
 * Outputs: `candidateIds` int32 and `candidateLogProbs` `[N, C]`, likeliest first, never the unknown word; `hidden`, `cell` `[N, H]`.
 * @param numCandidates `C`
 */
export function traceWord(config: CaptionerConfig, numCandidates: number): Graph {
  const remembered: InputSpec = { shape: ['P', config.width] };
  return trace(
    {
      inputs: {
        wordIds: { shape: ['N', 1], dtype: 'int32' },
        rows: { shape: ['N'], dtype: 'int32' },
        hidden: remembered,
        cell: remembered,
        ...contextSpecs(config),
      },
      parameters: captionerSpecs(config),
    },
    (ops, { inputs, parameters }) => {
      const follow = (name: string) => ops.gather(inputs[name]!, inputs['rows']!, 0);
      const before = { hidden: follow('hidden'), cell: follow('cell') };
      const { logits, state } = predictWords(
        ops,
        parameters,
        { context: contextOf(ops, inputs, before.hidden), wordIds: inputs['wordIds']!, state: before },
        config,
      );
      const isUnknown = ops.equal(ops.iota(config.vocabSize), UNKNOWN_ID);
      const flat = ops.reshape(logits, [inputs['rows']!.shape[0]!, config.vocabSize]);
      const possible = ops.where(isUnknown, NEVER, flat);
      const candidateIds = ops.topKIndices(possible, numCandidates);
      return {
        candidateIds,
        candidateLogProbs: ops.gatherElements(ops.logSoftmax(possible, -1), candidateIds, -1),
        ...state,
      };
    },
  );
}
