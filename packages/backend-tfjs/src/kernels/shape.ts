import { sizeOf, uniformNumbers } from '@crrg/tensor';
import { toPhysical, transposeLayout } from '../layout.js';
import { commonLayout } from './elementwise.js';
import { unaryKernel, type Kernels } from './definition.js';
import { expandTo } from './expand.js';
import { stridedSlice } from './strided.js';

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
    return { tensor: tf.pad(x.view(layout), physical, value), layout };
  }),
} satisfies Partial<Kernels>;
