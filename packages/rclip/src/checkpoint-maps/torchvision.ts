import { resnetKeyMap, type KeyMap } from '@crrg/tensor';

/**
 * Names of torchvision's `resnet50` (a bare state_dict; R-CLIP starts from the V1 weights) to the image encoder of `rclipSpecs`. The
 * three-channel stem is kept. Source: docs/reference/rclip.md#encoders.
 */
export const TORCHVISION_IMAGE_ENCODER_KEY_MAP: KeyMap = resnetKeyMap('', 'imageEncoder.');
