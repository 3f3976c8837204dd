// Shape shorthand: B batch, T queries, D width, H heads, E width of a head, L columns of a block, C columns of all blocks.
import { ShapeError } from '@crrg/core';
import type { AttentionAttributes } from '../attributes.js';
import { addDims, dimsEqual, formatShape, mulDims, shapesEqual, type Dim } from '../dim.js';
import type { Tensor } from '../graph.js';
import type { AttentionBlock, Ops } from '../operations.js';
import type { CompositeDefinition } from './definition.js';
import { requireType } from './shapes.js';

/** The operands of a recorded attention. */
function partsOf([query, bias, ...rest]: readonly Tensor[]) {
  const blocks = rest.flatMap((key, index): AttentionBlock[] =>
    index % 2 === 0 ? [{ key, value: rest[index + 1]! }] : [],
  );
  return { query: query!, bias: bias!, blocks };
}

function fits({ query, bias, blocks }: ReturnType<typeof partsOf>, numHeads: number): boolean {
  const [batch, queries, width] = query.shape as [Dim, Dim, Dim];
  const isBlock = ({ key, value }: AttentionBlock) =>
    key.shape.length === 4 &&
    shapesEqual(key.shape, value.shape) &&
    dimsEqual(key.shape[0]!, batch) &&
    key.shape[1] === numHeads &&
    dimsEqual(mulDims(numHeads, key.shape[3]!), width);
  if (query.shape.length !== 3 || blocks.length === 0 || !blocks.every(isBlock)) return false;
  const scores = [1, queries, columnsOf(blocks)];
  const [biasBatch, ...rest] = bias.shape;
  return shapesEqual(rest, scores) && (biasBatch === 1 || dimsEqual(biasBatch!, batch));
}

function columnsOf(blocks: readonly AttentionBlock[]): Dim {
  return addDims(...blocks.map(({ key }) => key.shape[2]!));
}

/** What each block gives by its share of the weights `[B, H, T, C]`, added up. */
function weightedSum(ops: Ops, weights: Tensor, blocks: readonly AttentionBlock[]): Tensor {
  if (blocks.length === 1) return ops.matmul(weights, blocks[0]!.value);
  let start: Dim = 0;
  const sums = blocks.map(({ value }) => {
    const end = addDims(start, value.shape[2]!);
    const share = ops.slice(weights, { axes: [3], starts: [start], ends: [end] });
    start = end;
    return ops.matmul(share, value);
  });
  return sums.reduce((a, b) => ops.add(a, b));
}

/** Keys and values of several blocks are not joined: what is joined and cut are scores, a number where they have a row. */
export const attention: CompositeDefinition<AttentionAttributes> = {
  infer(inputs, { numHeads }) {
    for (const input of inputs) requireType(input, 'float32', 'attention');
    const parts = partsOf(inputs);
    if (!fits(parts, numHeads))
      throw new ShapeError(
        `tensor.attention: expected query [B, T, D], bias [B, 1, T, C] and blocks [B, ${numHeads}, L, D / ${numHeads}] of C columns, got ${inputs.map(({ shape }) => formatShape(shape)).join(', ')}; reshape them.`,
      );
    return { shape: parts.query.shape, dtype: 'float32' };
  },
  decompose(ops, inputs, { numHeads, scale }) {
    const { query, bias, blocks } = partsOf(inputs);
    const [batch, queries, width] = query.shape as [Dim, Dim, Dim];
    const headWidth = blocks[0]!.key.shape[3]!;
    const heads = ops.transpose(ops.reshape(query, [batch, queries, numHeads, headWidth]), [0, 2, 1, 3]);
    const scaled = ops.mul(heads, scale);
    const products = blocks.map(({ key }) => ops.matmul(scaled, key, { transposeB: true }));
    const scores = products.length === 1 ? products[0]! : ops.concat(products, 3);
    const mixed = weightedSum(ops, ops.softmax(ops.add(scores, bias), -1), blocks);
    return ops.reshape(ops.transpose(mixed, [0, 2, 1, 3]), [batch, queries, width]);
  },
};
