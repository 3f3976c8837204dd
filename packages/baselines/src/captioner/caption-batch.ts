import { float32, int32, type HostTensor, type InputSpec } from '@crrg/tensor';
import { END_ID } from '../words/vocabulary.js';
import type { CaptionerConfig } from './config.js';

/** One film and what is said of it. */
export interface CaptionSample {
  /** `[3, S, S]`, normalised. */
  readonly image: Float32Array;
  /** Without beginning and end. */
  readonly wordIds: readonly number[];
}

/** Inputs of `captionLoss` for a fixed batch size and number of words. */
export function captionBatchInputs(
  { imageSize }: CaptionerConfig,
  batch: number,
  steps: number,
): Record<'images' | 'wordIds' | 'nextIds' | 'mask', InputSpec> {
  const words = { shape: [batch, steps] };
  return {
    images: { shape: [batch, 3, imageSize, imageSize] },
    wordIds: { ...words, dtype: 'int32' },
    nextIds: { ...words, dtype: 'int32' },
    mask: words,
  };
}

/** A batch for {@link captionBatchInputs}; a caption that does not fit with its end is cut and its end not learned. */
export function packCaptionBatch(
  samples: readonly CaptionSample[],
  { imageSize }: CaptionerConfig,
  steps: number,
): Record<string, HostTensor> {
  const batch = samples.length;
  const pixels = 3 * imageSize * imageSize;
  const images = new Float32Array(batch * pixels);
  const [wordIds, nextIds] = [new Int32Array(batch * steps), new Int32Array(batch * steps)];
  const mask = new Float32Array(batch * steps);
  samples.forEach(({ image, wordIds: words }, row) => {
    images.set(image, row * pixels);
    const caption = [...words, END_ID].slice(0, steps);
    nextIds.set(caption, row * steps);
    wordIds.set([END_ID, ...caption.slice(0, -1)], row * steps);
    mask.fill(1, row * steps, row * steps + caption.length);
  });
  const shape = [batch, steps];
  return {
    images: float32([batch, 3, imageSize, imageSize], images),
    wordIds: int32(shape, wordIds),
    nextIds: int32(shape, nextIds),
    mask: float32(shape, mask),
  };
}
