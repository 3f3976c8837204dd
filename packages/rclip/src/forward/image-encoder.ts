/** Shape shorthand in this module: `B` images, `S` side in pixels, `C` feature channels, `h w` feature cells, `L` labels. */
import { linear, resnet, type NormalizationMode, type Ops, type Parameters, type Tensor } from '@crrg/tensor';
import { resnetConfig, type ImageEncoderConfig } from '../config.js';

/** Parameters of the image encoder begin with this. */
export const IMAGE_ENCODER = 'imageEncoder';

/** What the image encoder sees: the map before the pooling, and its mean. */
export interface ImageFeatures {
  /** `[B, C, h, w]`. */
  readonly map: Tensor;
  /** `[B, C]`. */
  readonly features: Tensor;
}

/**
 * Features of images `[B, 3, S, S]`: the shared ResNet and global average pooling.
 * Source: CXR-CLIP's ResNet-50 image encoder (torchvision's, without `fc`).
 */
export function encodeImage(
  ops: Ops,
  parameters: Parameters,
  images: Tensor,
  config: ImageEncoderConfig,
  mode?: NormalizationMode,
): ImageFeatures {
  const map = resnet(ops, parameters.scope(IMAGE_ENCODER), images, resnetConfig(config), IMAGE_ENCODER, mode);
  return { map, features: ops.mean(map, { axes: [2, 3] }) };
}

/** Logits `[B, L]` of the probe for image features `[B, C]`. */
export function probeLogits(ops: Ops, parameters: Parameters, features: Tensor): Tensor {
  return linear(ops, parameters.scope('probe'), features);
}
