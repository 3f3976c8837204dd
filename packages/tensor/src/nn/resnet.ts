import { ConfigError } from '@crrg/core';
import type { Tensor } from '../graph.js';
import type { Ops } from '../operations.js';
import { parameter, prefixSpecs, type Parameters, type ParameterSpecs } from '../parameters.js';
import { batchNorm2d, batchNormSpecs, convolution, type NormalizationMode } from './layers.js';

/** A ResNet trunk of bottleneck blocks, stride in the 3x3 convolution (torchvision's "v1.5"). */
export interface ResNetConfig {
  /** Input channels of the 7x7 stem: 1 for RRG, 3 for R-CLIP. */
  readonly inputChannels: number;
  readonly stemChannels: number;
  /** Bottleneck width of each of the four stages. */
  readonly planes: readonly number[];
  /** Blocks in each stage. */
  readonly blocks: readonly number[];
}

/** Output channels of a bottleneck over its width. */
const EXPANSION = 4;

/** ResNet-50. */
export const RESNET50: Omit<ResNetConfig, 'inputChannels'> = {
  stemChannels: 64,
  planes: [64, 128, 256, 512],
  blocks: [3, 4, 6, 3],
};

/** Channels of the last stage. */
export function resnetFeatureChannels(config: ResNetConfig): number {
  return config.planes.at(-1)! * EXPANSION;
}

function convSpecs(outputs: number, inputs: number, kernel: number): ParameterSpecs {
  const std = Math.sqrt(2 / (outputs * kernel * kernel));
  return { weight: parameter([outputs, inputs, kernel, kernel], { kind: 'normal', std }) };
}

interface BlockShape {
  readonly name: string;
  readonly inputs: number;
  readonly planes: number;
  readonly stride: number;
  readonly projects: boolean;
}

/** The blocks in order, with torchvision's names. */
function blockShapes({ stemChannels, planes, blocks }: ResNetConfig): BlockShape[] {
  if (planes.length !== blocks.length)
    throw new ConfigError(
      `tensor.resnet: expected as many planes as blocks, got ${planes.length} and ${blocks.length}; give one each.`,
    );
  let inputs = stemChannels;
  return planes.flatMap((width, stage) =>
    Array.from({ length: blocks[stage]! }, (_, index) => {
      const shape = {
        name: `layer${stage + 1}.${index}`,
        inputs,
        planes: width,
        stride: index === 0 && stage > 0 ? 2 : 1,
        projects: index === 0,
      };
      inputs = width * EXPANSION;
      return shape;
    }),
  );
}

function bottleneckSpecs({ inputs, planes, projects }: BlockShape): ParameterSpecs {
  const outputs = planes * EXPANSION;
  return {
    ...prefixSpecs('conv1', convSpecs(planes, inputs, 1)),
    ...prefixSpecs('bn1', batchNormSpecs(planes)),
    ...prefixSpecs('conv2', convSpecs(planes, planes, 3)),
    ...prefixSpecs('bn2', batchNormSpecs(planes)),
    ...prefixSpecs('conv3', convSpecs(outputs, planes, 1)),
    ...prefixSpecs('bn3', batchNormSpecs(outputs)),
    ...(projects && {
      ...prefixSpecs('downsample.0', convSpecs(outputs, inputs, 1)),
      ...prefixSpecs('downsample.1', batchNormSpecs(outputs)),
    }),
  };
}

/** Parameters of the trunk under torchvision's names (without `fc`), initialised as torchvision does (He, fan out). */
export function resnetSpecs(config: ResNetConfig): ParameterSpecs {
  return Object.assign(
    {
      ...prefixSpecs('conv1', convSpecs(config.stemChannels, config.inputChannels, 7)),
      ...prefixSpecs('bn1', batchNormSpecs(config.stemChannels)),
    },
    ...blockShapes(config).map((block) => prefixSpecs(block.name, bottleneckSpecs(block))),
  ) as ParameterSpecs;
}

function bottleneck(
  ops: Ops,
  parameters: Parameters,
  x: Tensor,
  { stride, projects }: BlockShape,
  name: string,
  mode: NormalizationMode,
): Tensor {
  const normalize = (layer: string, y: Tensor) =>
    batchNorm2d(ops, parameters.scope(layer), y, `${name}.${layer}`, mode);
  const strides = [stride, stride] as const;
  const narrow = ops.relu(normalize('bn1', convolution(ops, parameters.scope('conv1'), x)));
  const spatial = ops.relu(
    normalize('bn2', convolution(ops, parameters.scope('conv2'), narrow, { strides, padding: [1, 1, 1, 1] })),
  );
  const wide = normalize('bn3', convolution(ops, parameters.scope('conv3'), spatial));
  const shortcut = projects
    ? normalize('downsample.1', convolution(ops, parameters.scope('downsample.0'), x, { strides }))
    : x;
  return ops.relu(ops.add(wide, shortcut));
}

/**
 * Features of the last stage, stride 32: `image [B, C, H, W]` to `[B, 4*planes[3], H/32, W/32]` (sizes rounded up).
 *
 * Source: torchvision `resnet.py`; RGRG uses it as its detector's trunk, CXR-CLIP as its image encoder.
 * @param name prefix of the trunk's buffers in `mode.updates`
 */
export function resnet(
  ops: Ops,
  parameters: Parameters,
  image: Tensor,
  config: ResNetConfig,
  name: string,
  mode: NormalizationMode = { training: false },
): Tensor {
  const stem = convolution(ops, parameters.scope('conv1'), image, { strides: [2, 2], padding: [3, 3, 3, 3] });
  const normalized = ops.relu(batchNorm2d(ops, parameters.scope('bn1'), stem, `${name}.bn1`, mode));
  const pooled = ops.maxPool2d(normalized, { kernel: [3, 3], strides: [2, 2], padding: [1, 1, 1, 1] });
  return blockShapes(config).reduce(
    (x, block) => bottleneck(ops, parameters.scope(block.name), x, block, `${name}.${block.name}`, mode),
    pooled,
  );
}
