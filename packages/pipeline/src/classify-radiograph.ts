import { INTENDED_USE, type AbortOptions, type Box, type Size } from '@crrg/core';
import { greyToRgb, preprocessCentreCrop, to8Bit, type GreyImage } from '@crrg/image';
import { float32, type HostTensor } from '@crrg/tensor';
import {
  CLASSIFICATION_SCHEMA,
  type HeatMap,
  type LabelResult,
  type ModelReference,
  type RadiographClassification,
} from './classification.js';
import { findModelDoubts } from './doubts/model-doubts.js';
import { checkRadiograph } from './doubts/radiograph-doubts.js';
import type { RclipModel } from './models/rclip-model.js';
import type { ClassifierNetwork } from './networks.js';
import type { ClassifyOptions } from './options.js';
import type { Radiograph } from './radiograph.js';
import { createStopwatch } from './stopwatch.js';

/**
 * What a classifier says of a radiograph.
 * @throws {ImageError} for a picture too small to show a chest, or with doubts where `strict`; `signal.reason` on abort
 */
export async function classifyRadiograph(
  classifier: ClassifierNetwork,
  radiograph: Radiograph,
  options: ClassifyOptions,
): Promise<RadiographClassification> {
  const { model, backend } = classifier;
  const { image, input } = radiograph;
  const doubts = checkRadiograph('classify', radiograph, {
    readers: [model],
    modelDoubts: findModelDoubts(model),
    strict: options.strict,
  });
  const watch = createStopwatch(options);
  const classification = await watch.time('classifier', () => classifyImage(classifier, image, options));
  return {
    schema: CLASSIFICATION_SCHEMA,
    input,
    classification,
    doubts,
    provenance: {
      model: modelReference(model),
      inputSha256: input.sha256,
      backend: backend.name,
      versions: backend.versions,
      durations: watch.durations(),
    },
    intendedUse: INTENDED_USE,
  };
}

/** Every label of the model for one picture that was checked. */
export async function classifyImage(
  classifier: ClassifierNetwork,
  image: GreyImage,
  { explain, signal }: Pick<ClassifyOptions, 'explain' | 'signal'>,
): Promise<LabelResult[]> {
  const { model, rclip } = classifier;
  const input = toInput(image, model);
  const [scores] = await rclip.classify(input, { signal });
  const box = seenBox(image, model.preprocessing.size);
  const results: LabelResult[] = [];
  for (const score of scores!) {
    const heatMap = explain && (await explainLabel(classifier, input, score.label, box, { signal }));
    results.push({ ...score, model: `${model.name} ${model.version}`, ...(heatMap && { heatMap }) });
  }
  return results;
}

/** Name, version and hash of a model. */
export function modelReference({ name, version, sha256 }: ModelReference): ModelReference {
  return { name, version, sha256 };
}

/** The part of a picture that the network sees after resizing to `side` and cutting the middle square, in pixels of the picture. */
export function seenBox({ width, height }: Size, side: number): Box {
  const isPortrait = width <= height;
  const resized = {
    width: isPortrait ? side : Math.trunc((side * width) / height),
    height: isPortrait ? Math.trunc((side * height) / width) : side,
  };
  const [left, top] = [(resized.width - side) / 2, (resized.height - side) / 2];
  const [scaleX, scaleY] = [width / resized.width, height / resized.height];
  return {
    x1: left * scaleX,
    y1: top * scaleY,
    x2: (left + side) * scaleX,
    y2: (top + side) * scaleY,
  };
}

/** Network input `[1, 3, S, S]` of a picture. */
function toInput(image: GreyImage, { preprocessing }: RclipModel): HostTensor<'float32'> {
  const { size } = preprocessing;
  return float32([1, 3, size, size], preprocessCentreCrop(greyToRgb(to8Bit(image)), preprocessing));
}

async function explainLabel(
  { rclip }: ClassifierNetwork,
  input: HostTensor<'float32'>,
  label: string,
  box: Box,
  { signal }: AbortOptions,
): Promise<HeatMap> {
  const { height, width, heatmap } = await rclip.explain(input, { label, signal });
  return { box, height, width, values: [...heatmap] };
}
