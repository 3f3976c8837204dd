import { formatShape } from '../dim.js';
import { ShapeError } from '@crrg/core';
import type { Tensor } from '../graph.js';
import { attention } from './attention.js';
import type { Composites } from './definition.js';
import { requireRank, requireType } from './shapes.js';

function sameAsFirst([x]: readonly Tensor[], where: string) {
  requireType(x!, 'float32', where);
  return { shape: x!.shape, dtype: 'float32' as const };
}

/** Operations written in primitives; backends fuse them where they have a kernel. */
export const composites: Composites = {
  layerNorm: {
    infer(inputs) {
      const [x, scale] = inputs;
      if (scale!.shape.length !== 1)
        throw new ShapeError(
          `tensor.layerNorm: scale must be [C], got ${formatShape(scale!.shape)}; reshape it.`,
        );
      return sameAsFirst([x!], 'layerNorm');
    },
    decompose(ops, [x, scale, shift], { epsilon }) {
      const centred = ops.sub(x!, ops.mean(x!, { axes: [-1], keepDims: true }));
      const variance = ops.mean(ops.square(centred), { axes: [-1], keepDims: true });
      return ops.add(ops.mul(ops.div(centred, ops.sqrt(ops.add(variance, epsilon))), scale!), shift!);
    },
  },
  batchNorm: {
    infer(inputs) {
      requireRank(inputs[0]!, 4, 'batchNorm');
      return sameAsFirst(inputs, 'batchNorm');
    },
    decompose(ops, [x, scale, shift, mean, variance], { epsilon }) {
      const perChannel = (t: Tensor) => ops.reshape(t, [1, t.shape[0]!, 1, 1]);
      const factor = ops.div(scale!, ops.sqrt(ops.add(variance!, epsilon)));
      return ops.add(ops.mul(ops.sub(x!, perChannel(mean!)), perChannel(factor)), perChannel(shift!));
    },
  },
  geluTanh: {
    infer: (inputs) => sameAsFirst(inputs, 'geluTanh'),
    decompose(ops, [x]) {
      // (1 + tanh(z)) / 2 is sigmoid(2z), whose gradient takes fewer operations.
      const rate = 2 * Math.sqrt(2 / Math.PI);
      const steepness = ops.add(ops.mul(ops.square(x!), rate * 0.044715), rate);
      return ops.mul(x!, ops.sigmoid(ops.mul(x!, steepness)));
    },
  },
  gelu: {
    infer: (inputs) => sameAsFirst(inputs, 'gelu'),
    decompose: (ops, [x]) => ops.mul(ops.mul(x!, 0.5), ops.add(ops.erf(ops.mul(x!, Math.SQRT1_2)), 1)),
  },
  attention,
};
