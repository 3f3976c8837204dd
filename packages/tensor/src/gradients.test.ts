import { describe, expect, it } from 'vitest';
import { createReferenceBackend } from './testing.js';
import { runToHost } from './backend.js';
import { gradients } from './gradients.js';
import { float32 } from './host-tensor.js';
import type { Ops } from './operations.js';
import type { Tensor } from './graph.js';
import { trace } from './trace.js';

const columns = (ops: Ops, x: Tensor, start: number, end: number) =>
  ops.slice(x, { axes: [1], starts: [start], ends: [end] });

/** Gradient of the sum of weighted squares of some columns of a 2 x 6 tensor, each use weighted by its place. */
function gradientGraph(uses: readonly (readonly [number, number])[]) {
  return trace({ inputs: { x: { shape: [2, 6] } } }, (ops, { inputs }) => {
    const terms = uses.map(([start, end], index) =>
      ops.mul(ops.sum(ops.square(columns(ops, inputs['x']!, start, end))), index + 1),
    );
    const loss = terms.reduce((sum, term) => ops.add(sum, term));
    return { g: gradients(ops, loss, [inputs['x']!])[0]! };
  });
}

async function gradientOf(uses: readonly (readonly [number, number])[]) {
  const executable = await createReferenceBackend().compile(gradientGraph(uses));
  const x = float32([2, 6], [...Array(12).keys()]);
  return [...(await runToHost(executable, { x }))['g']!.data];
}

/** The same by hand: 2 x times the weights of the uses that hold the column. */
function expected(uses: readonly (readonly [number, number])[]) {
  return [...Array(12).keys()].map((value) => {
    const weight = uses.reduce(
      (sum, [start, end], index) => sum + (value % 6 >= start && value % 6 < end ? index + 1 : 0),
      0,
    );
    return 2 * value * weight;
  });
}

const operations = (uses: readonly (readonly [number, number])[]) =>
  gradientGraph(uses).nodes.map(({ op }) => op);

describe('gradients of slices', () => {
  it.each([
    [
      'that tile the tensor',
      [
        [0, 2],
        [2, 4],
        [4, 6],
      ],
    ],
    [
      'that tile it in another order',
      [
        [3, 6],
        [0, 3],
      ],
    ],
    [
      'that leave a gap',
      [
        [0, 2],
        [3, 6],
      ],
    ],
    [
      'that leave the end',
      [
        [0, 2],
        [2, 5],
      ],
    ],
    [
      'that overlap',
      [
        [0, 4],
        [2, 6],
      ],
    ],
    [
      'where one holds everything',
      [
        [0, 6],
        [0, 3],
        [3, 6],
      ],
    ],
  ] as [string, [number, number][]][])('are right for slices %s', async (_, uses) => {
    expect(await gradientOf(uses)).toEqual(expected(uses));
  });

  it('are laid side by side where the slices tile the tensor, without a sum over zeros', () => {
    expect(
      operations([
        [3, 6],
        [0, 3],
      ]),
    ).not.toContain('pad');
    expect(
      operations([
        [3, 6],
        [0, 3],
      ]),
    ).toContain('concat');
    expect(
      operations([
        [0, 4],
        [2, 6],
      ]),
    ).toContain('pad');
  });

  /** Operations of the gradient whose result has the size of `x`, a broadcast left out: engines need not carry it out. */
  function largeOperations(loss: (ops: Ops, x: Tensor, row: Tensor) => Tensor, of: 'x' | 'row') {
    const graph = trace({ inputs: { x: { shape: [2, 6] }, row: { shape: [6] } } }, (ops, { inputs }) => ({
      g: gradients(ops, loss(ops, inputs['x']!, inputs['row']!), [inputs[of]!])[0]!,
    }));
    return graph.nodes
      .filter(({ op, output }) => output.shape.join() === '2,6' && op !== 'input' && op !== 'broadcastTo')
      .map(({ op }) => op);
  }

  it('passes over a large tensor once for a mean of squares', () => {
    expect(largeOperations((ops, x) => ops.mean(ops.square(x)), 'x')).toEqual(['mul']);
  });

  it('negates the gradient of what was subtracted after its sum', () => {
    const weighted = (ops: Ops, x: Tensor, row: Tensor) => ops.sum(ops.mul(ops.sub(x, row), x));
    expect(largeOperations(weighted, 'row')).toEqual(['mul']);
  });
});
