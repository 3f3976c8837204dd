/**
 * A sum and the norm of it in one operator, `SkipLayerNormalization`, which gives both: `x + (y + bias)` as transformers have it before each
 * of their halves. The WebGPU provider starts a program for every node; on the processor the three are faster apart.
 */
import { shapesEqual, type NodeOf, type Tensor } from '@crrg/tensor';
import { elementwise } from './elementwise.js';
import { reductions } from './reduce.js';
import type { LoweringContext, TargetLowerings } from './context.js';

/** Of what the operator takes: rows of tokens, or of tokens by sequence. */
const RANKS = [2, 3];

/** The norm that is the first to take a sum of two tensors of its shape, where that is all the sum's operator needs to know. */
function normOf(
  context: LoweringContext,
  { inputs, output }: NodeOf<'add'>,
): NodeOf<'layerNorm'> | undefined {
  const [first] = context.users(output);
  if (first?.op !== 'layerNorm' || first.inputs[0] !== output || !RANKS.includes(output.shape.length))
    return undefined;
  if (!inputs.every(({ shape }) => shapesEqual(shape, output.shape))) return undefined;
  // A weight is there before the sum is.
  return first.inputs.slice(1).every((x) => context.weight(x)) ? first : undefined;
}

/** The vector that is added to every row of a sum's other operand, where it is a weight. */
function biasOf(context: LoweringContext, { inputs }: NodeOf<'add'>): string | undefined {
  const bias = inputs[1]!;
  return bias.shape.length === 1 && context.weight(bias) ? context.value(bias) : undefined;
}

/** True where all that takes `x` is a sum with a norm, which has no bias yet. */
function isForSum(context: LoweringContext, x: Tensor): boolean {
  const [only, ...others] = context.users(x);
  if (only?.op !== 'add' || others.length > 0 || context.isResult(x)) return false;
  return (
    normOf(context, only) !== undefined &&
    !only.inputs.some(({ id }) => context.byTheWay.has(`bias of ${id}`))
  );
}

/** Adds `x + y`, with the bias of either, and keeps the norm of the sum. */
function addAndNormalize(context: LoweringContext, node: NodeOf<'add'>, norm: NodeOf<'layerNorm'>): string {
  const { builder, value, byTheWay } = context;
  const biases = node.inputs.map(({ id }) => byTheWay.get(`bias of ${id}`));
  const input = biases[0] === undefined ? 1 : 0;
  const names = [node.inputs[input]!, node.inputs[1 - input]!, ...norm.inputs.slice(1)].map(value);
  const bias = biases[input];
  const [normalized, , , sum] = builder.multi(
    'SkipLayerNormalization',
    bias === undefined ? names : [...names, bias],
    { domain: 'com.microsoft', outputs: 4, attributes: { epsilon: { float: norm.attributes.epsilon } } },
  );
  byTheWay.set(`normalized of ${norm.output.id}`, normalized!);
  return sum!;
}

/** Rules for sums and norms. */
export const residualLowerings = {
  add(context, node) {
    const norm = normOf(context, node);
    if (norm) return addAndNormalize(context, node, norm);
    const bias = isForSum(context, node.output) ? biasOf(context, node) : undefined;
    if (bias === undefined) return elementwise.add(context, node);
    context.byTheWay.set(`bias of ${node.output.id}`, bias);
    return context.value(node.inputs[0]!);
  },
  layerNorm: (context, node) =>
    context.byTheWay.get(`normalized of ${node.output.id}`) ?? reductions.layerNorm(context, node),
} satisfies Partial<TargetLowerings>;
