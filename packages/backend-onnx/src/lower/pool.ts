import { mulDims, type NodeOf, type PoolAttributes, type Tensor } from '@crrg/tensor';
import type { LoweringContext, Lowerings } from './context.js';

type Pair = readonly [number, number];
type PoolGradient = NodeOf<'maxPool2dGradient'>;

const SPATIAL = [2, 3];

function poolAttributes({ kernel, strides, padding }: PoolAttributes) {
  return { kernel_shape: kernel, strides, pads: padding };
}

/** The gradient goes where MaxPool found its maxima. */
function scatterToMaxima({ builder, value }: LoweringContext, node: PoolGradient): string {
  const [x, gradient] = node.inputs as readonly [Tensor, Tensor];
  const [, positions] = builder.multi('MaxPool', [value(x)], {
    attributes: poolAttributes(node.attributes),
    outputs: 2,
  });
  const flat = builder.ints([-1]);
  const [at, updates] = [positions!, value(gradient)].map((name) => builder.node('Reshape', [name, flat]));
  const total = mulDims(...x.shape);
  const zeros = builder.filled('float32', [total], 0);
  const attributes = { axis: 0, reduction: 'add' };
  return builder.reshape(
    builder.node('ScatterElements', [zeros, at!, updates!], { attributes }),
    [total],
    x.shape,
  );
}

function padSpatial(
  { builder }: LoweringContext,
  value: string,
  before: Pair,
  after: Pair,
  fill: number,
): string {
  return builder.node('Pad', [
    value,
    builder.ints([0, 0, ...before, 0, 0, ...after]),
    builder.scalar('float32', fill),
  ]);
}

/** Every `strides`-th element from `starts`, `count` per axis. */
function strided(
  { builder }: LoweringContext,
  value: string,
  starts: Pair,
  count: Pair,
  strides: Pair,
): string {
  const ends = starts.map((start, axis) => start + (count[axis]! - 1) * strides[axis]! + 1);
  return builder.node('Slice', [
    value,
    ...[starts, ends, SPATIAL, strides].map((list) => builder.ints(list)),
  ]);
}

/** Puts `strides - 1` zeros after each of the elements, which have one spatial axis, and gives them two. */
function spread(context: LoweringContext, value: string, [height, width]: Pair, [down, right]: Pair): string {
  const { builder } = context;
  if (down === 1 && right === 1) return builder.node('Reshape', [value, builder.ints([0, 0, height, width])]);
  const split = builder.node('Reshape', [value, builder.ints([0, -1, height, 1, width, 1])]);
  const amounts = builder.ints([0, 0, 0, 0, 0, 0, 0, 0, 0, down - 1, 0, right - 1]);
  const padded = builder.node('Pad', [split, amounts, builder.scalar('float32', 0)]);
  return builder.node('Reshape', [padded, builder.ints([0, -1, height * down, width * right])]);
}

/**
 * The same from comparisons per position of the window: the first that equals the maximum takes the gradient.
 *
 * They have one spatial axis: an engine that pools with channels last would else compare with channels last, and turn what comes of it, truth
 * values, which WebGPU's `Transpose` does not take.
 */
function compareToMaxima(context: LoweringContext, node: PoolGradient): string {
  const { builder, value } = context;
  const [x, gradient] = node.inputs as readonly [Tensor, Tensor];
  const { kernel, strides, padding } = node.attributes;
  const pooled = builder.node('MaxPool', [value(x)], { attributes: poolAttributes(node.attributes) });
  const padded = padSpatial(context, value(x), [padding[0], padding[1]], [padding[2], padding[3]], -Infinity);
  const size = x.shape.slice(2) as unknown as Pair;
  const count = gradient.shape.slice(2) as unknown as Pair;
  const flat = (name: string) => builder.node('Reshape', [name, builder.ints([0, 0, count[0] * count[1]])]);
  const [largestOf, gradientOf] = [flat(pooled), flat(value(gradient))];
  const extent = ([0, 1] as const).map((axis) =>
    Math.max(size[axis] + padding[axis] + padding[axis + 2]!, kernel[axis] - 1 + count[axis] * strides[axis]),
  );
  let free: string | undefined;
  let total: string | undefined;
  for (let tap = 0; tap < kernel[0] * kernel[1]; tap++) {
    const offset: Pair = [Math.floor(tap / kernel[1]), tap % kernel[1]];
    const largest = builder.node('Equal', [
      flat(strided(context, padded, offset, count, strides)),
      largestOf,
    ]);
    const chosen = free ? builder.node('And', [largest, free]) : largest;
    const others = builder.node('Not', [largest]);
    free = free ? builder.node('And', [free, others]) : others;
    const part = builder.node('Where', [chosen, gradientOf, builder.scalar('float32', 0)]);
    const after = extent.map((length, axis) => length - offset[axis]! - count[axis]! * strides[axis]!);
    const placed = padSpatial(
      context,
      spread(context, part, count, strides),
      offset,
      after as unknown as Pair,
      0,
    );
    total = total ? builder.node('Add', [total, placed]) : placed;
  }
  return strided(context, total!, [padding[0], padding[1]], size, [1, 1]);
}

/** Pooling. */
export const pooling = {
  maxPool2d: ({ builder, value }, node) =>
    builder.node('MaxPool', [value(node.inputs[0]!)], { attributes: poolAttributes(node.attributes) }),
  maxPool2dGradient: (context, node) =>
    context.target.poolIndices ? scatterToMaxima(context, node) : compareToMaxima(context, node),
} satisfies Partial<Lowerings>;
