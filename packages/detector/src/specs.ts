import {
  linearSpecs,
  parameter,
  prefixSpecs,
  resnetSpecs,
  torchDefault,
  type Initializer,
  type ParameterSpecs,
  type ResNetConfig,
} from '@crrg/tensor';
import { anchorsPerCell, featureChannels, type DetectorConfig } from './config.js';

const RPN_INIT: Initializer = { kind: 'normal', std: 0.01 };

/** The trunk's configuration. */
export function resnetConfig({ stemWidth, planes, blocks }: DetectorConfig): ResNetConfig {
  return { inputChannels: 1, stemChannels: stemWidth, planes, blocks };
}

function rpnConvSpecs(inputs: number, outputs: number, kernel: number): ParameterSpecs {
  return {
    weight: parameter([outputs, inputs, kernel, kernel], RPN_INIT),
    bias: parameter([outputs], { kind: 'constant', value: 0 }),
  };
}

/**
 * Every parameter of the detector in torch layout; the one source for initialisation, strict loading and counting.
 *
 * | scope | what |
 * | --- | --- |
 * | `backbone.*` | ResNet under torchvision's names, one input channel |
 * | `rpn.{conv,objectness,boxDeltas}` | region proposal network |
 * | `boxHead.{fc6,fc7}` | box head; fc6's columns are (channel, row, column) of RoIAlign |
 * | `boxPredictor.{classLogits,boxDeltas}` | per class, 0 is background |
 * | `regionProjection` | pooled features to region features |
 *
 * The trunk's batch norm statistics are buffers. Initialisation follows the reference: torch's defaults, the region proposal network
 * normal with deviation 0.01.
 */
export function detectorSpecs(config: DetectorConfig): ParameterSpecs {
  const channels = featureChannels(config);
  const anchors = anchorsPerCell(config);
  const { representationSize: width, numRegions, regionFeatureDim, stemWidth } = config;
  return {
    ...prefixSpecs('backbone', resnetSpecs(resnetConfig(config))),
    'backbone.conv1.weight': parameter([stemWidth, 1, 7, 7], torchDefault(49)),
    ...prefixSpecs('rpn.conv', rpnConvSpecs(channels, channels, 3)),
    ...prefixSpecs('rpn.objectness', rpnConvSpecs(channels, anchors, 1)),
    ...prefixSpecs('rpn.boxDeltas', rpnConvSpecs(channels, 4 * anchors, 1)),
    ...prefixSpecs('boxHead.fc6', linearSpecs(channels * config.roi.outputSize ** 2, width)),
    ...prefixSpecs('boxHead.fc7', linearSpecs(width, width)),
    ...prefixSpecs('boxPredictor.classLogits', linearSpecs(width, numRegions + 1)),
    ...prefixSpecs('boxPredictor.boxDeltas', linearSpecs(width, 4 * (numRegions + 1))),
    ...prefixSpecs('regionProjection', linearSpecs(channels, regionFeatureDim)),
  };
}
