import { resnetKeyMap, type KeyMap } from '@crrg/tensor';

/**
 * Names of torchvision's `resnet50` (a bare state_dict) to the detector's trunk. Drops the classifier, and the three-channel stem, which the
 * reference replaces by a fresh one-channel convolution. Source: docs/reference/detector.md#trunk. The first row that fits counts.
 */
export const TORCHVISION_RESNET50_KEY_MAP: KeyMap = [
  { from: 'conv1.weight', to: null },
  ...resnetKeyMap('', 'backbone.'),
];
