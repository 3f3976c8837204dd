import type { Tf, TfTensor, TfTensor4 } from '../tf.js';
import { CHANNELS_LAST, KERNEL_LAST, KERNEL_TURNED } from '../layout.js';
import { interleaveZeros } from './interleave.js';
import type { Value } from '../value.js';
import type { Kernel } from './definition.js';

type Pair = readonly [number, number];
/** `[top, left, bottom, right]`. */
type Padding = readonly [number, number, number, number];

/** Padding as TensorFlow.js spells it for NHWC. */
export function explicitPadding([top, left, bottom, right]: Padding): [
  [number, number],
  [number, number],
  [number, number],
  [number, number],
] {
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
}

const isOne = ([a, b]: Pair) => a === 1 && b === 1;
const pair = ([a, b]: Pair): [number, number] => [a, b];

/** The kernel with zeros between its taps, so that a plain convolution dilates. */
function spreadKernel(tf: Tf, w: TfTensor, [dy, dx]: Pair): TfTensor4 {
  return interleaveZeros(tf, interleaveZeros(tf, w, 0, dy), 1, dx) as TfTensor4;
}

export const conv2dKernel: Kernel<'conv2d'> = ({ tf }, [x, w], { strides, padding, dilations }) => {
  const kernel = w!.view(KERNEL_LAST) as TfTensor4;
  const image = x!.view(CHANNELS_LAST) as TfTensor4;
  // TensorFlow.js refuses strides and dilations together.
  const spread = !isOne(strides) && !isOne(dilations);
  const tensor = tf.conv2d(
    image,
    spread ? spreadKernel(tf, kernel, dilations) : kernel,
    pair(strides),
    padding.some((p) => p > 0) ? explicitPadding(padding) : 'valid',
    'NHWC',
    spread ? 1 : pair(dilations),
  );
  return { tensor, layout: CHANNELS_LAST };
};

/** Grows (or, where negative, cuts) the rows and columns of `[B, H, W, C]`: `[top, left, bottom, right]`. */
function fit(tf: Tf, x: TfTensor, [top, left, bottom, right]: Padding): TfTensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const cut = (before: number) => Math.max(-before, 0);
  const start = [0, cut(top), cut(left), 0];
  const size = [batch, height - cut(top) - cut(bottom), width - cut(left) - cut(right), channels];
  const part = size.join() === x.shape.join() ? x : tf.slice(x, start, size);
  const grown = [top, left, bottom, right].map((amount) => Math.max(amount, 0)) as [
    number,
    number,
    number,
    number,
  ];
  return grown.every((amount) => amount === 0) ? part : tf.pad(part, explicitPadding(grown));
}

/** The kernel turned by half a turn: `[kh, kw, O, C]` for input channels `O` and output channels `C`. */
function turnedKernel(tf: Tf, w: Value, dilations: Pair): TfTensor4 {
  const kernel = spreadKernel(tf, w.view(KERNEL_TURNED), dilations);
  const [kh, kw, ...channels] = kernel.shape;
  if (kh * kw === 1) return kernel;
  const taps = tf.reshape(kernel, [kh * kw, channels[0] * channels[1]]);
  return tf.reshape(tf.gather(taps, tf.range(kh * kw - 1, -1, -1, 'int32')), kernel.shape);
}

/** A transposed convolution as a plain one over the gradient with zeros between its elements. */
const byPlainConvolution: Kernel<'conv2dTranspose'> = (
  { tf, shape },
  [y, w],
  { strides, padding, dilations },
) => {
  const [top, left] = padding;
  const kernel = turnedKernel(tf, w!, dilations);
  const reach = [kernel.shape[0] - 1, kernel.shape[1] - 1] as const;
  const gradient = y!.view(CHANNELS_LAST) as TfTensor4;
  const spread = (x: TfTensor) => interleaveZeros(tf, interleaveZeros(tf, x, 1, strides[0]), 2, strides[1]);
  const rows = (gradient.shape[1] - 1) * strides[0] + 1;
  const columns = (gradient.shape[2] - 1) * strides[1] + 1;
  const margins: Padding = [
    reach[0] - top,
    reach[1] - left,
    shape[2]! - rows + top,
    shape[3]! - columns + left,
  ];
  // With one tap the zeros may as well come after the product.
  const tensor =
    reach[0] + reach[1] === 0
      ? fit(tf, spread(tf.conv2d(gradient, kernel, 1, 'valid')), margins)
      : tf.conv2d(fit(tf, spread(gradient), margins) as TfTensor4, kernel, 1, 'valid');
  return { tensor, layout: CHANNELS_LAST };
};

const byTransposedKernel: Kernel<'conv2dTranspose'> = (
  { tf, shape },
  [y, w],
  { strides, padding, dilations },
) => {
  const [batch, channels, height, width] = shape as [number, number, number, number];
  const kernel = spreadKernel(tf, w!.view(KERNEL_LAST), dilations);
  const gradient = y!.view(CHANNELS_LAST) as TfTensor4;
  // The padded image's part that windows cover; what lies beyond got nothing.
  const rows = (gradient.shape[1] - 1) * strides[0] + kernel.shape[0];
  const columns = (gradient.shape[2] - 1) * strides[1] + kernel.shape[1];
  const full = tf.conv2dTranspose(gradient, kernel, [batch, rows, columns, channels], pair(strides), 'valid');
  const [top, left] = padding;
  const tensor = fit(tf, full, [-top, -left, height + top - rows, width + left - columns]);
  return { tensor, layout: CHANNELS_LAST };
};

export const conv2dTransposeKernel: Kernel<'conv2dTranspose'> = (context, inputs, attributes) =>
  (context.prefersPlainKernels ? byPlainConvolution : byTransposedKernel)(context, inputs, attributes);
