import { expect, it } from 'vitest';
import { runToHost, type Backend, type RunInput } from '../../backend.js';
import { mulDims, symbol } from '../../dim.js';
import { float32, hostTensor, int32, type HostTensor } from '../../host-tensor.js';
import { trace } from '../../trace.js';
import { WEIGHTS, echo, one, scaled } from './small-graphs.js';

async function checkRefusal(backend: Backend): Promise<void> {
  const graph = trace({ inputs: { image: { shape: ['n', 2] } } }, (ops, { inputs }) => ({
    y: ops.neg(inputs['image']!),
  }));
  const executable = await backend.compile(graph);
  await expect(executable.run({ image: hostTensor('float32', [2, 3], [1, 2, 3, 4, 5, 6]) })).rejects.toThrow(
    /image/,
  );
  await expect(executable.run({})).rejects.toMatchObject({ code: 'SHAPE' });
  executable.dispose();
}

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
  await refused(open, { x: one(), w: undefined } as never, 'missing "w"');
  expect([...(await runToHost(open, { x: one(4), w: one(3) }))['y']!.data]).toEqual([12]);
  for (const executable of [bound, open]) executable.dispose();
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
  const noTensors = [null, 3, [1, 2], 'x', {}, { dtype: 'float32', shape: [2] }, { ...x, data: [1, 2] }];
  for (const nothing of noTensors) {
    const inputs = { x: nothing, i } as never;
    await expect(executable.run(inputs)).rejects.toMatchObject({ code: 'SHAPE' });
    await expect(executable.run(inputs)).rejects.toThrow(
      'input "x" must be float32 [2], got what is no tensor',
    );
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
  const list = new Map([['w', [2] as never]]);
  await expect(backend.compile(scaled, { weights: list })).rejects.toThrow(
    'weight "w" must be float32 [1], got',
  );
  // A state dictionary serves several graphs: what this one does not use is no mistake.
  const executable = await backend.compile(scaled, { weights: new Map([...WEIGHTS, ['other', one()]]) });
  executable.dispose();
  // Nor is an input a weight that bears its name.
  const input = await backend.compile(echo({ w: { shape: [1] } }), { weights: WEIGHTS });
  expect([...(await runToHost(input, { w: one(5) }))['w']!.data]).toEqual([5]);
  input.dispose();
  expect(backend.liveTensors()).toBe(before);
}

/** What a run and a compilation are given, and what they refuse of it. */
export function testInputs(backend: () => Backend): void {
  it('refuses an input of the wrong shape and names it', () => checkRefusal(backend()));
  it('refuses missing and unknown inputs, and parameters that are bound, by name', () =>
    checkNames(backend()));
  it('refuses two sizes of one symbol, in one input, in two and in an expression', () =>
    checkSizes(backend()));
  it('refuses inputs of another type, and arrays that do not hold what they say', () =>
    checkTypes(backend()));
  it('refuses weights of another shape or type', () => checkWeights(backend()));
}
