import {
  DisposedError,
  INTENDED_USE,
  disposeSymbol,
  type AbortOptions,
  type Box,
  type ProgressListener,
  type Size,
} from '@crrg/core';
import { greyToRgb, preprocessCentreCrop, to8Bit, type GreyImage } from '@crrg/image';
import { createRclip, requireProbe, type Rclip } from '@crrg/rclip';
import { float32, type Backend, type HostTensor } from '@crrg/tensor';
import {
  CLASSIFICATION_SCHEMA,
  type HeatMap,
  type LabelResult,
  type ModelReference,
  type RadiographClassification,
} from './classification.js';
import { findModelDoubts } from './model-doubts.js';
import { checkRadiograph, type StrictOptions } from './radiograph-doubts.js';
import type { RclipModel } from './rclip-model.js';
import type { Radiograph } from './report-pipeline.js';
import { createStopwatch } from './stopwatch.js';

/** What {@link assembleClassifier} needs. */
export interface ClassifierParts {
  readonly model: RclipModel;
  /** Stays the caller's unless `ownsBackend`. */
  readonly backend: Backend;
  /** The classifier disposes the backend with itself. @defaultValue false */
  readonly ownsBackend?: boolean | undefined;
}

/** Settings of one classification. */
export interface ClassifyOptions extends AbortOptions, StrictOptions {
  /** Adds a heat map to every label. @defaultValue false */
  readonly explain?: boolean | undefined;
  readonly onProgress?: ProgressListener | undefined;
}

/** A classifier with its compiled stages. Calls must not overlap. */
export interface ClassifierStages extends Disposable {
  readonly model: RclipModel;
  /** Every label of the model for one picture that was checked. */
  classifyImage(image: GreyImage, options?: ClassifyOptions): Promise<LabelResult[]>;
  /** @throws {ImageError} for a picture too small to show a chest, or with doubts where `strict`; `signal.reason` on abort */
  classify(radiograph: Radiograph, options?: ClassifyOptions): Promise<RadiographClassification>;
  dispose(): void;
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
function toInput(image: GreyImage, { model }: ClassifierParts): HostTensor<'float32'> {
  const { size } = model.preprocessing;
  const data = preprocessCentreCrop(greyToRgb(to8Bit(image)), model.preprocessing);
  return float32([1, 3, size, size], data);
}

async function explainLabel(
  rclip: Rclip,
  input: HostTensor<'float32'>,
  label: string,
  box: Box,
  options: AbortOptions,
): Promise<HeatMap> {
  const { height, width, heatmap } = await rclip.explain(input, { label, signal: options.signal });
  return { box, height, width, values: [...heatmap] };
}

async function classifyImage(
  rclip: Rclip,
  parts: ClassifierParts,
  image: GreyImage,
  options: ClassifyOptions,
): Promise<LabelResult[]> {
  const { model } = parts;
  const input = toInput(image, parts);
  const [scores] = await rclip.classify(input, { signal: options.signal });
  const box = seenBox(image, model.preprocessing.size);
  const results: LabelResult[] = [];
  for (const score of scores!) {
    const heatMap = options.explain
      ? { heatMap: await explainLabel(rclip, input, score.label, box, options) }
      : {};
    results.push({ ...score, model: `${model.name} ${model.version}`, ...heatMap });
  }
  return results;
}

/**
 * A classifier of a model on a backend. Its stages are compiled at their first use.
 * @throws {ConfigError} for a model without a probe
 * @throws {CheckpointError} for weights of another configuration
 */
export function assembleClassifier(parts: ClassifierParts): ClassifierStages {
  const { model, backend, ownsBackend } = parts;
  requireProbe(model.config, 'pipeline.assembleClassifier');
  const rclip = createRclip({ config: model.config, weights: model.weights, backend });
  let disposed = false;
  const dispose = () => {
    if (disposed) return;
    disposed = true;
    rclip.dispose();
    if (ownsBackend) backend.dispose();
  };
  const classify = async (image: GreyImage, options: ClassifyOptions) => {
    if (disposed) throw new DisposedError('classifier');
    return classifyImage(rclip, parts, image, options);
  };
  return {
    model,
    classifyImage: (image, options = {}) => classify(image, options),
    async classify(radiograph, options = {}) {
      const { image, input } = radiograph;
      const doubts = checkRadiograph('classify', radiograph, {
        inputSizes: [model.preprocessing.size],
        modelDoubts: findModelDoubts(model),
        strict: options.strict,
      });
      const watch = createStopwatch(options);
      const classification = await watch.time('classifier', () => classify(image, options));
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
    },
    dispose,
    [disposeSymbol]: dispose,
  };
}
