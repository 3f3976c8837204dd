import { padTokens } from '@crrg/rclip';
import { float32, type HostTensor } from '@crrg/tensor';
import type { RclipConfig } from '@crrg/rclip';

/** Two views of one study, ready for the networks. */
export interface RclipSample {
  /** Two images `[3, S, S]`, normalised. */
  readonly images: readonly [Float32Array, Float32Array];
  /** Token ids of two texts, special tokens included. */
  readonly texts: readonly [readonly number[], readonly number[]];
}

function packImages(images: readonly Float32Array[], { imageEncoder }: RclipConfig): HostTensor {
  const side = imageEncoder.imageSize;
  const data = new Float32Array(images.length * 3 * side * side);
  images.forEach((image, index) => data.set(image, index * 3 * side * side));
  return float32([images.length, 3, side, side], data);
}

/** The first image and text of every study: inputs of `convirtLossFunction`. */
export function packConvirtBatch(
  samples: readonly RclipSample[],
  config: RclipConfig,
  padTokenId: number,
): Record<string, HostTensor> {
  const rows = samples.map(({ texts }) => texts[0]);
  const { tokenIds, attentionMask } = padTokens(
    rows,
    Math.max(...rows.map(({ length }) => length)),
    padTokenId,
  );
  const images = samples.map((sample) => sample.images[0]);
  return { image: packImages(images, config), tokenIds, attentionMask };
}

/** Inputs of `rclipLossFunction` for a batch, texts padded to the longest of each view. */
export function packRclipBatch(
  samples: readonly RclipSample[],
  config: RclipConfig,
  padTokenId: number,
): Record<string, HostTensor> {
  const text = (view: 0 | 1) => {
    const rows = samples.map(({ texts }) => texts[view]);
    return padTokens(rows, Math.max(...rows.map(({ length }) => length)), padTokenId);
  };
  const [first, second] = [text(0), text(1)];
  return {
    image: packImages(
      samples.map(({ images }) => images[0]),
      config,
    ),
    imageView: packImages(
      samples.map(({ images }) => images[1]),
      config,
    ),
    tokenIds: first.tokenIds,
    attentionMask: first.attentionMask,
    tokenIdsView: second.tokenIds,
    attentionMaskView: second.attentionMask,
  };
}
