import type { Tf, TfTensor, TfTensor4 } from '../tf.js';
import { CHANNELS_LAST, KERNEL_LAST } from '../layout.js';
import { interleaveZeros } from './interleave.js';
import type { Kernel } from './definition.js';

type Pair = readonly [number, number];
/** `[top, left, bottom, right]`. */
type Padding = readonly [number, number, number, number];

interface ConvAttributes {
  readonly strides: Pair;
  readonly padding: Padding;
  readonly dilations: Pair;
}

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

export const conv2dKernel: Kernel = ({ tf, attributes }, [x, w]) => {
  const { strides, padding, dilations } = attributes as unknown as ConvAttributes;
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

/** Adds zeros at the end of the spatial axes up to a size. */
function growTo(tf: Tf, x: TfTensor, height: number, width: number): TfTensor {
  const [, h, w] = x.shape as [number, number, number, number];
  return h === height && w === width
    ? x
    : tf.pad(x, [
        [0, 0],
        [0, height - h],
        [0, width - w],
        [0, 0],
      ]);
}

export const conv2dTransposeKernel: Kernel = ({ tf, shape, attributes }, [y, w]) => {
  const { strides, padding, dilations } = attributes as unknown as ConvAttributes;
  const [batch, channels, height, width] = shape as [number, number, number, number];
  const kernel = spreadKernel(tf, w!.view(KERNEL_LAST), dilations);
  const gradient = y!.view(CHANNELS_LAST) as TfTensor4;
  // The padded image's part that windows cover; what lies beyond got nothing.
  const covered = [0, 1].map(
    (axis) => (gradient.shape[axis + 1]! - 1) * strides[axis]! + kernel.shape[axis]!,
  ) as [number, number];
  const full = tf.conv2dTranspose(gradient, kernel, [batch, ...covered, channels], pair(strides), 'valid');
  const [top, left] = padding;
  const grown = growTo(tf, full, Math.max(covered[0], top + height), Math.max(covered[1], left + width));
  return {
    tensor: tf.slice(grown, [0, top, left, 0], [batch, height, width, channels]),
    layout: CHANNELS_LAST,
  };
};
