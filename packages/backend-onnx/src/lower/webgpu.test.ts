import { createRandom } from '@crrg/core';
import {
  expandComposites,
  float32,
  gradients,
  hostTensor,
  parameter,
  sizeOf,
  trace,
  type Graph,
  type HostTensor,
  type Ops,
  type Tensor,
} from '@crrg/tensor';
import { CONFORMANCE_CASES, interpret } from '@crrg/tensor/testing';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { encodeModel } from '../model.js';
import type { OnnxNode } from '../proto/onnx.js';
import { lowerGraph, type LoweredGraph } from './lower-graph.js';

const TARGET = { fusedMatmul: false, poolIndices: false, webgpu: true };

/**
 * Operators that ONNX Runtime 1.30 registers for its WebGPU provider (`webgpu_execution_provider.cc`, `webgpu_contrib_kernels.cc`), of those
 * that are written here. `parity/src/webgpu` asks the provider itself, node by node.
 */
const KERNELS = new Set(
  `Abs Add And ArgMax BatchNormalization Cast Concat Conv ConvTranspose Div Equal Erf Exp Expand FastGelu Gather GatherElements
  Gelu Identity LayerNormalization Less Log MatMul Max MaxPool Min Mul MultiHeadAttention Neg Not Pad Range ReduceMax ReduceSum Relu Reshape ScatterElements Shape
  Sigmoid SkipLayerNormalization Slice Softmax Split Sqrt Sub Tanh TopK Transpose Where`.split(/\s+/),
);

/** Arithmetic on sizes, one int64 or a few, which the provider leaves to the processor: they are there, and nothing is copied. */
const OF_SIZES = new Set(['Shape', 'Add', 'Mul', 'Concat', 'Squeeze', 'Cast']);

/** What runs on the processor: bits of random numbers, which only training with dropout draws. */
const ON_THE_PROCESSOR = new Set(['BitShift', 'BitwiseXor']);

/** The values that are sizes at run time, or made of them alone. */
function sizesOf({ nodes, builder }: LoweredGraph): ReadonlySet<string> {
  const literals = new Set(
    [...builder.literals].flatMap(([name, { type }]) => (type === 'int64' ? name : [])),
  );
  const sizes = new Set<string>();
  for (const { op, inputs, outputs } of nodes)
    if (op === 'Shape' || (OF_SIZES.has(op) && inputs.every((name) => sizes.has(name) || literals.has(name))))
      for (const name of outputs) sizes.add(name);
  return sizes;
}

/** Names of int64 values that are computed from others than sizes. */
function positionsOf({ nodes }: LoweredGraph): ReadonlySet<string> {
  return new Set(
    nodes.flatMap(({ op, outputs }) => (op === 'ArgMax' ? outputs : op === 'TopK' ? [outputs[1]!] : [])),
  );
}

/** The nodes that the provider would leave to the processor. */
function leftToTheProcessor(lowered: LoweredGraph): readonly OnnxNode[] {
  const sizes = sizesOf(lowered);
  const positions = positionsOf(lowered);
  return lowered.nodes.filter(({ op, inputs, outputs }) => {
    if (ON_THE_PROCESSOR.has(op) || outputs.every((name) => sizes.has(name))) return false;
    const takesPositions = inputs.some(
      (name, index) => positions.has(name) && !(index === 1 && /^Gather/.test(op)),
    );
    return takesPositions || !KERNELS.has(op);
  });
}

type Build = (ops: Ops, x: Tensor) => Tensor;

const graphOf = (shape: readonly (number | string)[], build: Build): Graph =>
  trace({ inputs: { x: { shape } } }, (ops, { inputs }) => ({ y: build(ops, inputs['x']!) }));

const lower = (graph: Graph) => lowerGraph(graph, undefined, TARGET);
const operators = (graph: Graph) => lower(graph).nodes.map(({ op }) => op);

describe('every operation on WebGPU', () => {
  it.each(CONFORMANCE_CASES.map((each) => [each.name, each] as const))(
    'has a kernel: %s',
    (_, { inputs, build, differentiable }) => {
      const forward = trace({ inputs }, (ops, scope) => ({ y: build(ops, scope.inputs) }));
      expect(leftToTheProcessor(lower(forward))).toEqual([]);
      if (differentiable === false) return;
      const backward = trace({ inputs }, (ops, scope) => {
        const floats = Object.values(scope.inputs).filter(({ dtype }) => dtype === 'float32');
        const found = gradients(ops, ops.sum(ops.square(build(ops, scope.inputs))), floats);
        return Object.fromEntries(found.map((gradient, index) => [`d${index}`, gradient]));
      });
      expect(leftToTheProcessor(lower(backward))).toEqual([]);
    },
  );

  it('would be told apart from one without', () => {
    const graph = graphOf(['n', 3], (ops, x) =>
      ops.add(ops.cast(ops.argMax(x, 1), 'float32'), ops.max(ops.logSoftmax(x, 1))),
    );
    const general = lowerGraph(graph, undefined, { ...TARGET, webgpu: false });
    expect(leftToTheProcessor(general).map(({ op }) => op)).toEqual(['Cast', 'LogSoftmax']);
  });
});

/** The results of the WebGPU form on the processor's kernels, and of the reference in float64. */
async function bothWays(graph: Graph, x: HostTensor) {
  const session = await ort.InferenceSession.create(encodeModel(lower(graph), 'file').bytes);
  const { dtype, shape, data } = x;
  const feeds = { 'input:x': new ort.Tensor(dtype as 'float32', data as Float32Array, [...shape]) };
  const y = (await session.run(feeds))['output:y']!;
  await session.release();
  const exact = data instanceof Float32Array ? Float64Array.from(data) : data;
  const { y: expected } = interpret(
    expandComposites(graph, () => false),
    { x: { dtype, shape, data: exact } },
  );
  expect(y.dims).toEqual(expected!.shape);
  return { actual: [...(y.data as Float32Array)], expected: [...expected!.data] };
}

async function expectSame(
  shape: readonly number[],
  data: ArrayLike<number>,
  build: Build,
  options = { symbolic: true },
): Promise<void> {
  const symbolic = shape.map((length, axis) => (axis === shape.length - 1 ? length : `n${axis}`));
  for (const traced of options.symbolic ? [shape, symbolic] : [shape]) {
    const x = hostTensor('float32', shape, Float32Array.from(data));
    const { actual, expected } = await bothWays(graphOf(traced, build), x);
    const scale = Math.max(1, ...expected.filter(Number.isFinite).map(Math.abs));
    expected.forEach((value, index) => {
      if (!Number.isFinite(value)) expect(actual[index], `[${index}]`).toBe(value);
      else expect(Math.abs(actual[index]! - value), `[${index}]`).toBeLessThanOrEqual(2e-6 * scale);
    });
  }
}

const normal = (shape: readonly number[]) => {
  const random = createRandom(7);
  return Array.from({ length: sizeOf(shape) }, () => random.normal());
};

describe('the logarithm of the softmax from other operators', () => {
  it.each([0, 1, -1])('equals the reference on axis %i, of large numbers too', async (axis) => {
    const build: Build = (ops, x) => ops.logSoftmax(ops.mul(x, 300), axis);
    await expectSame([4, 5], normal([4, 5]), build);
  });

  it('is empty where there are no rows', async () => {
    const build: Build = (ops, x) => ops.logSoftmax(x, 1);
    await expectSame([0, 3], [], build);
    expect(operators(graphOf(['n', 3], build))).not.toContain('ReduceMax');
    expect(operators(graphOf([0, 3], build))).not.toContain('ReduceMax');
    expect(operators(graphOf([2, 3], build))).toContain('ReduceMax');
  });

  it('takes the largest of a row from the candidates, where those were asked for before', async () => {
    const build: Build = (ops, x) => {
      const best = ops.topKIndices(x, 2);
      return ops.gatherElements(ops.logSoftmax(x, -1), best, -1);
    };
    await expectSame([3, 2, 6], normal([3, 2, 6]), build);
    expect(operators(graphOf(['a', 'b', 6], build))).toEqual(
      'TopK Gather Slice Sub Exp ReduceSum Log Sub GatherElements'.split(' '),
    );
  });
});

describe('positions as int32 without a conversion from int64', () => {
  it('are those of the largest, of equals the first', async () => {
    const data = [3, 1, 3, -1, 0, 0, 2, 2];
    await expectSame([2, 4], data, (ops, x) => ops.cast(ops.argMax(x, 1), 'float32'));
    await expectSame([2, 4], data, (ops, x) => ops.cast(ops.argMax(x, 0), 'float32'));
    await expectSame([2, 4], data, (ops, x) => ops.cast(ops.topKIndices(x, 3), 'float32'));
  });

  it('are found in rows of any length piece by piece, of equals the first', async () => {
    for (const length of [2048, 2049, 6000]) {
      const random = createRandom(length);
      // Few values, so that many are equal, within pieces and between them.
      const data = Array.from({ length: 2 * length }, () => random.integer(40));
      data[length - 1] = 41;
      await expectSame([2, 1, length], data, (ops, x) => ops.cast(ops.topKIndices(x, 8), 'float32'));
    }
    const sorts = (length: number) =>
      operators(graphOf(['n', length], (ops, x) => ops.topKIndices(x, 8))).filter((op) => op === 'TopK')
        .length;
    expect([sorts(2048), sorts(2049)]).toEqual([1, 2]);
  });

  it('reach the values of rows that are cut', async () => {
    const build: Build = (ops, x) => ops.gatherElements(ops.logSoftmax(x, -1), ops.topKIndices(x, 4), -1);
    await expectSame([2, 3000], normal([2, 3000]), build);
  });
});

describe('attention', () => {
  it('is one operator over joined blocks, and equals the reference', async () => {
    const build: Build = (ops, x) => {
      const part = (start: number, end: number) => ops.slice(x, { axes: [2], starts: [start], ends: [end] });
      const block = (start: number) => ({ key: part(start, start + 4), value: part(start + 1, start + 5) });
      const query = ops.reshape(ops.transpose(x, [0, 2, 1, 3]), [...[0, 2].map((axis) => x.shape[axis]!), 8]);
      const bias = ops.mul(ops.cast(ops.iota(8), 'float32'), 0.25);
      return ops.attention(query, [block(0), block(5)], ops.broadcastTo(bias, [1, 1, x.shape[2]!, 8]), 0.5);
    };
    await expectSame([2, 2, 10, 4], normal([2, 2, 10, 4]), build, { symbolic: false });
    const used = operators(graphOf([2, 2, 10, 4], build));
    expect(used.filter((op) => op === 'MultiHeadAttention')).toHaveLength(1);
    expect(used).not.toContain('Softmax');
  });
});

/** A vector of 4 as a weight, which is bound. */
const weight = (start: number) => float32([4], [start, start + 1, start + 2, start + 3]);
const VECTORS = { scale: weight(1), shift: weight(-2), bias: weight(0.5) };
const parametersOf = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, parameter([4], { kind: 'constant', value: 0 })]));

describe('a sum and its norm', () => {
  type Build = (ops: Ops, x: Tensor, y: Tensor, vectors: Record<string, Tensor>) => Record<string, Tensor>;
  const traced = (build: Build) =>
    trace(
      {
        inputs: { x: { shape: ['s', 't', 4] }, y: { shape: ['s', 't', 4] } },
        parameters: parametersOf(Object.keys(VECTORS)),
      },
      (ops, { inputs, parameters }) => {
        const vectors = Object.fromEntries(Object.keys(VECTORS).map((name) => [name, parameters.get(name)]));
        return build(ops, inputs['x']!, inputs['y']!, vectors);
      },
    );
  const lowered = (build: Build) => lowerGraph(traced(build), new Map(Object.entries(VECTORS)), TARGET);
  const normalize = (ops: Ops, sum: Tensor, { scale, shift }: Record<string, Tensor>) =>
    ops.layerNorm(sum, scale!, shift!, 1e-5);

  const FORMS: readonly [name: string, operators: string, build: Build][] = [
    [
      'with the bias of the second, and the sum is there for others',
      'Neg SkipLayerNormalization Add',
      (ops, x, y, vectors) => {
        const sum = ops.add(x, ops.add(ops.neg(y), vectors['bias']!));
        return { z: ops.add(normalize(ops, sum, vectors), sum) };
      },
    ],
    [
      'with the bias of the first',
      'Neg SkipLayerNormalization',
      (ops, x, y, vectors) => ({
        z: normalize(ops, ops.add(ops.add(ops.neg(y), vectors['bias']!), x), vectors),
      }),
    ],
    [
      'with one bias of two',
      'Add SkipLayerNormalization',
      (ops, x, y, vectors) => {
        const { bias, shift } = vectors;
        return { z: normalize(ops, ops.add(ops.add(x, bias!), ops.add(y, shift!)), vectors) };
      },
    ],
    [
      'without a bias',
      'SkipLayerNormalization',
      (ops, x, y, vectors) => ({ z: normalize(ops, ops.add(x, y), vectors) }),
    ],
    [
      'not where the sum is broadcast',
      'Add LayerNormalization',
      (ops, x, _, vectors) => ({ z: normalize(ops, ops.add(x, vectors['bias']!), vectors) }),
    ],
    [
      'not where what has the bias is a result too',
      'Add SkipLayerNormalization',
      (ops, x, y, vectors) => {
        const biased = ops.add(y, vectors['bias']!);
        return { biased, z: normalize(ops, ops.add(x, biased), vectors) };
      },
    ],
  ];

  it.each(FORMS)('are one operator %s: %s', async (_, expectedOperators, build) => {
    expect(
      lowered(build)
        .nodes.map(({ op }) => op)
        .join(' '),
    ).toBe(expectedOperators);
    const session = await ort.InferenceSession.create(encodeModel(lowered(build), 'file').bytes);
    const [x, y] = [normal([2, 3, 4]), normal([2, 3, 4]).reverse()].map((data) =>
      Float32Array.from(data),
    ) as [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>];
    const tensor = (data: Float32Array<ArrayBuffer>) => new ort.Tensor('float32', data, [2, 3, 4]);
    const results = await session.run({ 'input:x': tensor(x), 'input:y': tensor(y) });
    await session.release();
    const exact = ([name, { shape, data }]: readonly [string, HostTensor]) =>
      [name, { dtype: 'float32' as const, shape, data: Float64Array.from(data as Float32Array) }] as const;
    const inputs = { x: float32([2, 3, 4], x), y: float32([2, 3, 4], y), ...VECTORS };
    const graph = expandComposites(traced(build), () => false);
    const expected = interpret(graph, Object.fromEntries(Object.entries(inputs).map(exact)));
    for (const [name, { data }] of Object.entries(expected))
      data.forEach((value, index) => expect(results[`output:${name}`]!.data[index]).toBeCloseTo(value, 4));
  });
});

describe('a sum of rows and its norm', () => {
  it('are one operator too, as in a step of decoding', () => {
    const graph = trace(
      {
        inputs: { x: { shape: ['n', 4] }, y: { shape: ['n', 4] } },
        parameters: parametersOf(['scale', 'shift']),
      },
      (ops, { inputs: { x, y }, parameters }) => ({
        z: ops.layerNorm(ops.add(x!, y!), parameters.get('scale'), parameters.get('shift'), 1e-5),
      }),
    );
    const { nodes } = lowerGraph(graph, new Map(Object.entries(VECTORS)), TARGET);
    expect(nodes.map(({ op }) => op)).toEqual(['SkipLayerNormalization']);
  });
});

describe('slices that are the pieces of a tensor', () => {
  const cut = (ops: Ops, x: Tensor, ...edges: number[]) =>
    edges.slice(1).map((end, index) => ops.slice(x, { axes: [1], starts: [edges[index]!], ends: [end] }));
  const joined =
    (...edges: number[]): Build =>
    (ops, x) =>
      ops.concat(cut(ops, x, ...edges).reverse(), 1);

  it('are one operator, in any order', async () => {
    expect(operators(graphOf(['n', 6], joined(0, 2, 3, 6)))).toEqual(['Split', 'Concat']);
    await expectSame([3, 6], normal([3, 6]), joined(0, 2, 3, 6));
    const turned: Build = (ops, x) => {
      const [last, first] = [cut(ops, x, 4, 6), cut(ops, x, 0, 4)].map(([piece]) => piece!);
      return ops.concat([last!, first!], 1);
    };
    await expectSame([3, 6], normal([3, 6]), turned);
    expect(operators(graphOf(['n', 6], turned))).toEqual(['Split', 'Concat']);
  });

  it('are slices where they are more than a program has buffers for', () => {
    const edges = (pieces: number) => Array.from({ length: pieces + 1 }, (_, index) => index);
    const used = (pieces: number) => operators(graphOf(['n', pieces], joined(...edges(pieces))));
    expect(used(7)).toEqual(['Split', 'Concat']);
    expect(used(8).filter((op) => op === 'Slice')).toHaveLength(8);
  });

  it('are slices where something is left out, is in two of them, or is all', () => {
    expect(operators(graphOf(['n', 6], joined(0, 2, 3)))).toEqual(['Slice', 'Slice', 'Concat']);
    expect(operators(graphOf(['n', 6], joined(1, 2, 6)))).toEqual(['Slice', 'Slice', 'Concat']);
    const twice: Build = (ops, x) => ops.concat([...cut(ops, x, 0, 3, 6), ...cut(ops, x, 2, 4)], 1);
    expect(operators(graphOf(['n', 6], twice))).toEqual(['Slice', 'Slice', 'Slice', 'Concat']);
  });
});

describe('truth values and signs', () => {
  it('are one or the other, with a broadcast operand too', async () => {
    const build: Build = (ops, x) =>
      ops.cast(
        ops.or(ops.less(x, 0), ops.less(1, ops.slice(x, { axes: [0], starts: [0], ends: [1] }))),
        'float32',
      );
    await expectSame([2, 3], [-1, 2, 0, 3, -4, 0.5], build);
  });

  it('are -1, 0 or 1, and NaN of NaN', async () => {
    await expectSame([2, 3], [-3, 0, 0.5, Infinity, -Infinity, NaN], (ops, x) => ops.sign(x));
  });
});
