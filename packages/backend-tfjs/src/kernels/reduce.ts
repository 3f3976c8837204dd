import { dropAxes, type Layout } from '../layout.js';
import type { Tf, TfTensor } from '../tf.js';
import { unaryKernel, type Kernel, type Kernels } from './definition.js';

function reduction(
  compute: (tf: Tf, x: TfTensor, axes: number[], keepDims: boolean) => TfTensor,
): Kernel<'sum' | 'max'> {
  return unaryKernel((x, { tf, live }, { axes, keepDims }) => {
    if (axes.length === 0) return x.share(live);
    const { layout } = x;
    const physical = axes.map((axis) => layout.indexOf(axis));
    return {
      tensor: compute(tf, x.view(layout), physical, keepDims),
      layout: keepDims ? layout : dropAxes(layout, axes),
    };
  });
}

/** TensorFlow.js normalises along the last axis only. */
function axisLast(layout: Layout, axis: number): Layout {
  return [...layout.filter((other) => other !== axis), axis];
}

function alongLine(compute: (tf: Tf, x: TfTensor) => TfTensor): Kernel<'softmax' | 'logSoftmax'> {
  return unaryKernel((x, { tf }, { axis }) => {
    const layout = axisLast(x.layout, axis);
    return { tensor: compute(tf, x.view(layout)), layout };
  });
}

/** Adds one axis after the other: the engine sums sequentially, and rounding errors grow with the length of a run. */
function sumInBlocks(tf: Tf, x: TfTensor, axes: readonly number[], keepDims: boolean): TfTensor {
  const innermostFirst = [...axes].sort((a, b) => b - a);
  return innermostFirst.reduce((sum, axis) => tf.sum(sum, axis, keepDims), x);
}

export const reduceKernels = {
  sum: reduction((tf, x, axes, keepDims) => sumInBlocks(tf, x, axes, keepDims)),
  max: reduction((tf, x, axes, keepDims) => tf.max(x, axes, keepDims)),
  argMax: unaryKernel((x, { tf }, { axis }) => {
    const { layout } = x;
    return { tensor: tf.argMax(x.view(layout), layout.indexOf(axis)), layout: dropAxes(layout, [axis]) };
  }),
  softmax: alongLine((tf, x) => tf.softmax(x)),
  logSoftmax: alongLine((tf, x) => tf.logSoftmax(x)),
} satisfies Partial<Kernels>;
