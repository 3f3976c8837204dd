import type { Tf, TfTensor4 } from '../tf.js';
import { CHANNELS_LAST } from '../layout.js';
import type { Kernels } from './definition.js';

type Vector = ReturnType<Tf['tensor1d']>;
/** Composites that TensorFlow.js has a kernel for; the others are expanded. */
export const compositeKernels = {
  batchNorm: ({ tf }, [x, scale, shift, mean, variance], { epsilon }) => {
    const image = x!.view(CHANNELS_LAST) as TfTensor4;
    const [s, b, m, v] = [scale, shift, mean, variance].map((vector) => vector!.view() as Vector) as [
      Vector,
      Vector,
      Vector,
      Vector,
    ];
    return {
      tensor: tf.batchNorm(image, m, v, b, s, epsilon),
      layout: CHANNELS_LAST,
    };
  },
} satisfies Partial<Kernels>;
