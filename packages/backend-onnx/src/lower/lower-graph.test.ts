import {
  addDims,
  hostTensor,
  mulDims,
  parameter,
  sizeOf,
  symbol,
  trace,
  type Ops,
  type Shape,
  type Tensor,
} from '@crrg/tensor';
import { describe, expect, it } from 'vitest';
import type { LoweringTarget } from './context.js';
import type { LoweredGraph } from './lower-graph.js';
import { lowerGraph } from './lower-graph.js';

const TARGET = { fusedMatmul: true, poolIndices: true };

function lower(
  shape: readonly (number | string)[],
  build: (ops: Ops, x: Tensor) => Tensor,
  target: LoweringTarget = TARGET,
): LoweredGraph {
  const graph = trace({ inputs: { x: { shape } } }, (ops, { inputs }) => ({ y: build(ops, inputs['x']!) }));
  return lowerGraph(graph, undefined, target);
}

const operators = ({ nodes }: LoweredGraph) => nodes.map(({ op }) => op);

function int64Literals({ builder }: LoweredGraph): number[][] {
  return [...builder.literals.values()]
    .filter(({ type }) => type === 'int64')
    .map(({ bytes }) => [...new BigInt64Array(bytes.slice().buffer)].map(Number));
}

describe('lowerGraph', () => {
  const batch = symbol('batch');

  it('reshapes with copied and inferred dimensions where no arithmetic is needed', () => {
    const copied = lower(['batch', 6], (ops, x) => ops.reshape(x, [batch, 2, 3]));
    expect(operators(copied)).toEqual(['Reshape']);
    expect(int64Literals(copied)).toEqual([[0, 2, 3]]);
    const inferred = lower(['batch', 6], (ops, x) => ops.reshape(x, [mulDims(batch, 2), 3]));
    expect(int64Literals(inferred)).toEqual([[-1, 3]]);
  });

  it('gives a weight another shape without an operation or a copy', () => {
    const w = hostTensor(
      'float32',
      [2, 6],
      Float32Array.from({ length: 12 }, (_, i) => i),
    );
    const parameters = { w: parameter([2, 6], { kind: 'constant', value: 0 }) };
    const graph = trace({ inputs: { x: { shape: [3] } }, parameters }, (ops, { inputs, parameters }) => ({
      y: ops.matmul(ops.reshape(parameters.get('w'), [2, 2, 3]), ops.reshape(inputs['x']!, [3, 1])),
      z: ops.sum(parameters.get('w')),
    }));
    const lowered = lowerGraph(graph, new Map([['w', w]]), TARGET);
    expect(operators(lowered)).toEqual(['Reshape', 'MatMul', 'ReduceSum']);
    expect([...lowered.weights.values()].map(({ shape }) => shape)).toEqual([
      [2, 6],
      [2, 2, 3],
    ]);
    for (const weight of lowered.weights.values()) expect(weight.bytes().buffer).toBe(w.data.buffer);
  });

  it('does not infer a dimension beside another symbolic one, which may be empty', () => {
    const lowered = lower(['batch', 'past', 6], (ops, x) =>
      ops.reshape(x, [batch, mulDims(symbol('past'), 2), 3]),
    );
    expect(operators(lowered)).toEqual(['Shape', 'Shape', 'Mul', 'Concat', 'Reshape']);
  });

  it('reads each named size once', () => {
    const lowered = lower(['past', 4], (ops, x) => {
      const past = symbol('past');
      const longer = ops.broadcastTo(ops.scalar(1), [addDims(past, 1), 4]);
      return ops.concat([x, longer, ops.broadcastTo(ops.scalar(2), [addDims(past, 2), 4])], 0);
    });
    expect(operators(lowered).filter((op) => op === 'Shape')).toHaveLength(1);
  });

  it('tells the shape of every value between inputs and outputs, and of none twice', () => {
    const tokens = symbol('tokens');
    const heads = lower(['batch', 'tokens', 6], (ops, x) => {
      const split = ops.transpose(ops.reshape(x, [batch, tokens, 2, 3]), [0, 2, 1, 3]);
      return ops.reshape(ops.transpose(ops.relu(split), [0, 2, 1, 3]), [batch, tokens, 6]);
    });
    expect(heads.between.map(({ type, shape }) => [type, shape])).toEqual([
      ['float32', [batch, tokens, 2, 3]],
      ['float32', [batch, 2, tokens, 3]],
      ['float32', [batch, 2, tokens, 3]],
      ['float32', [batch, tokens, 2, 3]],
    ]);
    const made = heads.nodes.flatMap(({ outputs }) => outputs);
    expect(heads.between.map(({ name }) => name)).toEqual(made.filter((name) => !name.startsWith('output:')));
  });

  it('counts the numbers of tensors of one size once, and tells how many there are', () => {
    const draw = (ops: Ops, seed: number, shape: Shape) =>
      ops.uniform(ops.constant(hostTensor('int32', [], [seed])), shape);
    const lowered = lower(['batch', 4], (ops, x) => {
      const wide = ops.reshape(draw(ops, 4, [2, batch, 2]), [batch, 4]);
      return ops.mul(ops.add(ops.add(x, draw(ops, 3, [batch, 4])), wide), draw(ops, 5, [1, 4]));
    });
    expect(operators(lowered).filter((op) => op === 'Range')).toHaveLength(2);
    const counted = lowered.between.filter(({ type }) => type === 'int32');
    expect(counted.map(({ shape }) => shape)).toEqual([[mulDims(batch, 4)], [4]]);
  });

  it('leaves a broadcast to the operation that uses it', () => {
    const used = lower(['batch', 4], (ops, x) =>
      ops.mul(x, ops.broadcastTo(ops.constant(hostTensor('float32', [1, 4], [1, 2, 3, 4])), [batch, 4])),
    );
    expect(operators(used)).toEqual(['Mul']);
  });

  it('expands a broadcast whose full size no operand has', () => {
    const alone = lower([1, 4], (ops, x) => ops.add(x, ops.broadcastTo(x, [3, 4])));
    expect(operators(alone)).toEqual(['Expand', 'Add']);
  });

  it('makes the stride-1 input gradient of a convolution a convolution', () => {
    const lowered = lower([1, 2, 5, 5], (ops, y) => {
      const w = ops.constant(hostTensor('float32', [2, 3, 3, 3], new Float32Array(54)));
      return ops.conv2dTranspose(y, w, [5, 5], { padding: [1, 1, 1, 1] });
    });
    expect(operators(lowered)).toEqual(['Transpose', 'Slice', 'Conv']);
  });

  it('reverses a kernel once for all gradients that need it', () => {
    const lowered = lower([1, 2, 5, 5], (ops, y) => {
      const w = ops.constant(hostTensor('float32', [2, 3, 3, 3], new Float32Array(54)));
      const gradient = (from: Tensor) => ops.conv2dTranspose(from, w, [5, 5], { padding: [1, 1, 1, 1] });
      return ops.add(gradient(y), gradient(ops.relu(y)));
    });
    expect(operators(lowered).sort()).toEqual(['Add', 'Conv', 'Conv', 'Relu', 'Slice', 'Transpose']);
  });

  it('leaves a kernel larger than the gradient as it is where reversing is slow', () => {
    const ofSize = (size: number) =>
      lower(
        [1, 2, size, size],
        (ops, y) => {
          const w = ops.constant(hostTensor('float32', [2, 3, 3, 3], new Float32Array(54)));
          return ops.conv2dTranspose(y, w, [size, size], { padding: [1, 1, 1, 1] });
        },
        { ...TARGET, slowReversal: true },
      );
    expect(operators(ofSize(4))).toEqual(['ConvTranspose']);
    expect(operators(ofSize(5))).toEqual(['Transpose', 'Slice', 'Conv']);
  });

  it('lays many values that end in axes of one out anew beside a scalar', () => {
    const times = (shape: readonly number[], factor: readonly number[]) =>
      operators(
        lower(shape, (ops, x) =>
          ops.mul(x, ops.constant(hostTensor('float32', factor, new Float32Array(sizeOf(factor))))),
        ),
      );
    expect(times([64, 64, 1, 1], [])).toEqual(['Reshape', 'Mul', 'Reshape']);
    expect(times([64, 32, 1, 1], [])).toEqual(['Mul']);
    expect(times([64, 64], [])).toEqual(['Mul']);
    expect(times([64, 64, 1, 1], [64, 64, 1, 1])).toEqual(['Mul']);
    expect(times([64, 64, 1, 1], [64, 1, 1, 1])).toEqual(['Mul']);
  });

  it('drops nodes that no output needs', () => {
    const graph = trace({ inputs: { x: { shape: [2] } } }, (ops, { inputs }) => {
      ops.exp(inputs['x']!);
      return { y: ops.neg(inputs['x']!) };
    });
    expect(operators(lowerGraph(graph, undefined, TARGET))).toEqual(['Neg']);
  });

  it('refuses a weight of another shape and names it', () => {
    const specs = { w: { shape: [2], init: { kind: 'constant', value: 0 }, trainable: true } } as const;
    const graph = trace({ inputs: {}, parameters: specs }, (ops, { parameters }) => ({
      y: ops.neg(parameters.get('w')),
    }));
    const weights = new Map([['w', hostTensor('float32', [3], [1, 2, 3])]]);
    expect(() => lowerGraph(graph, weights, TARGET)).toThrow(
      'backend-onnx.compile: weight "w" must be float32 [2], got float32 [3]; convert it.',
    );
  });
});
