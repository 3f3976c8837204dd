import { expect, it } from 'vitest';
import { runToHost, type Backend, type RunInput } from '../backend.js';
import { mulDims, symbol } from '../dim.js';
import { float32, hostTensor, int32, type HostTensor } from '../host-tensor.js';
import { parameter } from '../parameters.js';
import { trace, type InputSpec } from '../trace.js';
import type { ConformanceRule } from './conformance-rule.js';
import { CONFORMANCE_RULES } from './conformance-rules.js';

async function checkRule(backend: Backend, { signature, inputs, build, expected }: ConformanceRule) {
  const executable = await backend.compile(
    trace({ inputs: signature }, (ops, scope) => build(ops, scope.inputs)),
  );
  const results = await runToHost(executable, inputs);
  executable.dispose();
  for (const [name, values] of Object.entries(expected)) {
    const got = [...results[name]!.data];
    expect(got.length, name).toBe(values.length);
    values.forEach((value, index) => {
      if (Number.isFinite(value)) expect(got[index], `${name}[${index}]`).toBeCloseTo(value, 6);
      else expect(got[index], `${name}[${index}]`).toBe(value);
    });
  }
}

/** A graph that gives back its inputs, and their joint length. */
function echo(inputs: Readonly<Record<string, InputSpec>>) {
  return trace({ inputs }, (_ops, scope) => ({ ...scope.inputs }));
}

const scaled = trace(
  { inputs: { x: { shape: ['n'] } }, parameters: { w: parameter([1], { kind: 'constant', value: 1 }) } },
  (ops, { inputs, parameters }) => ({ y: ops.mul(inputs['x']!, parameters.get('w')) }),
);

const WEIGHTS = new Map([['w', float32([1], [2])]]);
const one = (value = 1) => float32([1], [value]);

async function checkNames(backend: Backend): Promise<void> {
  const bound = await backend.compile(scaled, { weights: WEIGHTS });
  const open = await backend.compile(scaled);
  const refused = async (executable: typeof bound, inputs: Record<string, RunInput>, message: string) => {
    await expect(executable.run(inputs)).rejects.toMatchObject({ code: 'SHAPE' });
    await expect(executable.run(inputs)).rejects.toThrow(message);
  };
  await refused(bound, {}, 'missing "x"');
  await refused(bound, { x: one(), y: one() }, 'unknown "y"');
  // A parameter that is bound is no input any more: the value given would be left out of account.
  await refused(bound, { x: one(), w: one(3) }, 'unknown "w"');
  await refused(open, { x: one() }, 'missing "w"');
  await refused(open, { x: one(), constructor: one() } as never, 'unknown "constructor"');
  const inherited = await backend.compile(echo({ toString: { shape: [1] } } as never));
  await refused(inherited, {}, 'missing "toString"');
  expect([...(await runToHost(open, { x: one(4), w: one(3) }))['y']!.data]).toEqual([12]);
  for (const executable of [bound, open, inherited]) executable.dispose();
}

async function checkSizes(backend: Backend): Promise<void> {
  const n = symbol('n');
  const executable = await backend.compile(
    echo({ a: { shape: [n, n] }, b: { shape: [mulDims(n, 2)] }, c: { shape: ['n'] } }),
  );
  const run = (a: readonly number[], b: number, c: number) => {
    const ones = (shape: readonly number[]) =>
      float32(shape, new Float32Array(shape.reduce((x, y) => x * y, 1)).fill(1));
    return runToHost(executable, { a: ones(a), b: ones([b]), c: ones([c]) });
  };
  await expect(run([2, 2], 4, 2)).resolves.toMatchObject({ b: { shape: [4] } });
  for (const [name, a, b, c] of [
    ['a', [2, 3], 4, 2],
    ['b', [2, 2], 5, 2],
    ['c', [2, 2], 4, 3],
    ['a', [2, 2, 1], 4, 2],
  ] as const) {
    await expect(run(a, b, c)).rejects.toMatchObject({ code: 'SHAPE' });
    await expect(run(a, b, c)).rejects.toThrow(`input "${name}"`);
  }
  executable.dispose();
}

async function checkTypes(backend: Backend): Promise<void> {
  const executable = await backend.compile(echo({ x: { shape: [2] }, i: { shape: [2], dtype: 'int32' } }));
  const [x, i] = [float32([2], [1, 2]), int32([2], [1, 2])];
  const wrong: Record<string, HostTensor>[] = [
    { x: i, i },
    { x, i: x },
    { x: { ...x, data: new Float32Array(3) }, i },
    { x: { ...x, data: new Int32Array(2) } as never, i },
    { x, i: { ...i, data: Float32Array.of(1.5, 2) } as never },
    { x: { ...x, data: new Float64Array(2) } as never, i },
  ];
  for (const inputs of wrong) {
    await expect(executable.run(inputs)).rejects.toMatchObject({ code: 'SHAPE' });
    await expect(executable.run(inputs)).rejects.toThrow(/input "[xi]" must/);
  }
  await expect(runToHost(executable, { x, i })).resolves.toEqual({ x, i });
  executable.dispose();
}

async function checkWeights(backend: Backend): Promise<void> {
  const before = backend.liveTensors();
  for (const weight of [float32([2], [1, 2]), float32([], [1]), int32([1], [1])]) {
    const refused = backend.compile(scaled, { weights: new Map([['w', weight]]) });
    await expect(refused).rejects.toMatchObject({ code: 'SHAPE' });
    await expect(refused).rejects.toThrow('weight "w" must be float32 [1]');
  }
  // A state dictionary serves several graphs: what this one does not use is no mistake.
  const executable = await backend.compile(scaled, { weights: new Map([...WEIGHTS, ['other', one()]]) });
  executable.dispose();
  // Nor is an input a weight that bears its name.
  const input = await backend.compile(echo({ w: { shape: [1] } }), { weights: WEIGHTS });
  expect([...(await runToHost(input, { w: one(5) }))['w']!.data]).toEqual([5]);
  input.dispose();
  expect(backend.liveTensors()).toBe(before);
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

/**
 * Declares the part of the conformance suite that is about rules, not about random numbers: ties, empty masks, what is refused, what is
 * copied and what is released.
 */
export function testContract(backend: () => Backend, createBackend: () => Promise<Backend> | Backend): void {
  for (const rule of CONFORMANCE_RULES) it(rule.name, () => checkRule(backend(), rule));
  it('refuses missing and unknown inputs, and parameters that are bound, by name', () =>
    checkNames(backend()));
  it('refuses two sizes of one symbol, in one input, in two and in an expression', () =>
    checkSizes(backend()));
  it('refuses inputs of another type, and arrays that do not hold what they say', () =>
    checkTypes(backend()));
  it('refuses weights of another shape or type', () => checkWeights(backend()));
  it('copies what it is given and what it gives', () => checkCopies(backend()));
  it('releases everything once, and is of no use afterwards', () => checkRelease(createBackend));
  it('refuses a value of another backend', () => checkForeign(backend(), createBackend));
}
