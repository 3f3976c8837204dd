import { describe, expect, it } from 'vitest';
import { bindWeights } from './check-inputs.js';
import { byteLengthOf, deferredTensor, float32, reshapeTensor, runReader, takeRows } from './host-tensor.js';
import { parameter } from './parameters.js';
import { trace } from './trace.js';

it('takes rows in the given order, also one of them twice, and none', () => {
  const values = Float32Array.of(1, 2, 3, 4, 5, 6);
  expect([...takeRows(values, [2, 0, 2], 2)]).toEqual([5, 6, 1, 2, 5, 6]);
  expect([...takeRows(values, Int32Array.of(1), 3)]).toEqual([4, 5, 6]);
  expect([...takeRows(values, [], 2)]).toEqual([]);
});

it('tells the bytes of a shape', () => {
  expect(byteLengthOf({ dtype: 'float32', shape: [2, 3] })).toBe(24);
  expect(byteLengthOf({ dtype: 'bool', shape: [2, 3] })).toBe(6);
});

it('gives runs of what is in memory without a copy', () => {
  const data = Float32Array.of(1, 2, 3, 4);
  const run = runReader(float32([2, 2], data))(1, 2);
  expect([...run]).toEqual([2, 3]);
  expect(run.buffer).toBe(data.buffer);
});

describe('a tensor that stays in its file', () => {
  const file = { path: '/models/weights.safetensors', offset: 8, size: 32, changed: 0 };
  let readings = 0;
  const tensor = deferredTensor('float32', [2, 3], file, (target, start) => {
    readings += 1;
    target.forEach((_, index) => (target[index] = start + index + 1));
  });

  it('is not read to be bound to a graph, nor to get another shape', () => {
    const init = { kind: 'constant', value: 0 } as const;
    const { inputs } = trace(
      { inputs: {}, parameters: { w: parameter([2, 3], init) } },
      (ops, { parameters }) => ({ y: ops.relu(parameters.get('w')) }),
    );
    const { bound } = bindWeights(inputs, new Map([['w', tensor]]), 'test');
    expect(bound).toHaveLength(1);
    const turned = reshapeTensor(tensor, [3, 2]);
    expect(readings).toBe(0);
    expect(turned.file).toBe(file);
    expect(turned.shape).toEqual([3, 2]);
    expect([...turned.data]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(() => bindWeights(inputs, new Map([['w', turned]]), 'test')).toThrow(/\[2, 3\].*\[3, 2\]/);
  });

  it('is read run by run, also in another shape, into one array', () => {
    readings = 0;
    const read = runReader(reshapeTensor(tensor, [6]));
    const first = read(1, 3);
    expect([...first]).toEqual([2, 3, 4]);
    expect([...read(4, 2)]).toEqual([5, 6]);
    expect([...first]).toEqual([5, 6, 4]);
    expect(readings).toBe(2);
  });

  it('is read anew each time', () => {
    readings = 0;
    expect([...tensor.data]).toEqual([...tensor.data]);
    expect(readings).toBe(2);
  });
});
