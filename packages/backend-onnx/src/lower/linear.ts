import type { HostTensor } from '@crrg/tensor';
import { mulDims, staticShape, type ConvolutionAttributes, type Shape, type Tensor } from '@crrg/tensor';
import type { LoweringContext, Lowerings } from './context.js';
import { productOfFewRows } from './few-rows.js';
import { blockBitsOf, quantizedBlocks, type BlockBits } from './quantize-blocks.js';
import { quantizedMatrix } from './quantize-matrix.js';
import { matrixLayout, type MatrixLayout } from './weight-view.js';

type Pair = readonly [number, number];
type Sides = readonly [number, number, number, number];

function swapLast(shape: Shape): number[] {
  const axes = [...shape.keys()];
  return [...axes.slice(0, -2), shape.length - 1, shape.length - 2];
}

function transposed({ builder, value }: LoweringContext, x: Tensor, swap: boolean): string {
  return swap ? builder.node('Transpose', [value(x)], { attributes: { perm: swapLast(x.shape) } }) : value(x);
}

/**
 * Padding that makes the stride-1 input gradient a plain convolution of the output gradient with the flipped kernel;
 * undefined where it would be negative.
 */
function gradientPadding(
  from: Pair,
  to: Pair,
  kernel: Pair,
  { strides, padding, dilations }: ConvolutionAttributes,
): Sides | undefined {
  if (strides[0] !== 1 || strides[1] !== 1) return undefined;
  const before = ([0, 1] as const).map((axis) => dilations[axis] * (kernel[axis] - 1) - padding[axis]) as [
    number,
    number,
  ];
  const after = ([0, 1] as const).map(
    (axis) => to[axis] - from[axis] + dilations[axis] * (kernel[axis] - 1) - before[axis],
  ) as [number, number];
  const sides: Sides = [...before, ...after];
  return sides.every((side) => side >= 0) ? sides : undefined;
}

/** `[O, C, kh, kw]` as the kernel `[C, O, kh, kw]` of the gradient, both spatial axes reversed. */
function flippedKernel(context: LoweringContext, w: Tensor, kernel: Pair): string {
  return context.builder.once(`flipped ${w.id}`, () => flipKernel(context, w, kernel));
}

function flipKernel({ builder, value }: LoweringContext, w: Tensor, kernel: Pair): string {
  const swapped = builder.node('Transpose', [value(w)], { attributes: { perm: [1, 0, 2, 3] } });
  if (kernel[0] === 1 && kernel[1] === 1) return swapped;
  const start = builder.ints([-1, -1]);
  return builder.node('Slice', [
    swapped,
    start,
    builder.ints([-(2 ** 31), -(2 ** 31)]),
    builder.ints([2, 3]),
    start,
  ]);
}

/**
 * Whether the input gradient should leave its kernel as it is. Sums of shifted products cost by the result, a flipped copy of the kernel by the
 * kernel.
 */
function keepsKernel({ target }: LoweringContext, w: Tensor, result: Shape): boolean {
  const { slowReversal = false } = target;
  const sizes = [w.shape, result].map((shape) => mulDims(...shape));
  return slowReversal && sizes.every((size) => typeof size === 'number') && sizes[0]! > sizes[1]!;
}

function convolutionAttributes({ strides, padding, dilations }: ConvolutionAttributes) {
  return { strides, pads: padding, dilations };
}

/** A product with 8-bit integers: the other operand is quantised at run time, row sums are exact, the result is float32. */
function productOf8Bits(
  context: LoweringContext,
  a: string,
  weight: HostTensor,
  layout: MatrixLayout,
): string {
  const constants = quantizedMatrix(weight, layout).map(context.addMade);
  return context.builder.node('DynamicQuantizeMatMul', [a, ...constants], { domain: 'com.microsoft' });
}

/** ONNX Runtime's `accuracy_level` at which the other operand is quantised to 8 bits, block by block of each row. */
const INT8_ACCURACY = 4;

/** A product with integers that share a scale block by block. */
function blockProduct(
  context: LoweringContext,
  a: string,
  weight: HostTensor,
  { layout, bits }: { readonly layout: MatrixLayout; readonly bits: BlockBits },
): string {
  const { parts, ...sizes } = quantizedBlocks(weight, layout, bits);
  const constants = parts.map(context.addMade);
  return context.builder.node('MatMulNBits', [a, ...constants], {
    domain: 'com.microsoft',
    attributes: { ...sizes, bits, accuracy_level: INT8_ACCURACY },
  });
}

/** A product with a bound matrix in the target's quantised form; undefined where the operation is another one. */
function quantizedProduct(
  context: LoweringContext,
  a: Tensor,
  b: Tensor,
  { transA, transB }: { readonly transA: boolean; readonly transB: boolean },
): string | undefined {
  if (transA || b.shape.length !== 2) return undefined;
  const bound = context.weight(b);
  const layout = bound && matrixLayout(bound.view, transB);
  if (!layout) return undefined;
  if (bound.dtype === 'q8') return productOf8Bits(context, context.value(a), bound.weight, layout);
  const bits = blockBitsOf(bound.dtype);
  return bits && blockProduct(context, context.value(a), bound.weight, { layout, bits });
}

/** Matrix products and convolutions. */
export const linear = {
  matmul(context, node) {
    const { builder, target } = context;
    const [a, b] = node.inputs as readonly [Tensor, Tensor];
    const { transposeA: transA, transposeB: transB } = node.attributes;
    const quantized = quantizedProduct(context, a, b, { transA, transB });
    const found = quantized ?? productOfFewRows(context, node);
    if (found !== undefined) return found;
    if (target.fusedMatmul && (transA || transB)) {
      const attributes = { transA: transA ? 1 : 0, transB: transB ? 1 : 0 };
      return builder.node('FusedMatMul', [context.value(a), context.value(b)], {
        domain: 'com.microsoft',
        attributes,
      });
    }
    return builder.node('MatMul', [transposed(context, a, transA), transposed(context, b, transB)]);
  },
  conv2d: ({ builder, value }, node) =>
    builder.node('Conv', node.inputs.map(value), {
      attributes: convolutionAttributes(node.attributes),
    }),
  conv2dTranspose(context, node) {
    const { builder, value } = context;
    const [y, w] = node.inputs as readonly [Tensor, Tensor];
    const { strides, padding, dilations, size } = node.attributes;
    const where = 'backend-onnx.compile (conv2dTranspose)';
    const [from, kernel] = [y, w].map((x) => staticShape(x.shape.slice(2), where)) as unknown as [Pair, Pair];
    const pads = gradientPadding(from, size, kernel, node.attributes);
    if (pads && !keepsKernel(context, w, node.output.shape))
      return builder.node('Conv', [value(y), flippedKernel(context, w, kernel)], {
        attributes: { strides: [1, 1], pads, dilations },
      });
    const reached = ([0, 1] as const).map(
      (axis) =>
        strides[axis] * (from[axis] - 1) +
        dilations[axis] * (kernel[axis] - 1) +
        1 -
        padding[axis] -
        padding[axis + 2]!,
    );
    const attributes = {
      ...convolutionAttributes(node.attributes),
      output_padding: size.map((length, axis) => length - reached[axis]!),
    };
    return builder.node('ConvTranspose', [value(y), value(w)], { attributes });
  },
} satisfies Partial<Lowerings>;
