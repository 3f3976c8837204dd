import { mulDims, type Tensor } from '@crrg/tensor';
import type { Lowerings } from './context.js';

function poolAttributes(attributes: Readonly<Record<string, unknown>>) {
  const { kernel, strides, padding } = attributes as Record<string, readonly number[]>;
  return { kernel_shape: kernel!, strides: strides!, pads: padding! };
}

/** Pooling. */
export const pooling: Lowerings = {
  maxPool2d: ({ builder, value }, node) =>
    builder.node('MaxPool', [value(node.inputs[0]!)], { attributes: poolAttributes(node.attributes) }),
  maxPool2dGradient({ builder, value }, node) {
    const [x, gradient] = node.inputs as readonly [Tensor, Tensor];
    const [, positions] = builder.multi('MaxPool', [value(x)], {
      attributes: poolAttributes(node.attributes),
      outputs: 2,
    });
    const flat = builder.ints([-1]);
    const [at, updates] = [positions!, value(gradient)].map((name) => builder.node('Reshape', [name, flat]));
    const total = mulDims(...x.shape);
    const zeros = builder.filled('float32', [total], 0);
    const spread = builder.node('ScatterElements', [zeros, at!, updates!], {
      attributes: { axis: 0, reduction: 'add' },
    });
    return builder.reshape(spread, [total], x.shape);
  },
};
