import type { Tf, TfTensor, TfTensor4 } from '../tf.js';
import { CHANNELS_LAST } from '../layout.js';
import { explicitPadding } from './convolution.js';
import type { Kernel } from './definition.js';
import { interleaveZeros } from './interleave.js';
import { stridedSlice } from './strided.js';

/** Elements `[dy + i * strideY, dx + j * strideX]` of the spatial axes of `[B, H, W, C]`. */
function windowElement(
  tf: Tf,
  x: TfTensor,
  offset: readonly [number, number],
  size: readonly [number, number],
  strides: readonly [number, number],
): TfTensor {
  const [batch, , , channels] = x.shape as [number, number, number, number];
  return stridedSlice(tf, x, [0, ...offset, 0], [batch, ...size, channels], [1, ...strides, 1]);
}

export const maxPool2dKernel: Kernel<'maxPool2d'> = (
  { tf, shape, padsPools },
  [x],
  { kernel, strides, padding },
) => {
  const image = x!.view(CHANNELS_LAST) as TfTensor4;
  if (kernel[0] === 1 && kernel[1] === 1 && padding.every((p) => p === 0)) {
    return {
      tensor: windowElement(tf, image, [0, 0], [shape[2]!, shape[3]!], strides),
      layout: CHANNELS_LAST,
    };
  }
  const border = padding.some((p) => p > 0) ? explicitPadding(padding) : undefined;
  const padded = border && !padsPools ? tf.pad(image, border, -Infinity) : image;
  const pad = border && padsPools ? border : 'valid';
  return {
    tensor: tf.maxPool(padded as TfTensor4, [kernel[0], kernel[1]], [strides[0], strides[1]], pad),
    layout: CHANNELS_LAST,
  };
};

/** Places `[B, h, w, C]` at one offset of every window of a zero image `[B, H, W, C]`. */
function placeInWindows(
  tf: Tf,
  g: TfTensor,
  offset: readonly [number, number],
  size: readonly [number, number],
  strides: readonly [number, number],
): TfTensor {
  const spread = interleaveZeros(tf, interleaveZeros(tf, g, 1, strides[0]), 2, strides[1]);
  const after = [0, 1].map((axis) => size[axis]! - offset[axis]! - spread.shape[axis + 1]!) as [
    number,
    number,
  ];
  return tf.pad(spread, [
    [0, 0],
    [offset[0], after[0]],
    [offset[1], after[1]],
    [0, 0],
  ]);
}

/** Compares each element of a window with the window's maximum, in order, and gives the gradient to the first that equals it. */
export const maxPool2dGradientKernel: Kernel<'maxPool2dGradient'> = (
  { tf, shape },
  [x, gradient],
  { kernel, strides, padding },
) => {
  const [, , height, width] = shape as [number, number, number, number];
  const g = gradient!.view(CHANNELS_LAST);
  const [batch, rows, columns, channels] = g.shape as [number, number, number, number];
  const size = [0, 1].map((axis) =>
    Math.max(
      [height, width][axis]! + padding[axis]! + padding[axis + 2]!,
      ([rows, columns][axis]! - 1) * strides[axis]! + kernel[axis]!,
    ),
  ) as [number, number];
  const [top, left] = padding;
  const image = tf.pad(
    x!.view(CHANNELS_LAST),
    [
      [0, 0],
      [top, size[0] - top - height],
      [left, size[1] - left - width],
      [0, 0],
    ],
    -Infinity,
  ) as TfTensor4;
  const maxima = tf.maxPool(image, [kernel[0], kernel[1]], [strides[0], strides[1]], 'valid');
  let open: TfTensor = g;
  let total: TfTensor = tf.zeros([batch, ...size, channels]);
  for (let dy = 0; dy < kernel[0]; dy++) {
    for (let dx = 0; dx < kernel[1]; dx++) {
      const isMaximum = tf.cast(
        tf.equal(windowElement(tf, image, [dy, dx], [rows, columns], strides), maxima),
        'float32',
      );
      const routed = tf.mul(open, isMaximum);
      open = tf.sub(open, routed);
      total = tf.add(total, placeInWindows(tf, routed, [dy, dx], size, strides));
    }
  }
  return {
    tensor: tf.slice(total, [0, top, left, 0], [batch, height, width, channels]),
    layout: CHANNELS_LAST,
  };
};
