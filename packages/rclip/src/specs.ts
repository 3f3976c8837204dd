import {
  linearSpecs,
  parameter,
  prefixSpecs,
  resnetFeatureChannels,
  resnetSpecs,
  type Initializer,
  type ParameterSpecs,
} from '@crrg/tensor';
import { resnetConfig, type ProjectionKind, type RclipConfig, type TextEncoderConfig } from './config.js';

const bertNormal: Initializer = { kind: 'normal', std: 0.02 };
const zero: Initializer = { kind: 'constant', value: 0 };
const one: Initializer = { kind: 'constant', value: 1 };

function norm(width: number): ParameterSpecs {
  return { weight: parameter([width], one), bias: parameter([width], zero) };
}

/** BERT's dense layer: weight `[out, in]`. */
function dense(inputs: number, outputs: number): ParameterSpecs {
  return { weight: parameter([outputs, inputs], bertNormal), bias: parameter([outputs], zero) };
}

function layerSpecs({ width, ffnWidth }: TextEncoderConfig): ParameterSpecs {
  return {
    ...prefixSpecs('attention.query', dense(width, width)),
    ...prefixSpecs('attention.key', dense(width, width)),
    ...prefixSpecs('attention.value', dense(width, width)),
    ...prefixSpecs('attention.output', dense(width, width)),
    ...prefixSpecs('attentionNorm', norm(width)),
    ...prefixSpecs('ffn.expand', dense(width, ffnWidth)),
    ...prefixSpecs('ffn.reduce', dense(ffnWidth, width)),
    ...prefixSpecs('ffnNorm', norm(width)),
  };
}

/**
 * Parameters of the text encoder: BERT without its pooler, which nothing reads.
 * Source: BERT's initialisation (normal 0.02, biases 0).
 */
export function textEncoderSpecs(config: TextEncoderConfig): ParameterSpecs {
  const { vocabSize, width, numLayers, numPositions, numTokenTypes } = config;
  const layers = Array.from({ length: numLayers }, (_, layer) =>
    prefixSpecs(`layers.${layer}`, layerSpecs(config)),
  );
  return Object.assign(
    {
      'tokenTable.weight': parameter([vocabSize, width], bertNormal),
      'positionTable.weight': parameter([numPositions, width], bertNormal),
      'typeTable.weight': parameter([numTokenTypes, width], bertNormal),
    },
    prefixSpecs('embeddingNorm', norm(width)),
    ...layers,
  ) as ParameterSpecs;
}

/** Width of the pooled image features. */
export function imageFeatureDim(config: Pick<RclipConfig, 'imageEncoder'>): number {
  return resnetFeatureChannels(resnetConfig(config.imageEncoder));
}

function projectionSpecs(inputs: number, outputs: number, kind: ProjectionKind): ParameterSpecs {
  const first = prefixSpecs('linear', linearSpecs(inputs, outputs));
  if (kind === 'linear') return first;
  return {
    ...first,
    ...prefixSpecs('residual', linearSpecs(outputs, outputs)),
    ...prefixSpecs('norm', norm(outputs)),
  };
}

function contrastiveSpecs(config: RclipConfig, textEncoder: TextEncoderConfig): ParameterSpecs {
  const { embeddingDim, projection, initialTemperature } = config;
  return {
    ...prefixSpecs('textEncoder', textEncoderSpecs(textEncoder)),
    ...prefixSpecs('imageProjection', projectionSpecs(imageFeatureDim(config), embeddingDim, projection)),
    ...prefixSpecs('textProjection', projectionSpecs(textEncoder.width, embeddingDim, projection)),
    logitScale: parameter([], { kind: 'constant', value: Math.log(1 / initialTemperature) }),
  };
}

/** Parameters of the probe alone: `probe.weight` `[labels, features]` and `probe.bias`. */
export function probeSpecs(config: RclipConfig): ParameterSpecs {
  return config.probe
    ? prefixSpecs('probe', linearSpecs(imageFeatureDim(config), config.probe.labels.length))
    : {};
}

/**
 * Every parameter of a model: `imageEncoder.*` (torchvision's names); with a text encoder `textEncoder.*`, `imageProjection.*`,
 * `textProjection.*` and `logitScale`; with a probe `probe.*`.
 */
export function rclipSpecs(config: RclipConfig): ParameterSpecs {
  return {
    ...prefixSpecs('imageEncoder', resnetSpecs(resnetConfig(config.imageEncoder))),
    ...(config.textEncoder && contrastiveSpecs(config, config.textEncoder)),
    ...probeSpecs(config),
  };
}
