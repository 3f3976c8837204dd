import { roundHalfToEven } from '@crrg/core';
import type { GreyImage } from '@crrg/image';

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Tap {
  readonly first: number;
  readonly second: number;
  /** Weight of the second. */
  readonly share: number;
}

/** For each place of an output axis the two nearest of the input, pixel centres aligned; over the border both are the last one. */
function taps(from: number, to: number): Tap[] {
  const scale = from / to;
  const inside = (at: number) => Math.min(from - 1, Math.max(0, at));
  return Array.from({ length: to }, (_, index) => {
    const at = Math.fround((index + 0.5) * scale - 0.5);
    const first = Math.floor(at);
    return { first: inside(first), second: inside(first + 1), share: Math.fround(at - first) };
  });
}

/**
 * A picture at another size as OpenCV's `INTER_LINEAR` makes it of real numbers (no smoothing when shrinking), not rounded.
 * @returns `[H, W]` row-major, in the grey levels of the picture
 */
export function resizeLinear({ width, height, data }: GreyImage, size: Size): Float64Array {
  const columns = taps(width, size.width);
  const out = new Float64Array(size.width * size.height);
  let into = 0;
  for (const row of taps(height, size.height)) {
    const [above, below] = [row.first * width, row.second * width];
    for (const { first, second, share } of columns) {
      const upper = data[above + first]! * (1 - share) + data[above + second]! * share;
      const lower = data[below + first]! * (1 - share) + data[below + second]! * share;
      out[into++] = upper * (1 - row.share) + lower * row.share;
    }
  }
  return out;
}

/** Weights of whole numbers: 11 bits. */
const ONE = 2048;

/** As {@link resizeLinear}, of whole numbers up to 255 in the fixed-point steps that OpenCV takes. */
export function resizeLinearBytes({ width, height, data }: GreyImage, size: Size): Float64Array {
  const whole = (tap: Tap) => ({
    ...tap,
    weights: [roundHalfToEven((1 - tap.share) * ONE), roundHalfToEven(tap.share * ONE)] as const,
  });
  const columns = taps(width, size.width).map(whole);
  const out = new Float64Array(size.width * size.height);
  let into = 0;
  for (const row of taps(height, size.height).map(whole)) {
    const [above, below] = [row.first * width, row.second * width];
    for (const { first, second, weights } of columns) {
      const upper = data[above + first]! * weights[0] + data[above + second]! * weights[1];
      const lower = data[below + first]! * weights[0] + data[below + second]! * weights[1];
      out[into++] =
        (((row.weights[0] * (upper >> 4)) >> 16) + ((row.weights[1] * (lower >> 4)) >> 16) + 2) >> 2;
    }
  }
  return out;
}
