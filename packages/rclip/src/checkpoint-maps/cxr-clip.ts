import { resnetKeyMap, type KeyMap, type KeyRenaming } from '@crrg/tensor';
import { bertKeyMap } from './bert.js';

function projectionRows(from: string, to: string): KeyRenaming[] {
  return [
    { from: `${from}.projection.{}`, to: `${to}.linear.{}` },
    { from: `${from}.fc.{}`, to: `${to}.residual.{}` },
    { from: `${from}.layer_norm.{}`, to: `${to}.norm.{}` },
  ];
}

const RESNET: KeyMap = resnetKeyMap('image_encoder.resnet.', 'imageEncoder.');

/**
 * Names of the `model` of a CXR-CLIP file with the ResNet image encoder (522 or 523 entries) to `rclipSpecs`.
 * Source: docs/reference/state-dicts.md#r-clip, docs/reference/checkpoints.md#cxr-clip. The first row that fits counts.
 */
export const CXR_CLIP_KEY_MAP: KeyMap = [
  { from: 'logit_scale', to: 'logitScale' },
  ...RESNET,
  ...bertKeyMap('text_encoder.text_encoder.'),
  ...projectionRows('image_projection', 'imageProjection'),
  ...projectionRows('text_projection', 'textProjection'),
];

/**
 * Names of the `model` of a CXR-CLIP linear probe (320 entries) to `rclipSpecs` without a text encoder.
 * Source: docs/reference/state-dicts.md#r-clip. The first row that fits counts.
 */
export const CXR_CLIP_PROBE_KEY_MAP: KeyMap = [
  ...RESNET,
  { from: 'classifier.classification_head.{}', to: 'probe.{}' },
];
