import type { NodeOf, Tensor } from '@crrg/tensor';
import type { LoweringContext, Lowerings } from './context.js';
import { blockBitsOf, quantizedBlocks } from './quantize-blocks.js';
import { matrixLayout } from './weight-view.js';

/**
 * Rows of a matrix that is kept in blocks of integers, from those integers, so that it is not kept in float32 beside them; undefined where the
 * operation is another one.
 */
function quantizedRows(
  context: LoweringContext,
  { inputs, attributes }: NodeOf<'gather'>,
): string | undefined {
  const [table, indices] = inputs as readonly [Tensor, Tensor];
  const bound = context.weight(table);
  const bits = bound && blockBitsOf(bound.dtype);
  if (!bits || attributes.axis !== 0 || table.shape.length !== 2) return undefined;
  // A block is a part of a row here, as it is for a product with the transposed matrix.
  const layout = matrixLayout(bound.view, true);
  if (!layout) return undefined;
  const { parts, K: width, N: rows, block_size } = quantizedBlocks(bound.weight, layout, bits);
  const [integers, scales] = parts;
  const { builder } = context;
  const constants = [
    { ...integers, shape: [rows, integers.byteLength / rows] },
    { ...scales, shape: [rows, scales.byteLength / 4 / rows] },
  ].map(context.addMade);
  const found = builder.node('GatherBlockQuantized', [constants[0]!, context.value(indices), constants[1]!], {
    domain: 'com.microsoft',
    attributes: { bits, block_size, gather_axis: 0, quantize_axis: 1 },
  });
  if (width % block_size === 0) return found;
  return builder.node('Slice', [found, builder.ints([0]), builder.ints([width]), builder.ints([-1])]);
}

/** Look-ups. */
export const gathers = {
  gather: (context, node) =>
    quantizedRows(context, node) ??
    context.builder.node('Gather', node.inputs.map(context.value), {
      attributes: { axis: node.attributes.axis },
    }),
  gatherElements: ({ builder, value }, node) =>
    builder.node('GatherElements', node.inputs.map(value), {
      attributes: { axis: node.attributes.axis },
    }),
} satisfies Partial<Lowerings>;
