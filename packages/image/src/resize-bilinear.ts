import { assert8Bit, rgbImage, type RgbImage } from './pixels.js';

const PRECISION_BITS = 22;
/** Rounds to the nearest when the bits are shifted out. */
const HALF = 1 << (PRECISION_BITS - 1);

/** Source values that one output value averages along one axis, with 22-bit weights. */
interface Taps {
  readonly start: number;
  readonly weights: Int32Array;
}

/**
 * An 8-bit colour picture at another size through a triangle filter that widens when shrinking (antialias), to the last bit as
 * Pillow computes it: columns first, 22-bit weights, rounded to 8 bits between the passes.
 *
 * Source: docs/reference/image-preprocessing.md#r-clip; Pillow 9.4 `Image.resize(..., BILINEAR)`.
 * @throws `ImageError` for 16-bit pixels
 */
export function resizeBilinear(
  image: RgbImage,
  size: { readonly width: number; readonly height: number },
): RgbImage {
  assert8Bit('image.resizeBilinear', image);
  const { width, height } = size;
  const across = width === image.width ? image : resizeColumns(image, width);
  return height === across.height ? across : resizeRows(across, height);
}

function filterTaps(sourceLength: number, targetLength: number): Taps[] {
  const scale = sourceLength / targetLength;
  const support = Math.max(scale, 1);
  return Array.from({ length: targetLength }, (_, index) => {
    const centre = (index + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(sourceLength, Math.trunc(centre + support + 0.5));
    const raw = Array.from({ length: end - start }, (__, at) => {
      const distance = Math.abs((at + start - centre + 0.5) * (1 / support));
      return Math.max(0, 1 - distance);
    });
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    return {
      start,
      weights: Int32Array.from(raw, (weight) => Math.trunc(0.5 + (weight / total) * 2 ** PRECISION_BITS)),
    };
  });
}

function resizeColumns(image: RgbImage, width: number): RgbImage {
  const taps = filterTaps(image.width, width);
  const source = image.data;
  const data = new Uint8Array(width * image.height * 3);
  for (let y = 0, into = 0; y < image.height; y++) {
    for (const { start, weights } of taps) {
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      for (let index = 0, at = (y * image.width + start) * 3; index < weights.length; index++, at += 3) {
        const weight = weights[index]!;
        red += source[at]! * weight;
        green += source[at + 1]! * weight;
        blue += source[at + 2]! * weight;
      }
      data[into++] = Math.min(255, red >> PRECISION_BITS);
      data[into++] = Math.min(255, green >> PRECISION_BITS);
      data[into++] = Math.min(255, blue >> PRECISION_BITS);
    }
  }
  return rgbImage(width, image.height, data);
}

function resizeRows(image: RgbImage, height: number): RgbImage {
  const stride = image.width * 3;
  const source = image.data;
  const data = new Uint8Array(stride * height);
  const sums = new Int32Array(stride);
  filterTaps(image.height, height).forEach(({ start, weights }, y) => {
    sums.fill(HALF);
    weights.forEach((weight, index) => {
      const from = (start + index) * stride;
      for (let at = 0; at < stride; at++) sums[at] = sums[at]! + source[from + at]! * weight;
    });
    for (let at = 0; at < stride; at++) data[y * stride + at] = Math.min(255, sums[at]! >> PRECISION_BITS);
  });
  return rgbImage(image.width, height, data);
}
