import {
  float32,
  int32,
  mulDims,
  runToHost,
  symbol,
  trace,
  type Backend,
  type BackendTensor,
  type Graph,
  type HostTensor,
} from '@crrg/tensor';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOnnxBackend } from './index.js';

const SCALE = { scale: { shape: [2], init: { kind: 'constant', value: 1 }, trainable: true } } as const;

/** One step of `scale <- scale + mean gradient`, which gives its parameter back under the same name. */
function stepGraph(): Graph {
  return trace({ inputs: { x: { shape: ['n', 2] } }, parameters: SCALE }, (ops, { inputs, parameters }) => ({
    scale: ops.add(parameters.get('scale'), ops.sum(inputs['x']!, { axes: [0] })),
    x: inputs['x']!,
  }));
}

describe('createOnnxBackend', () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await createOnnxBackend({ runtime: 'node' });
  });
  afterAll(() => backend.dispose());

  it('names the engine and its version', () => {
    expect(backend.name).toBe('onnxruntime-node/cpu');
    expect(backend.versions['onnxruntime-node']).toMatch(/^\d+\.\d+/);
  });

  it('takes unbound parameters in each run and gives results back under any name', async () => {
    const executable = await backend.compile(stepGraph());
    const first = await executable.run({ x: float32([1, 2], [1, 2]), scale: float32([2], [10, 20]) });
    const second = await executable.run({ x: float32([2, 2], [1, 1, 1, 1]), scale: first['scale']! });
    expect([...(await second['scale']!.read()).data]).toEqual([13, 24]);
    expect([...(await second['x']!.read()).data]).toEqual([1, 1, 1, 1]);
    for (const tensor of [...Object.values(first), ...Object.values(second)]) tensor.dispose();
    executable.dispose();
  });

  it('writes results over values that are given up, of the size of this run, and refuses others', async () => {
    const executable = await backend.compile(stepGraph());
    const [one, two] = [float32([1, 2], [1, 2]), float32([2, 2], [1, 2, 3, 4])];
    const before = backend.liveTensors();
    const first = await executable.run({ x: one, scale: float32([2], [10, 20]) });
    const again = await executable.run({ x: one, scale: first['scale']! }, { into: first });
    expect(again['scale']).toBe(first['scale']);
    expect([...(await again['scale']!.read()).data]).toEqual([12, 24]);
    const { scale, x } = again;
    const refused = (into: Record<string, BackendTensor>, input: HostTensor) =>
      expect(executable.run({ x: input, scale: float32([2], [0, 0]) }, { into })).rejects.toThrow(
        /backend-onnx.run \(graph\): output "\w+" must go into a float32 \[.*\] of this backend, got/,
      );
    await refused({ x: x! }, two);
    const other = await createOnnxBackend({ runtime: 'node' });
    await refused(await (await other.compile(stepGraph())).run({ x: one, scale: float32([2], [0, 0]) }), one);
    const integers = trace({ inputs: { x: { shape: [2], dtype: 'int32' } } }, (_, { inputs }) => ({
      ...inputs,
    }));
    const whole = await (await backend.compile(integers)).run({ x: int32([2], [1, 2]) });
    await refused({ scale: whole['x']! }, one);
    for (const tensor of [scale!, x!, whole['x']!]) tensor.dispose();
    expect(backend.liveTensors()).toBe(before);
    other.dispose();
    executable.dispose();
  });

  it('reuses the memory of disposed values only', async () => {
    const graph = trace({ inputs: { x: { shape: [1] } } }, (ops, { inputs }) => ({
      y: ops.add(inputs['x']!, 1),
    }));
    const executable = await backend.compile(graph);
    const run = async (value: number) => (await executable.run({ x: float32([1], [value]) }))['y']!;
    const kept = await run(1);
    (await run(2)).dispose();
    const later = await run(3);
    expect([...(await kept.read()).data, ...(await later.read()).data]).toEqual([2, 4]);
    kept.dispose();
    later.dispose();
    executable.dispose();
  });

  it('runs empty batches', async () => {
    const n = symbol('n');
    const graph = trace({ inputs: { x: { shape: ['n', 'm', 2] } } }, (ops, { inputs }) => ({
      y: ops.reshape(ops.neg(inputs['x']!), [mulDims(n, symbol('m')), 2]),
    }));
    const executable = await backend.compile(graph);
    const { y } = await runToHost(executable, { x: float32([3, 0, 2], []) });
    expect(y).toEqual(float32([0, 2], []));
    executable.dispose();
  });

  it('names missing, unknown and wrongly typed inputs', async () => {
    const executable = await backend.compile(stepGraph());
    await expect(executable.run({ x: float32([1, 2], [1, 2]), y: float32([1], [0]) })).rejects.toThrow(
      'backend-onnx.run (graph): expected the 2 inputs of the graph, got missing "scale", unknown "y"; pass exactly these.',
    );
    await expect(executable.run({ x: int32([1, 2], [1, 2]), scale: float32([2], [0, 0]) })).rejects.toThrow(
      'input "x" must be float32 [n, 2], got int32 [1, 2]',
    );
    executable.dispose();
  });

  it("wraps the engine's failures with their cause", async () => {
    const graph = trace(
      { inputs: { table: { shape: [2] }, at: { shape: [1], dtype: 'int32' } } },
      (ops, { inputs }) => ({ y: ops.gather(inputs['table']!, inputs['at']!, 0) }),
    );
    const executable = await backend.compile(graph, { name: 'lookup' });
    const failure = executable.run({ table: float32([2], [1, 2]), at: int32([1], [5]) });
    await expect(failure).rejects.toMatchObject({ code: 'BACKEND', cause: expect.any(Error) });
    await expect(failure).rejects.toThrow(/lookup/);
    executable.dispose();
  });

  it('refuses a provider that the machine lacks', async () => {
    const other = await createOnnxBackend({ runtime: 'node', executionProviders: ['no-such-provider'] });
    await expect(other.compile(stepGraph())).rejects.toMatchObject({ code: 'BACKEND' });
  });

  it('passes large weights through a private folder that it removes', async () => {
    const before = (await readdir(tmpdir())).filter((name) => name.startsWith('crrg-onnx-'));
    const specs = Object.fromEntries(
      [0, 1, 2].map((index) => [`w${index}`, { ...SCALE.scale, shape: [2 ** 21 * 3] }]),
    );
    const graph = trace(
      { inputs: { at: { shape: ['n'], dtype: 'int32' } }, parameters: specs },
      (ops, scope) => ({
        y: ops.concat(
          Object.keys(specs).map((name) => ops.gather(scope.parameters.get(name), scope.inputs['at']!, 0)),
          0,
        ),
      }),
    );
    const weights = new Map(
      Object.keys(specs).map((name, index) => {
        const data = new Float32Array(2 ** 21 * 3);
        data[7] = index + 1;
        return [name, float32([data.length], data)];
      }),
    );
    const executable = await backend.compile(graph, { weights });
    for (const { data } of weights.values()) data.fill(-1);
    const { y } = await runToHost(executable, { at: int32([1], [7]) });
    expect([...y!.data]).toEqual([1, 2, 3]);
    const left = (await readdir(tmpdir())).filter((name) => name.startsWith('crrg-onnx-'));
    expect(left.filter((name) => !before.includes(name))).toEqual([]);
    executable.dispose();
  });

  it('stops a compilation whose signal is aborted', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(backend.compile(stepGraph(), { signal })).rejects.toThrow('enough');
  });
});
