import { staticShape } from '../graph.js';
import type { Primitives } from './definition.js';

/** Values that come from no other node. */
export const literals = {
  constant: {
    infer: (_inputs, { value }) => ({ shape: value.shape, dtype: value.dtype }),
    evaluate: (_inputs, { value }) =>
      value.dtype === 'float32'
        ? Float64Array.from(value.data)
        : (value.data.slice() as Int32Array | Uint8Array),
  },
  iota: {
    infer: (_inputs, { length }) => ({ shape: [length], dtype: 'int32' }),
    evaluate: (_inputs, _attributes, { shape }) =>
      Int32Array.from({ length: staticShape(shape, 'tensor.iota')[0]! }, (_, index) => index),
  },
} satisfies Partial<Primitives>;
