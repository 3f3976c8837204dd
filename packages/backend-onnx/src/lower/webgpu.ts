/**
 * Rules for the WebGPU provider of ONNX Runtime 1.30, which lacks kernels: what it lacks would run on the processor, and the values would be
 * copied to it and back. Its `Cast` takes no int64; `Gather` and `GatherElements` take it as indices.
 */
import type { Shape, Tensor } from '@crrg/tensor';
import { bytesOf } from '../model-builder.js';
import { ELEMENT_TYPE } from '../proto/onnx.js';
import type { LoweringContext, TargetLowerings } from './context.js';
import { iota } from './layout.js';
import { residualLowerings } from './residual.js';
import { splitLowerings } from './split.js';

/** Longest row that the provider's `TopK` sorts in one pass; a longer one takes a pass for every step of its sorting network. */
const SORTED_AT_ONCE = 2048;

/** Positions up to here are float32, which is all that the provider's `GatherElements` moves. */
const WHOLE_IN_FLOAT = 2 ** 24;

/** int64 positions along an axis of `x` as int32, looked up in a table. */
function narrow({ builder }: LoweringContext, positions: string, x: Tensor, axis: number): string {
  return builder.node('Gather', [iota(builder, x.shape[axis]!), positions], { attributes: { axis: 0 } });
}

/** The largest of each row of an axis, which stays with size 1. `ReduceMax` is refused where there is no row, `ArgMax` is not. */
function rowMaxima({ builder, value, byTheWay }: LoweringContext, x: Tensor, axis: number): string {
  const found = axis === x.shape.length - 1 ? byTheWay.get(`largest of ${x.id}`) : undefined;
  if (found !== undefined)
    return builder.node('Slice', [found, builder.ints([0]), builder.ints([1]), builder.ints([axis])]);
  if (isFilled(x.shape))
    return builder.node('ReduceMax', [value(x), builder.ints([axis])], { attributes: { keepdims: 1 } });
  const at = builder.node('ArgMax', [value(x)], { attributes: { axis, keepdims: 1 } });
  return builder.node('GatherElements', [value(x), at], { attributes: { axis } });
}

/** True where there is an element for certain. */
function isFilled(shape: Shape): boolean {
  return shape.every((dim) => typeof dim === 'number' && dim > 0);
}

/** The largest `k` of each row and their positions as int64. */
function topOfShortRows(
  { builder }: LoweringContext,
  value: string,
  k: number,
): readonly [values: string, positions: string] {
  return builder.multi('TopK', [value, builder.ints([k])], { outputs: 2 }) as [string, string];
}

/** The same of rows of `length`, by way of the largest of each piece of a row; positions as int32. */
function topOfLongRows(
  context: LoweringContext,
  x: Tensor,
  length: number,
  k: number,
): readonly [values: string, positions: string] {
  const { builder, value } = context;
  const lead = x.shape.slice(0, -1).map(() => 0);
  const pieces = Math.ceil(length / SORTED_AT_ONCE);
  const missing = pieces * SORTED_AT_ONCE - length;
  const amounts = builder.ints([...lead, 0, ...lead, missing]);
  const whole = builder.node('Pad', [value(x), amounts, builder.scalar('float32', -Infinity)]);
  const cut = builder.node('Reshape', [whole, builder.ints([...lead, pieces, SORTED_AT_ONCE])]);
  const [values, within] = topOfShortRows(context, cut, k);
  const starts = Float32Array.from({ length: pieces }, (_, piece) => piece * SORTED_AT_ONCE);
  const offsets = Float32Array.from({ length: SORTED_AT_ONCE }, (_, offset) => offset);
  const places = builder.node('Add', [
    builder.node('Gather', [builder.literal('float32', [SORTED_AT_ONCE], bytesOf(offsets)), within], {
      attributes: { axis: 0 },
    }),
    builder.literal('float32', [pieces, 1], bytesOf(starts)),
  ]);
  const together = builder.ints([...lead, pieces * k]);
  const [best, which] = topOfShortRows(context, builder.node('Reshape', [values, together]), k);
  const found = builder.node('GatherElements', [builder.node('Reshape', [places, together]), which], {
    attributes: { axis: lead.length },
  });
  return [best, builder.node('Cast', [found], { attributes: { to: ELEMENT_TYPE.int32 } })];
}

function isWorthCutting(length: number, k: number): boolean {
  return length > SORTED_AT_ONCE && length <= WHOLE_IN_FLOAT && k <= SORTED_AT_ONCE / 2;
}

/** What takes the place of the general rules. */
export const webgpuLowerings = {
  ...residualLowerings,
  ...splitLowerings,
  logSoftmax(context, node) {
    const { builder, value } = context;
    const [x] = node.inputs as readonly [Tensor];
    const { axis } = node.attributes;
    const shifted = builder.node('Sub', [value(x), rowMaxima(context, x, axis)]);
    const sum = builder.node('ReduceSum', [builder.node('Exp', [shifted]), builder.ints([axis])], {
      attributes: { keepdims: 1 },
    });
    return builder.node('Sub', [shifted, builder.node('Log', [sum])]);
  },
  or({ builder, operands }, node) {
    const neither = operands(node.inputs).map((operand) => builder.node('Not', [operand]));
    return builder.node('Not', [builder.node('And', neither)]);
  },
  sign({ builder, value }, node) {
    const x = value(node.inputs[0]!);
    const [zero, one, minusOne] = [0, 1, -1].map((number) => builder.scalar('float32', number));
    const orLess = builder.node('Where', [builder.node('Less', [x, zero!]), minusOne!, x]);
    return builder.node('Where', [builder.node('Less', [zero!, x]), one!, orLess]);
  },
  argMax(context, node) {
    const [x] = node.inputs as readonly [Tensor];
    const { axis } = node.attributes;
    const found = context.builder.node('ArgMax', [context.value(x)], { attributes: { axis, keepdims: 0 } });
    return narrow(context, found, x, axis);
  },
  topKIndices(context, node) {
    const [x] = node.inputs as readonly [Tensor];
    const { k } = node.attributes;
    const axis = x.shape.length - 1;
    const length = x.shape[axis]!;
    const isLong = typeof length === 'number' && isWorthCutting(length, k);
    const [values, positions] = isLong
      ? topOfLongRows(context, x, length, k)
      : topOfShortRows(context, context.value(x), k);
    context.byTheWay.set(`largest of ${x.id}`, values);
    return isLong ? positions : narrow(context, positions, x, axis);
  },
  attention({ builder, value }, node) {
    const [query, bias, ...blocks] = node.inputs as readonly [Tensor, Tensor, ...Tensor[]];
    const [key, values] = [0, 1].map((part) => {
      const names = blocks.filter((_, index) => index % 2 === part).map(value);
      return names.length === 1 ? names[0]! : builder.node('Concat', names, { attributes: { axis: 2 } });
    });
    const { numHeads, scale } = node.attributes;
    return builder.node('MultiHeadAttention', [value(query), key!, values!, '', '', value(bias)], {
      domain: 'com.microsoft',
      attributes: { num_heads: numHeads, scale: { float: scale } },
    });
  },
} satisfies Partial<TargetLowerings>;
