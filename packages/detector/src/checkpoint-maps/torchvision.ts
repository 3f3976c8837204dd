import type { KeyMap } from '@crrg/tensor';

const LAYERS = ['layer1', 'layer2', 'layer3', 'layer4'];

/**
 * Names of torchvision's `resnet50` (a bare state_dict) to the detector's trunk. Drops the classifier, and the three-channel stem, which the
 * reference replaces by a fresh one-channel convolution. Source: architecture reference 3.1.
 */
export const TORCHVISION_RESNET50_KEY_MAP: KeyMap = [
  { from: 'conv1.weight', to: null },
  { from: 'fc.{}', to: null },
  { from: 'bn1.num_batches_tracked', to: null },
  ...LAYERS.flatMap((layer) => [
    { from: `${layer}.{}.{}.num_batches_tracked`, to: null },
    { from: `${layer}.{}.downsample.1.num_batches_tracked`, to: null },
    { from: `${layer}.{}.downsample.{}.{}`, to: `backbone.${layer}.{}.downsample.{}.{}` },
    { from: `${layer}.{}.{}.{}`, to: `backbone.${layer}.{}.{}.{}` },
  ]),
  { from: 'bn1.{}', to: 'backbone.bn1.{}' },
];
