import { sizeOf, uniformNumbers } from '@crrg/tensor';
import type { Tf, TfTensor } from '../tf.js';
import { toPhysical, transposeLayout } from '../layout.js';
import { commonLayout } from './elementwise.js';
import { unaryKernel, type Kernels } from './definition.js';
import { expandTo } from './expand.js';
import { stridedSlice } from './strided.js';

/** Engines on a GPU pad four axes at most: of more, one axis after the other, what lies around it taken together. */
const PADDED_AXES = 4;

function padAxes(tf: Tf, x: TfTensor, padding: readonly [number, number][], value: number): TfTensor {
  if (padding.length <= PADDED_AXES) return tf.pad(x, [...padding], value);
  return padding.reduce((grown, [before, after], axis) => {
    if (before + after === 0) return grown;
    const { shape } = grown;
    const size = shape[axis]!;
    const flat = tf.reshape(grown, [sizeOf(shape.slice(0, axis)), size, sizeOf(shape.slice(axis + 1))]);
    const padded = tf.pad(
      flat,
      [
        [0, 0],
        [before, after],
        [0, 0],
      ],
      value,
    );
    return tf.reshape(padded, shape.with(axis, before + size + after));
  }, x);
}

export const shapeKernels = {
  iota: ({ tf, shape }) => tf.range(0, shape[0]!, 1, 'int32'),
  uniform: unaryKernel((seed, { tf, shape }) =>
    tf.tensor(
      uniformNumbers(seed.literal ?? seed.view().dataSync()[0]!, sizeOf(shape)),
      [...shape],
      'float32',
    ),
  ),
  reshape: unaryKernel((x, { tf, shape }) => tf.reshape(x.view(), [...shape])),
  transpose: unaryKernel((x, { live, shape }, { permutation }) =>
    x.share(live, shape, transposeLayout(x.layout, permutation)),
  ),
  broadcastTo: unaryKernel((x, { tf, shape }) => expandTo(tf, x.view(), shape)),
  concat: ({ tf, live, shape }, inputs, { axis }) => {
    const filled = inputs.filter((input) => input.size > 0);
    if (filled.length === 1) return filled[0]!.share(live);
    const layout = commonLayout(filled, shape.length);
    return {
      tensor: tf.concat(
        filled.map((input) => input.view(layout)),
        layout.indexOf(axis),
      ),
      layout,
    };
  },
  slice: unaryKernel((x, { tf, shape, dim }, { axes, starts, steps }) => {
    const begin = x.shape.map(() => 0);
    const stride = x.shape.map(() => 1);
    axes.forEach((axis, index) => {
      begin[axis] = dim(starts[index]!);
      stride[axis] = steps[index] ?? 1;
    });
    const { layout } = x;
    const source = x.view(layout);
    if (stride.every((step) => step === 1))
      return { tensor: tf.slice(source, toPhysical(layout, begin), toPhysical(layout, shape)), layout };
    return {
      tensor: stridedSlice(
        tf,
        source,
        toPhysical(layout, begin),
        toPhysical(layout, shape),
        toPhysical(layout, stride),
      ),
      layout,
    };
  }),
  pad: unaryKernel((x, { tf }, { padding, value }) => {
    const { layout } = x;
    const physical = toPhysical(layout, padding).map(([before, after]): [number, number] => [before, after]);
    return { tensor: padAxes(tf, x.view(layout), physical, value), layout };
  }),
} satisfies Partial<Kernels>;
