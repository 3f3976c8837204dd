import {
  linearSpecs,
  parameter,
  prefixSpecs,
  resnetSpecs,
  torchDefault,
  type ParameterSpecs,
} from '@crrg/tensor';
import { stepWidth, trunkChannels, trunkConfig, type CaptionerConfig } from './config.js';

/** Parameters of the trunk begin with this, as those of R-CLIP's image encoder do. */
export const IMAGE_ENCODER = 'imageEncoder';

/** A linear map without bias. */
const map = (inputs: number, outputs: number): ParameterSpecs => ({
  weight: parameter([outputs, inputs], torchDefault(inputs)),
});

/** A torch `LSTM` of one layer, whose four gates are stacked in the order input, forget, cell, output. */
function lstmSpecs(inputs: number, width: number): ParameterSpecs {
  const gates = (from: number): ParameterSpecs => ({
    weight: parameter([4 * width, from], torchDefault(width)),
    bias: parameter([4 * width], torchDefault(width)),
  });
  return { ...prefixSpecs('input', gates(inputs)), ...prefixSpecs('state', gates(width)) };
}

function attentionSpecs(config: CaptionerConfig): ParameterSpecs {
  const { width, attentionDim } = config;
  return {
    ...prefixSpecs('cells', map(width, attentionDim)),
    ...prefixSpecs('state', map(width, attentionDim)),
    ...prefixSpecs('sentinel', map(width, attentionDim)),
    ...prefixSpecs('score', map(attentionDim, 1)),
  };
}

/** Every parameter of a captioner. Source: PyTorch's initialisation, and word vectors uniform in ±0.1. */
export function captionerSpecs(config: CaptionerConfig): ParameterSpecs {
  const { kind, embeddingDim, width, vocabSize } = config;
  const channels = trunkChannels(config);
  return {
    ...prefixSpecs(IMAGE_ENCODER, resnetSpecs(trunkConfig(config))),
    ...prefixSpecs('imageVector', linearSpecs(channels, embeddingDim)),
    'wordTable.weight': parameter([vocabSize, embeddingDim], { kind: 'uniform', bound: 0.1 }),
    ...prefixSpecs('lstm', lstmSpecs(stepWidth(config), width)),
    ...(kind === 'ada-att' && {
      ...prefixSpecs('cellVectors', linearSpecs(channels, width)),
      ...prefixSpecs('sentinel.input', map(stepWidth(config), width)),
      ...prefixSpecs('sentinel.state', map(width, width)),
      ...prefixSpecs('attention', attentionSpecs(config)),
    }),
    ...prefixSpecs('head', linearSpecs(width, vocabSize)),
  };
}
