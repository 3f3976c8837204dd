import { float32, parameter, trace } from '@crrg/tensor';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { exportGraph } from './export-graph.js';

const graph = trace(
  {
    inputs: { x: { shape: ['rows', 3] } },
    parameters: { weight: parameter([2, 3], { kind: 'constant', value: 0 }) },
  },
  (ops, { inputs, parameters }) => {
    const product = ops.matmul(inputs['x']!, parameters.get('weight'), { transposeB: true });
    return { x: ops.relu(inputs['x']!), y: ops.geluTanh(product) };
  },
);
const weights = new Map([['weight', float32([2, 3], [1, 0, 0, 0, 1, -1])]]);

describe('an exported graph', () => {
  const exported = exportGraph(graph, weights);

  it('tells names, types and sizes of what it takes and gives', () => {
    expect(exported.inputs).toEqual([{ name: 'x', type: 'float32', shape: ['rows', 3] }]);
    expect(exported.outputs).toEqual([
      { name: 'x.out', type: 'float32', shape: ['rows', 3] },
      { name: 'y', type: 'float32', shape: ['rows', 2] },
    ]);
  });

  it('runs under these names, with operators of the standard alone', async () => {
    const session = await ort.InferenceSession.create(exported.bytes);
    expect([session.inputNames, session.outputNames]).toEqual([['x'], ['x.out', 'y']]);
    const x = new ort.Tensor('float32', Float32Array.of(1, 2, 4), [1, 3]);
    const { y, 'x.out': relu } = await session.run({ x });
    expect([...(relu!.data as Float32Array)]).toEqual([1, 2, 4]);
    const gelu = (value: number) =>
      0.5 * value * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (value + 0.044715 * value ** 3)));
    const found = [...(y!.data as Float32Array)];
    [gelu(1), gelu(-2)].forEach((value, at) => expect(found[at]).toBeCloseTo(value, 6));
    expect(Buffer.from(exported.bytes).includes('com.microsoft')).toBe(false);
  });
});
