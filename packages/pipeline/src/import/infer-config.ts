import type { Shaped } from '@crrg/checkpoints';
import { CheckpointError } from '@crrg/core';
import type { Fields } from './merge-fields.js';

/** Tensors of one file by name. */
export type Entries = ReadonlyMap<string, Shaped>;

const STAGES = [1, 2, 3, 4];
const HEAD_WIDTH = 64;

function shapeOf(entries: Entries, name: string): readonly number[] {
  const entry = entries.get(name);
  if (entry) return entry.shape;
  throw new CheckpointError(
    `pipeline.importModel: expected a tensor ${name}, got none; use a whole checkpoint.`,
  );
}

/** How many different numbers stand at the first group of the pattern. */
function countNumbers(entries: Entries, pattern: RegExp): number {
  return new Set([...entries.keys()].flatMap((name) => pattern.exec(name)?.[1] ?? [])).size;
}

/** Sizes of a ResNet whose names are ours, below `prefix`: `backbone.layer1.0.conv1.weight`. */
function inferResnet(entries: Entries, prefix: string): Fields {
  return {
    stemWidth: shapeOf(entries, `${prefix}.bn1.weight`)[0],
    planes: STAGES.map((stage) => shapeOf(entries, `${prefix}.layer${stage}.0.conv1.weight`)[0]),
    blocks: STAGES.map((stage) =>
      countNumbers(entries, new RegExp(`^${prefix}\\.layer${stage}\\.(\\d+)\\.`)),
    ),
  };
}

/** Sizes of the detector's trunk. */
export function inferTrunk(entries: Entries): Fields {
  return inferResnet(entries, 'backbone');
}

/** Sizes of R-CLIP's image encoder. The size of the picture is not in its tensors. */
export function inferImageEncoder(entries: Entries): Fields {
  return inferResnet(entries, 'imageEncoder');
}

/** What a text encoder's tensors do not say. */
export interface TextHints {
  readonly numHeads?: number | undefined;
  readonly layerNormEpsilon?: number | undefined;
  readonly pooling?: string | undefined;
  readonly maxLength?: number | undefined;
}

/** Tokens of a text that CXR-CLIP reads. */
const MAX_LENGTH = 256;

/** Sizes of R-CLIP's text encoder. Heads are 64 wide, as in every published BERT, unless the hints say otherwise. */
export function inferTextEncoder(entries: Entries, hints: TextHints): Fields {
  const [vocabSize, width] = shapeOf(entries, 'textEncoder.tokenTable.weight') as [number, number];
  const numPositions = shapeOf(entries, 'textEncoder.positionTable.weight')[0]!;
  const { numHeads, layerNormEpsilon, pooling, maxLength = MAX_LENGTH } = hints;
  return {
    vocabSize,
    width,
    numLayers: countNumbers(entries, /^textEncoder\.layers\.(\d+)\./),
    numHeads: numHeads ?? (width % HEAD_WIDTH === 0 ? width / HEAD_WIDTH : 1),
    ffnWidth: shapeOf(entries, 'textEncoder.layers.0.ffn.expand.weight')[0],
    numPositions,
    numTokenTypes: shapeOf(entries, 'textEncoder.typeTable.weight')[0],
    maxLength: Math.min(maxLength, numPositions),
    ...(pooling !== undefined && { pooling }),
    ...(layerNormEpsilon !== undefined && { layerNormEpsilon }),
  };
}

/** Sizes of a detector whose names are ours. The size of the picture and the anchors are not in its tensors. */
export function inferDetector(entries: Entries): Fields {
  const [width, inputs] = shapeOf(entries, 'boxHead.fc6.weight');
  const [regionFeatureDim, channels] = shapeOf(entries, 'regionProjection.weight');
  return {
    ...inferTrunk(entries),
    roi: { outputSize: Math.round(Math.sqrt(inputs! / channels!)) },
    representationSize: width,
    numRegions: shapeOf(entries, 'boxPredictor.classLogits.weight')[0]! - 1,
    regionFeatureDim,
  };
}

/** Sizes of the region classifiers whose names are ours. */
export function inferSelector(entries: Entries): Fields {
  const [first, inputDim] = shapeOf(entries, 'selection.fc1.weight');
  return { inputDim, hidden: [first, shapeOf(entries, 'selection.fc2.weight')[0]] };
}

/** What a language model's tensors do not say. */
export interface LanguageHints {
  readonly numHeads?: number | undefined;
  readonly numPositions?: number | undefined;
  readonly regionFeatureDim?: number | undefined;
  readonly layerNormEpsilon?: number | undefined;
  readonly bosTokenId?: number | undefined;
  readonly eosTokenId?: number | undefined;
  readonly padTokenId?: number | undefined;
}

/** Sizes of a GPT-2 whose names are ours. Heads are 64 wide, as in every published GPT-2, unless the hints say otherwise. */
export function inferLanguageModel(entries: Entries, hints: LanguageHints): Fields {
  const [vocabSize, width] = shapeOf(entries, 'tokenTable.weight') as [number, number];
  const endOfText = vocabSize - 1;
  const { bosTokenId = endOfText, eosTokenId = endOfText, layerNormEpsilon } = hints;
  return {
    numLayers: countNumbers(entries, /^layers\.(\d+)\./),
    numHeads: hints.numHeads ?? (width % HEAD_WIDTH === 0 ? width / HEAD_WIDTH : 1),
    width,
    ffnWidth: shapeOf(entries, 'layers.0.ffn.expand.weight')[1],
    vocabSize,
    numPositions: hints.numPositions ?? Math.min(1024, vocabSize),
    regionFeatureDim: hints.regionFeatureDim ?? width,
    bosTokenId,
    eosTokenId,
    padTokenId: hints.padTokenId ?? eosTokenId,
    ...(layerNormEpsilon !== undefined && { layerNormEpsilon }),
  };
}
