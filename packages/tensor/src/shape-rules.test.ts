import { describe, expect, it } from 'vitest';
import { addDims, mulDims, shapesEqual, subDims, symbol } from './dim.js';
import { gradients } from './gradients.js';
import { bindDims, type Tensor } from './graph.js';
import { float32, hostTensor, int32 } from './host-tensor.js';
import type { Ops } from './operations.js';
import { runToHost } from './backend.js';
import { createReferenceBackend } from './testing/reference-backend.js';
import { trace, type InputSpec } from './trace.js';

type Inputs = Readonly<Record<string, InputSpec>>;
type Build = (ops: Ops, inputs: Readonly<Record<string, Tensor>>) => Tensor;

const f = (...shape: (number | string)[]): InputSpec => ({ shape });
const i = (...shape: (number | string)[]): InputSpec => ({ shape, dtype: 'int32' });
const b = (...shape: (number | string)[]): InputSpec => ({ shape, dtype: 'bool' });

const record = (inputs: Inputs, build: Build) =>
  trace({ inputs }, (ops, scope) => ({ y: build(ops, scope.inputs) }));

/** What does not fit, and what the message says of it. */
const REFUSED: readonly [name: string, inputs: Inputs, build: Build, message: string][] = [
  ['two types', { a: f(2), b: i(2) }, (ops, { a, b }) => ops.add(a!, b!), 'got float32 and int32'],
  ['integers to divide', { a: i(2), b: i(2) }, (ops, { a, b }) => ops.div(a!, b!), '(float32)'],
  ['two sizes', { a: f(2), b: f(3) }, (ops, { a, b }) => ops.add(a!, b!), 'got [2] and [3]'],
  ['a size of 0 and another', { a: f(3), b: f(0) }, (ops, { a, b }) => ops.add(a!, b!), 'got [3] and [0]'],
  ['two symbols', { a: f('n'), b: f('m') }, (ops, { a, b }) => ops.add(a!, b!), 'got [n] and [m]'],
  ['a symbol and a number', { a: f('n'), b: f(3) }, (ops, { a, b }) => ops.mul(a!, b!), 'got [n] and [3]'],
  ['a number and a symbol', { a: f(3), b: f('n') }, (ops, { a, b }) => ops.mul(a!, b!), 'got [3] and [n]'],
  ...[
    { q: f(2, 3, 8), k: f(2, 2, 4, 4), b: f(2, 1, 3, 5) },
    { q: f(2, 3, 6), k: f(2, 2, 4, 4), b: f(2, 1, 3, 4) },
    { q: f(1, 3, 8), k: f(2, 2, 4, 4), b: f(2, 1, 3, 4) },
    { q: f(2, 3, 8), k: f(2, 2, 4, 4), b: f(1, 2, 3, 4) },
  ].map((inputs): (typeof REFUSED)[number] => [
    'attention whose columns, widths, batches or heads differ',
    inputs,
    (ops, { q, k, b }) => ops.attention(q!, [{ key: k!, value: k! }], b!, 1),
    'attention: expected query [B, T, D]',
  ]),
  [
    'attention over no block',
    { q: f(2, 3, 8), b: f(2, 1, 3, 0) },
    (ops, { q, b }) => ops.attention(q!, [], b!, 1),
    'attention: expected query',
  ],
  [
    'sides of two types',
    { p: b(2), x: f(2), y: i(2) },
    (ops, { p, x, y }) => ops.where(p!, x!, y!),
    'where: expected float32',
  ],
  [
    'a condition that is no bool',
    { p: f(2), x: f(2) },
    (ops, { p, x }) => ops.where(p!, x!, 0),
    'expected bool',
  ],
  ['a function of integers', { x: i(2) }, (ops, { x }) => ops.exp(x!), 'exp: expected float32, got int32'],
  ['a sum of integers', { x: i(2) }, (ops, { x }) => ops.sum(x!), 'sum: expected float32'],
  [
    'an axis above the rank',
    { x: f(2, 2) },
    (ops, { x }) => ops.sum(x!, { axes: [2] }),
    'axis 2 is outside rank 2; use -2..1',
  ],
  ['an axis below the rank', { x: f(2, 2) }, (ops, { x }) => ops.softmax(x!, -3), 'axis -3'],
  ['half an axis', { x: f(2, 2) }, (ops, { x }) => ops.argMax(x!, 0.5), 'axis 0.5'],
  ['inner sizes', { a: f(2, 3), b: f(2, 3) }, (ops, { a, b }) => ops.matmul(a!, b!), 'check the inner size'],
  [
    'a vector in a product',
    { a: f(3), b: f(3, 2) },
    (ops, { a, b }) => ops.matmul(a!, b!),
    '[.., M, K] x [.., K, N]',
  ],
  [
    'batches that do not broadcast',
    { a: f(2, 1, 1), b: f(3, 1, 1) },
    (ops, { a, b }) => ops.matmul(a!, b!),
    'matmul: expected shapes that broadcast',
  ],
  [
    'channels',
    { x: f(1, 2, 4, 4), w: f(1, 3, 1, 1) },
    (ops, { x, w }) => ops.conv2d(x!, w!),
    'check the layout',
  ],
  [
    'a kernel one too large',
    { x: f(1, 1, 2, 4), w: f(1, 1, 3, 3) },
    (ops, { x, w }) => ops.conv2d(x!, w!),
    'kernel 3x3 does not fit [1, 1, 2, 4]',
  ],
  [
    'an image without a fixed size',
    { x: f(1, 1, 'h', 4), w: f(1, 1, 1, 1) },
    (ops, { x, w }) => ops.conv2d(x!, w!),
    'expected a fixed size, got h',
  ],
  [
    'a window one too large',
    { x: f(1, 1, 1, 4) },
    (ops, { x }) => ops.maxPool2d(x!, { kernel: [2, 2], strides: [1, 1] }),
    'window 2x2 does not fit',
  ],
  [
    'a reshape to fewer elements',
    { x: f(2, 3) },
    (ops, { x }) => ops.reshape(x!, [5]),
    'as many elements as [2, 3], got [5]',
  ],
  [
    'a reshape to another symbol',
    { x: f('n', 2) },
    (ops, { x }) => ops.reshape(x!, [mulDims(symbol('m'), 2)]),
    'got [2*m]',
  ],
  ['an axis twice', { x: f(2, 3) }, (ops, { x }) => ops.transpose(x!, [0, 0]), 'a permutation of 2 axes'],
  [
    'a broadcast to a smaller size',
    { x: f(2, 3) },
    (ops, { x }) => ops.broadcastTo(x!, [1, 3]),
    'does not broadcast to [1, 3]',
  ],
  [
    'a broadcast to a lower rank',
    { x: f(1, 3) },
    (ops, { x }) => ops.broadcastTo(x!, [3]),
    'does not broadcast to [3]',
  ],
  [
    'types to join',
    { a: f(2), b: i(2) },
    (ops, { a, b }) => ops.concat([a!, b!], 0),
    'concat: expected shapes equal',
  ],
  [
    'sizes to join',
    { a: f(2, 2), b: f(2, 3) },
    (ops, { a, b }) => ops.concat([a!, b!], 0),
    'concat: expected shapes equal',
  ],
  [
    'ranks to join',
    { a: f(2), b: f(2, 1) },
    (ops, { a, b }) => ops.concat([a!, b!], 0),
    'concat: expected shapes equal',
  ],
  ['nothing to join', {}, (ops) => ops.concat([], 0), 'at least one tensor'],
  [
    'a slice that ends before it starts',
    { x: f(4) },
    (ops, { x }) => ops.slice(x!, { axes: [0], starts: [3], ends: [2] }),
    'ends before it starts',
  ],
  [
    'padding of too few axes',
    { x: f(2, 2) },
    (ops, { x }) => ops.pad(x!, [[1, 1]]),
    'expected 2 pairs, got 1',
  ],
  [
    'indices that are floats',
    { x: f(2), at: f(2) },
    (ops, { x, at }) => ops.gather(x!, at!, 0),
    'gather (indices): expected int32',
  ],
  [
    'indices of other sizes',
    { x: f(2, 3), at: i(1, 2) },
    (ops, { x, at }) => ops.gatherElements(x!, at!, 1),
    'must equal [2, 3] but for axis 1',
  ],
  ['more than there are', { x: f(3) }, (ops, { x }) => ops.topKIndices(x!, 4), 'k 4 exceeds'],
  [
    'a seed that is no scalar',
    { seed: i(1) },
    (ops, { seed }) => ops.uniform(seed!, [2]),
    'int32 scalar as seed',
  ],
  [
    'a loss that is no scalar',
    { x: f(2) },
    (ops, { x }) => gradients(ops, x!, [x!])[0]!,
    'expected a float32 scalar loss, got float32 [2]',
  ],
];

describe('recording refuses', () => {
  it.each(REFUSED)('%s', (_name, inputs, build, message) => {
    expect(() => record(inputs, build)).toThrow(message);
    expect(() => record(inputs, build)).toThrow(expect.objectContaining({ code: 'SHAPE' }));
  });

  it('arrays that do not hold their shape, and shapes that are none', () => {
    expect(() => float32([2], [1])).toThrow('expected 2 elements for [2], got 1');
    expect(() => float32([-1, -2], [1, 2])).toThrow('[-1, -2]');
    expect(() => float32([0.5, 2], [1])).toThrow('[0.5, 2]');
    expect(hostTensor('bool', [0, 3], []).data).toHaveLength(0);
  });
});

describe('recording', () => {
  const shapeOf = (inputs: Inputs, build: Build) => record(inputs, build).outputs['y']!.shape;

  it('keeps symbols, in whatever order they are multiplied', () => {
    const [n, m] = [symbol('n'), symbol('m')];
    const shape = shapeOf({ x: f('n', 'm') }, (ops, { x }) => ops.reshape(x!, [mulDims(m, n)]));
    expect(shape).toEqual([mulDims(n, m)]);
    expect(shapeOf({ x: f('n', 1), y: f(1, 'm') }, (ops, { x, y }) => ops.add(x!, y!))).toEqual([n, m]);
  });

  it('is not moved by what the caller does with his lists afterwards', async () => {
    const [shape, padding]: [number[], [number, number][]] = [
      [3, 2],
      [
        [1, 0],
        [0, 0],
      ],
    ];
    const graph = record({ x: f(2, 3) }, (ops, { x }) => ops.pad(ops.reshape(x!, shape), padding));
    shape[0] = 99;
    padding[0]![0] = 7;
    const executable = await createReferenceBackend().compile(graph);
    const { y } = await runToHost(executable, { x: float32([2, 3], [1, 2, 3, 4, 5, 6]) });
    expect(y).toEqual(float32([4, 2], [0, 0, 1, 2, 3, 4, 5, 6]));
  });

  it('keeps inputs that nothing uses, and leaves out parameters that nothing uses', () => {
    const parameters = { w: { shape: [1], init: { kind: 'constant', value: 0 }, trainable: true } } as const;
    const graph = trace({ inputs: { x: f(1), unused: f(2) }, parameters }, (ops, { inputs }) => ({
      y: ops.neg(inputs['x']!),
    }));
    expect(graph.inputs.map(({ name }) => name)).toEqual(['x', 'unused']);
  });
});

describe('the reference', () => {
  it.each([-1, 2])('refuses the index %s of two rows', async (index) => {
    const graph = record({ x: f(2), at: i(1) }, (ops, { x, at }) => ops.gather(x!, at!, 0));
    const executable = await createReferenceBackend().compile(graph);
    const refused = executable.run({ x: float32([2], [1, 2]), at: int32([1], [index]) });
    await expect(refused).rejects.toThrow(`index ${index} is outside 0..1`);
  });
});

describe('sizes with names', () => {
  const [n, m] = [symbol('n'), symbol('m')];

  it('are the same in any order of their terms and factors', () => {
    expect(addDims(n, m, 1)).toMatchObject({ key: (addDims(1, m, n) as typeof n).key });
    expect(mulDims(n, m, 2)).toMatchObject({ key: (mulDims(m, 2, n) as typeof n).key });
    expect(shapesEqual([addDims(n, m)], [addDims(m, n)])).toBe(true);
    expect(shapesEqual([n], [m])).toBe(false);
  });

  it('leave nothing where they cancel', () => {
    expect(subDims(n, n)).toBe(0);
    expect(subDims(addDims(n, 3), n)).toBe(3);
    expect(subDims(addDims(n, m), n)).toMatchObject({ key: 'm' });
  });

  it('make equal shapes of one rank only', () => {
    expect(shapesEqual([2], [2, 3])).toBe(false);
    expect(shapesEqual([2, 3], [2])).toBe(false);
    expect(shapesEqual([n, 3], [n, 3])).toBe(true);
  });

  it('are bound by inputs that hold them alone, not by their products', () => {
    const inputs = [[n], [m], [mulDims(n, m)]].map((shape, id) => ({
      name: 'abc'[id]!,
      kind: 'input' as const,
      tensor: { id, shape, dtype: 'float32' as const },
    }));
    const shapes = new Map([
      ['a', [2]],
      ['b', [3]],
      ['c', [6]],
    ]);
    expect([...bindDims(inputs, shapes)]).toEqual([
      ['n', 2],
      ['m', 3],
    ]);
    expect(() => bindDims(inputs, shapes.set('c', [5]))).toThrow(
      'input "c" must be float32 [m*n] with n = 2, m = 3, got float32 [5]',
    );
  });
});
