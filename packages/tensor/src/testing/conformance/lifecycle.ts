import { expect, it } from 'vitest';
import { runToHost, type Backend } from '../../backend.js';
import { symbol } from '../../dim.js';
import { float32, hostTensor, int32 } from '../../host-tensor.js';
import { parameter } from '../../parameters.js';
import { trace } from '../../trace.js';
import { WEIGHTS, one, scaled } from './small-graphs.js';

async function checkLifecycle(backend: Backend): Promise<void> {
  const n = symbol('n');
  const specs = { w: { shape: [3, 3], init: { kind: 'constant', value: 0 }, trainable: true } } as const;
  const graph = trace(
    { inputs: { x: { shape: [n, 3] } }, parameters: specs },
    (ops, { inputs, parameters }) => ({ y: ops.matmul(inputs['x']!, parameters.get('w')) }),
  );
  const weights = new Map([['w', hostTensor('float32', [3, 3], [0, 1, 0, 0, 0, 1, 1, 0, 0])]]);
  const before = backend.liveTensors();
  const executable = await backend.compile(graph, { weights });
  const first = await executable.run({ x: hostTensor('float32', [2, 3], [1, 2, 3, 4, 5, 6]) });
  const second = await executable.run({ x: first['y']! });
  expect([...(await first['y']!.read()).data]).toEqual([3, 1, 2, 6, 4, 5]);
  expect([...(await second['y']!.read()).data]).toEqual([2, 3, 1, 5, 6, 4]);
  const { y } = await runToHost(executable, { x: hostTensor('float32', [1, 3], [1, 2, 3]) });
  expect([...y!.data]).toEqual([3, 1, 2]);
  first['y']!.dispose();
  second['y']!.dispose();
  second['y']!.dispose();
  expect(backend.liveTensors()).toBe(before);
  executable.dispose();
  await expect(executable.run({ x: hostTensor('float32', [1, 3], [1, 2, 3]) })).rejects.toMatchObject({
    code: 'DISPOSED',
  });
}

async function checkCopies(backend: Backend): Promise<void> {
  const constant = float32([2], [100, 200]);
  const graph = trace(
    {
      inputs: { x: { shape: [2] }, i: { shape: [2], dtype: 'int32' }, p: { shape: [2], dtype: 'bool' } },
      parameters: { w: parameter([2], { kind: 'constant', value: 0 }) },
    },
    (ops, { inputs, parameters }) => ({
      ...inputs,
      again: inputs['x']!,
      flat: ops.reshape(inputs['x']!, [2, 1]),
      w: parameters.get('w'),
      sum: ops.add(ops.add(inputs['x']!, parameters.get('w')), ops.constant(constant)),
    }),
  );
  constant.data.fill(-1);
  const w = float32([2], [10, 20]);
  const executable = await backend.compile(graph, { weights: new Map([['w', w]]) });
  w.data.fill(-1);
  const given = { x: float32([2], [1, 2]), i: int32([2], [3, 4]), p: hostTensor('bool', [2], [1, 0]) };
  const outputs = await executable.run(given);
  for (const { data } of Object.values(given)) data.fill(9);
  const expected = {
    x: [1, 2],
    i: [3, 4],
    p: [1, 0],
    again: [1, 2],
    flat: [1, 2],
    w: [10, 20],
    sum: [111, 222],
  };
  for (const round of [1, 2]) {
    for (const [name, values] of Object.entries(expected)) {
      const { data } = await outputs[name]!.read();
      expect([...data], `${name}, read ${round}`).toEqual(values);
      data.fill(7);
    }
  }
  outputs['x']!.dispose();
  expect([...(await outputs['again']!.read()).data]).toEqual([1, 2]);
  expect([...(await runToHost(executable, { ...given, x: outputs['again']! }))['sum']!.data]).toEqual([
    111, 222,
  ]);
  for (const tensor of Object.values(outputs)) tensor.dispose();
  executable.dispose();
}

async function checkRelease(createBackend: () => Promise<Backend> | Backend): Promise<void> {
  const backend = await createBackend();
  const [first, second] = [
    await backend.compile(scaled, { weights: WEIGHTS }),
    await backend.compile(scaled),
  ];
  const { y } = await first.run({ x: one(3) });
  const { y: other } = await first.run({ x: one(4) });
  expect(backend.liveTensors()).toBe(2);
  y!.dispose();
  y!.dispose();
  expect(backend.liveTensors()).toBe(1);
  await expect(y!.read()).rejects.toMatchObject({ code: 'DISPOSED' });
  await expect(first.run({ x: y! })).rejects.toMatchObject({ code: 'DISPOSED' });
  expect([...(await other!.read()).data]).toEqual([8]);
  first.dispose();
  first.dispose();
  await expect(first.run({ x: one() })).rejects.toMatchObject({ code: 'DISPOSED' });
  expect([...(await runToHost(second, { x: other!, w: one(10) }))['y']!.data]).toEqual([80]);
  other!.dispose();
  expect(backend.liveTensors()).toBe(0);
  backend.dispose();
  backend.dispose();
  await expect(second.run({ x: one(), w: one() })).rejects.toMatchObject({ code: 'DISPOSED' });
  await expect(backend.compile(scaled)).rejects.toMatchObject({ code: 'DISPOSED' });
}

async function checkForeign(
  backend: Backend,
  createBackend: () => Promise<Backend> | Backend,
): Promise<void> {
  const other = await createBackend();
  const { y } = await (await other.compile(scaled, { weights: WEIGHTS })).run({ x: one() });
  const executable = await backend.compile(scaled, { weights: WEIGHTS });
  const before = backend.liveTensors();
  await expect(executable.run({ x: y! })).rejects.toMatchObject({ code: 'BACKEND' });
  expect(backend.liveTensors()).toBe(before);
  y!.dispose();
  other.dispose();
  executable.dispose();
}

async function checkPlaces(backend: Backend): Promise<void> {
  const executable = await backend.compile(scaled, { weights: WEIGHTS });
  const first = await executable.run({ x: one(3) });
  const before = backend.liveTensors();
  const { y } = await executable.run({ x: one(4) }, { into: first });
  expect([...(await y!.read()).data]).toEqual([8]);
  expect(y === first['y']).toBe(backend.reusesMemory ?? false);
  expect(backend.liveTensors()).toBe(before + (y === first['y'] ? 0 : 1));
  const over = await executable.run({ x: y! }, { into: { y: y! } });
  expect([...(await over['y']!.read()).data]).toEqual([16]);
  for (const value of [first['y']!, y!, over['y']!]) value.dispose();
  const place = one(0);
  const beside = await executable.run({ x: one(5) }, { into: { y: place } });
  expect([...(await beside['y']!.read()).data]).toEqual([10]);
  expect([...place.data]).toEqual([backend.reusesMemory ? 10 : 0]);
  beside['y']!.dispose();
  executable.dispose();
}

/** What is copied, what is released, and to whom values belong. */
export function testLifecycle(backend: () => Backend, createBackend: () => Promise<Backend> | Backend): void {
  it('binds parameters, feeds outputs back and leaks nothing', () => checkLifecycle(backend()));
  it('copies what it is given and what it gives', () => checkCopies(backend()));
  it('writes results over values that are given up and to host arrays, where it says so', () =>
    checkPlaces(backend()));
  it('releases everything once, and is of no use afterwards', () => checkRelease(createBackend));
  it('refuses a value of another backend', () => checkForeign(backend(), createBackend));
}
