import {
  linearSpecs,
  parameter,
  prefixSpecs,
  type Initializer,
  type ParameterSpec,
  type ParameterSpecs,
} from '@crrg/tensor';
import type { ReportGenConfig } from './config.js';

/** How {@link reportGenSpecs} marks parameters. */
export interface ReportGenSpecOptions {
  /**
   * True: every parameter learns, as a model trained from scratch needs. False: GPT-2 is frozen and only the projections of the
   * image learn, as in the reference's third stage.
   * @defaultValue false
   */
  readonly trainBase?: boolean | undefined;
}

const gpt2Normal: Initializer = { kind: 'normal', std: 0.02 };
const zero: Initializer = { kind: 'constant', value: 0 };
const one: Initializer = { kind: 'constant', value: 1 };

function norm(width: number): ParameterSpecs {
  return { weight: parameter([width], one), bias: parameter([width], zero) };
}

/** GPT-2's "Conv1D": weight `[in, out]`. */
function projection(inputs: number, outputs: number, init: Initializer = gpt2Normal): ParameterSpecs {
  return { weight: parameter([inputs, outputs], init), bias: parameter([outputs], zero) };
}

function layerSpecs({ width, ffnWidth, numLayers }: ReportGenConfig): ParameterSpecs {
  const residual: Initializer = { kind: 'normal', std: 0.02 / Math.sqrt(2 * numLayers) };
  return {
    ...prefixSpecs('attentionNorm', norm(width)),
    ...prefixSpecs('attention.qkv', projection(width, 3 * width)),
    ...prefixSpecs('attention.imageKey', linearSpecs(width, width)),
    ...prefixSpecs('attention.imageValue', linearSpecs(width, width)),
    ...prefixSpecs('attention.output', projection(width, width, residual)),
    ...prefixSpecs('ffnNorm', norm(width)),
    ...prefixSpecs('ffn.expand', projection(width, ffnWidth)),
    ...prefixSpecs('ffn.reduce', projection(ffnWidth, width, residual)),
  };
}

/** True for the parameters that bring the image in: the feature MLP and each layer's image key and value. */
export function isImageParameter(name: string): boolean {
  return name.startsWith('featureMlp.') || /\.attention\.image(Key|Value)\./.test(name);
}

/** The image projections: what turns region features into one key and one value per layer. */
export function imageSpecs(config: ReportGenConfig): ParameterSpecs {
  return select(config, isImageParameter);
}

/** GPT-2 without the image projections. */
export function baseSpecs(config: ReportGenConfig): ParameterSpecs {
  return select(config, (name) => !isImageParameter(name));
}

function select(config: ReportGenConfig, keeps: (name: string) => boolean): ParameterSpecs {
  return Object.fromEntries(Object.entries(reportGenSpecs(config)).filter(([name]) => keeps(name)));
}

/**
 * Every parameter of the sentence generator. The output head is the token table; the position table exists only where the
 * configuration uses it.
 * Source: GPT-2's initialisation (normal 0.02, residual projections scaled by 1/sqrt(2 layers)) and PyTorch's for the rest.
 */
export function reportGenSpecs(config: ReportGenConfig, options: ReportGenSpecOptions = {}): ParameterSpecs {
  const { width, regionFeatureDim, vocabSize, numPositions, numLayers } = config;
  const layers = Array.from({ length: numLayers }, (_, layer) =>
    prefixSpecs(`layers.${layer}`, layerSpecs(config)),
  );
  const specs: ParameterSpecs = Object.assign(
    {},
    prefixSpecs('featureMlp.fc1', linearSpecs(regionFeatureDim, width)),
    prefixSpecs('featureMlp.fc2', linearSpecs(width, width)),
    { 'tokenTable.weight': parameter([vocabSize, width], gpt2Normal) },
    config.positionTable === 'position'
      ? { 'positionTable.weight': parameter([numPositions, width], gpt2Normal) }
      : {},
    ...layers,
    prefixSpecs('finalNorm', norm(width)),
  );
  if (options.trainBase) return specs;
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]): [string, ParameterSpec] => [
      name,
      { ...spec, trainable: isImageParameter(name) },
    ]),
  );
}
