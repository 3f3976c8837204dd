import { deferredTensor, parameter, runToHost, trace, type CompileOptions } from '@crrg/tensor';
import { describe, expect, it } from 'vitest';
import { randomTensor } from './__fixtures__/random-tensor.js';
import { OnnxBackend } from './backend.js';
import { openEngine, type Engine } from './engine.js';
import { lowerGraph } from './lower/lower-graph.js';
import { encodeModel } from './model.js';
import { hasAvx512, processorFeatures } from './processor.js';

/** Rows of the plain matrix: not a multiple of those that are turned together. */
const [INNER, COLUMNS] = [37, 24];
const TARGET = { fusedMatmul: true, poolIndices: true };

const init = { kind: 'constant', value: 0 } as const;
const specs = { plain: parameter([INNER, COLUMNS], init), turned: parameter([INNER, COLUMNS], init) };
/** Both ways in which a matrix is stored: `x [S, Q, K] plain [K, N]`, and that times `turned [K, N]` the other way round. */
const graph = trace(
  { inputs: { x: { shape: ['S', 'Q', INNER] } }, parameters: specs },
  (ops, { inputs, parameters }) => {
    const y = ops.matmul(inputs['x']!, parameters.get('plain'));
    return { y, z: ops.matmul(y, parameters.get('turned'), { transposeB: true }) };
  },
);
const weights = new Map([
  ['plain', randomTensor([INNER, COLUMNS], 1)],
  ['turned', randomTensor([INNER, COLUMNS], 2)],
]);
const x = randomTensor([3, 2, INNER], 3);

async function outputs(streamsLeftOperand: boolean, options: CompileOptions) {
  const opened = await openEngine({ runtime: 'node' });
  let turns = false;
  const createSession: Engine['createSession'] = (model, settings) => {
    turns = Buffer.from(model.bytes).includes('made:');
    return opened.createSession(model, settings);
  };
  const backend = new OnnxBackend({ ...opened, createSession, streamsLeftOperand }, 'fp32');
  const executable = await backend.compile(graph, options);
  const given = options.weights ? { x } : { x, ...Object.fromEntries(weights) };
  const found = await runToHost(executable, given);
  backend.dispose();
  return { found, turns };
}

/** Operators of the products, and what they multiply. */
function products(options: CompileOptions, fewRows = true) {
  const { nodes } = lowerGraph(graph, options.weights, { ...TARGET, ...options, fewRows });
  return nodes
    .filter(({ op }) => op.endsWith('MatMul'))
    .map(({ op, inputs: [left, right] }) => [op, left?.split(':')[0], right?.split(':')[0]]);
}

describe('products of few rows', () => {
  it('have the bound matrix on the left, in whichever way it is stored', () => {
    const isRow = expect.stringMatching(/^(?!weight|made)/) as string;
    expect(products({ weights })).toEqual([
      ['FusedMatMul', 'made', isRow],
      ['FusedMatMul', 'weight', isRow],
    ]);
    expect(products({ weights }, false).map(([op]) => op)).toEqual(['MatMul', 'FusedMatMul']);
  });

  it('give what products of many rows give', async () => {
    const few = await outputs(true, { weights, fewRows: true });
    const many = await outputs(false, { weights, fewRows: true });
    expect([few.turns, many.turns]).toEqual([true, false]);
    for (const name of ['y', 'z']) {
      expect(few.found[name]!.shape).toEqual(many.found[name]!.shape);
      // Sums of at most 37 products in another order.
      few.found[name]!.data.forEach((value, at) =>
        expect(value).toBeCloseTo(Number(many.found[name]!.data[at]), 3),
      );
    }
    expect(await outputs(true, { fewRows: true })).toEqual(await outputs(true, {}));
  });

  it('leave quantised matrices and those of the run as they are', () => {
    expect(products({ weights, weightDType: 'q8' }).map(([op]) => op)).toEqual([
      'DynamicQuantizeMatMul',
      'DynamicQuantizeMatMul',
    ]);
    expect(products({}).map(([op]) => op)).toEqual(['MatMul', 'FusedMatMul']);
  });

  it('take a matrix that was turned in an earlier process from where that left it', () => {
    const file = { path: '/models/weights.safetensors', offset: 64, size: 2 ** 26, changed: 7 };
    const stored = (offset: number) =>
      deferredTensor('float32', [INNER, COLUMNS], { ...file, offset }, (target) => target.fill(0));
    const recipe = (offset: number) => {
      const bound = new Map([...weights.keys()].map((name) => [name, stored(offset)]));
      const lowered = lowerGraph(graph, bound, { ...TARGET, fewRows: true });
      return encodeModel(lowered, 'folder', 0).recipe;
    };
    expect(recipe(64)).toBeDefined();
    expect(recipe(64)).toEqual(recipe(64));
    expect(recipe(64)).not.toEqual(recipe(128));
  });
});

describe('the processor', () => {
  it('streams the left operand only where it has registers of 512 bits', async () => {
    const { streamsLeftOperand } = await openEngine({ runtime: 'node' });
    expect(streamsLeftOperand).toBe(hasAvx512());
    expect((await openEngine({ runtime: 'web' })).streamsLeftOperand).toBe(false);
    expect(
      ['flags : fpu avx2', 'flags : avx512fp16', undefined].map((text) => hasAvx512(text ?? '')),
    ).toEqual([false, false, false]);
    expect(hasAvx512('flags : avx2 avx512f avx512dq')).toBe(true);
    expect(hasAvx512()).toBe(hasAvx512(processorFeatures() ?? ''));
  });
});
