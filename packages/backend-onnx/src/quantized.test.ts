import { float32, parameter, runToHost, trace, type CompileOptions } from '@crrg/tensor';
import { describe, expect, it } from 'vitest';
import { nearestEven } from './__fixtures__/nearest-even.js';
import { randomTensor } from './__fixtures__/random-tensor.js';
import { OnnxBackend } from './backend.js';
import { openEngine } from './engine.js';
import { createOnnxBackend } from './index.js';
import { lowerGraph } from './lower/lower-graph.js';
import { quantizeBlocks } from './lower/quantize-blocks.js';
import { quantizeMatrix } from './lower/quantize-matrix.js';
import { matrixLayout, plainView } from './lower/weight-view.js';

const [ROWS, INNER, COLUMNS] = [5, 64, 24];

/** A matrix as it is stored, or transposed. */
const seen = (shape: readonly number[], isTransposed = false) =>
  matrixLayout(plainView(shape), isTransposed)!;

describe('quantising a matrix', () => {
  it('takes the largest value of each column for 64, whichever way the matrix is stored', () => {
    const stored = float32([2, 3], [1, -4, 0, -2, 1, 0]);
    const plain = quantizeMatrix(stored, seen([2, 3]));
    expect([...plain.integers]).toEqual([32, -64, 0, -64, 16, 0]);
    [2 / 64, 4 / 64, 1].forEach((scale, i) => expect(plain.scales[i]).toBeCloseTo(scale, 8));
    const transposed = quantizeMatrix(float32([3, 2], [1, -2, -4, 1, 0, 0]), seen([3, 2], true));
    expect(transposed).toEqual(plain);
  });

  it('keeps columns and blocks of numbers below 2^-100 as zeros, and the largest of float32', () => {
    const numbers = float32([2, 3], [2 ** -101, 1, -3e38, 1e-45, 1, 3e38]);
    const { integers, scales } = quantizeMatrix(numbers, seen([2, 3]));
    expect([...integers]).toEqual([0, 64, -64, 0, 64, 64]);
    expect(scales[0]).toBe(1);
    const blocks = quantizeBlocks(numbers, seen([2, 3]), 8);
    expect([0, 1, 2].map((column) => [...blocks.bytes.subarray(128 * column, 128 * column + 3)])).toEqual([
      [128, 128, 128],
      [0, 0, 128],
      [0, 255, 128],
    ]);
  });
});

describe('quantising blocks of a matrix', () => {
  /** Values of the first column, as MatMulNBits reads them. */
  const unpack = (
    { bytes, scales, blocks }: ReturnType<typeof quantizeBlocks>,
    column: number,
    row: number,
  ) => {
    const byte = bytes[((column * blocks + Math.floor(row / 32)) * 32 + (row % 32)) >> 1]!;
    return scales[column * blocks + Math.floor(row / 32)]! * ((row % 2 === 0 ? byte & 15 : byte >> 4) - 8);
  };

  it('takes the value of the largest size in 32 rows of a column for -8, and keeps the others to the nearest sixteenth', () => {
    const column = Array.from({ length: 40 }, (_, row) => (row < 32 ? row / 4 - 4 : row === 32 ? 1 : -0.5));
    const blocks = quantizeBlocks(float32([40, 1], column), seen([40, 1]), 4);
    expect([blocks.rows, blocks.columns, blocks.blocks]).toEqual([40, 1, 2]);
    expect([...blocks.scales]).toEqual([0.5, -0.125]);
    expect(column.map((_, row) => unpack(blocks, 0, row))).toEqual(
      column.map((value, row) => (row < 32 ? Math.min(3.5, nearestEven(value * 2) / 2) : value)),
    );
  });

  it('gives zeros for a block of zeros, and the same whichever way the matrix is stored', () => {
    const zeros = quantizeBlocks(float32([32, 1], new Float32Array(32)), seen([32, 1]), 4);
    expect([[...zeros.scales], [...new Set(zeros.bytes)]]).toEqual([[1], [0x88]]);
    const stored = randomTensor([INNER, COLUMNS], 5);
    const turned = Float32Array.from(
      { length: INNER * COLUMNS },
      (_, i) => stored.data[(i % INNER) * COLUMNS + Math.floor(i / INNER)]!,
    );
    expect(quantizeBlocks(float32([COLUMNS, INNER], turned), seen([COLUMNS, INNER], true), 8)).toEqual(
      quantizeBlocks(stored, seen([INNER, COLUMNS]), 8),
    );
  });
});

describe('products with quantised weights', () => {
  const build = (isTransposed: boolean) =>
    trace(
      {
        inputs: { x: { shape: ['n', INNER] } },
        parameters: {
          w: parameter(isTransposed ? [COLUMNS, INNER] : [INNER, COLUMNS], { kind: 'constant', value: 0 }),
        },
      },
      (ops, { inputs, parameters }) => ({
        y: ops.matmul(inputs['x']!, parameters.get('w'), { transposeB: isTransposed }),
      }),
    );
  const x = randomTensor([ROWS, INNER], 1);

  it('hand the engine no two weights that a processor without VNNI would add up wrongly', () => {
    const weights = new Map([['w', randomTensor([INNER, COLUMNS], 2)]]);
    const lowered = lowerGraph(build(false), weights, {
      fusedMatmul: true,
      poolIndices: true,
      weightDType: 'q8',
    });
    const [matrix] = [...lowered.weights.values()].filter(({ type }) => type === 'int8');
    const integers = new Int8Array(matrix!.bytes().slice().buffer);
    expect(integers).toHaveLength(INNER * COLUMNS);
    // What AVX2 and AVX-512 keep of two products of an unsigned and a signed byte: 16 bits, saturated.
    const saturated = (sum: number) => Math.max(-(2 ** 15), Math.min(2 ** 15 - 1, sum));
    for (const first of [Math.min(...integers), Math.max(...integers)])
      expect(saturated(255 * first + 255 * first)).toBe(2 * 255 * first);
    expect(Math.max(...integers.map(Math.abs))).toBe(64);
  });

  it.each([1, -1])(
    'are exact where every operand has its largest value, weights of sign %s',
    async (sign) => {
      const weights = new Map([
        ['w', float32([INNER, COLUMNS], new Float32Array(INNER * COLUMNS).fill(sign))],
      ]);
      const backend = await createOnnxBackend({ runtime: 'node', matmulWeights: 'int8' });
      const ones = float32([ROWS, INNER], new Float32Array(ROWS * INNER).fill(1));
      const { y } = await runToHost(await backend.compile(build(false), { weights }), { x: ones });
      backend.dispose();
      for (const value of y!.data) expect(value).toBeCloseTo(sign * INNER, 3);
    },
  );

  it.each([false, true])('come close to those in float32, transposed %s', async (isTransposed) => {
    const weights = new Map([['w', randomTensor(isTransposed ? [COLUMNS, INNER] : [INNER, COLUMNS], 2)]]);
    const run = async (matmulWeights: 'float32' | 'int8') => {
      const backend = await createOnnxBackend({ runtime: 'node', matmulWeights });
      const { y } = await runToHost(await backend.compile(build(isTransposed), { weights }), { x });
      backend.dispose();
      return { name: backend.name, y: y!.data as Float32Array };
    };
    const [exact, rounded] = [await run('float32'), await run('int8')];
    expect([exact.name, rounded.name]).toEqual(['onnxruntime-node/cpu', 'onnxruntime-node/cpu/int8']);
    let [error, norm] = [0, 0];
    exact.y.forEach((value, i) => {
      error += (rounded.y[i]! - value) ** 2;
      norm += value ** 2;
    });
    // Rounding to 1 of 255 and 1 of 128 steps: about a hundredth of the norm, and not nothing.
    expect(Math.sqrt(error / norm)).toBeLessThan(0.02);
    expect(Math.sqrt(error / norm)).toBeGreaterThan(1e-4);
  });

  it.each([
    // 4 bits: steps of an eighth of the largest of 32 numbers, about a twelfth of the norm.
    ['q8', 0.02],
    ['q4-blocks', 0.15],
    ['q8-blocks', 0.015],
  ] as const)(
    'are asked for by a single graph, %s, of a backend that multiplies in float32',
    async (weightDType, most) => {
      const backend = await createOnnxBackend({ runtime: 'node' });
      for (const isTransposed of [false, true]) {
        const weights = new Map([['w', randomTensor(isTransposed ? [COLUMNS, INNER] : [INNER, COLUMNS], 2)]]);
        const run = async (options: CompileOptions) =>
          (await runToHost(await backend.compile(build(isTransposed), { weights, ...options }), { x }))['y']!
            .data;
        const [exact, same, rounded] = [
          await run({}),
          await run({ weightDType: 'fp32' }),
          await run({ weightDType }),
        ];
        expect(same).toEqual(exact);
        const norm = (values: ArrayLike<number>) => Math.hypot(...Array.from(values));
        const error = norm(Array.from(exact, (value, i) => value - rounded[i]!)) / norm(exact);
        expect(error).toBeLessThan(most);
        expect(error).toBeGreaterThan(1e-4);
      }
      expect(backend.name).toBe('onnxruntime-node/cpu');
      backend.dispose();
    },
  );

  it('of 4 bits do not depend on which rows are multiplied beside a row', async () => {
    const backend = await createOnnxBackend({ runtime: 'node' });
    const executable = await backend.compile(build(false), {
      weights: new Map([['w', randomTensor([INNER, COLUMNS], 2)]]),
      weightDType: 'q4-blocks',
    });
    const together = (await runToHost(executable, { x }))['y']!.data;
    const first = float32([1, INNER], (x.data as Float32Array).slice(0, INNER));
    const alone = (await runToHost(executable, { x: first }))['y']!.data;
    alone.forEach((value, i) => expect(value).toBeCloseTo(together[i]!, 5));
    backend.dispose();
  });

  it.each(['q8-blocks', 'q4-blocks'] as const)(
    'are exact where every operand has its largest value: no processor saturates, %s',
    async (weightDType) => {
      const backend = await createOnnxBackend({ runtime: 'node' });
      for (const sign of [1, -1]) {
        const weights = new Map([
          ['w', float32([INNER, COLUMNS], new Float32Array(INNER * COLUMNS).fill(sign))],
        ]);
        const executable = await backend.compile(build(false), { weights, weightDType });
        const ones = float32([ROWS, INNER], new Float32Array(ROWS * INNER).fill(1));
        for (const value of (await runToHost(executable, { x: ones }))['y']!.data)
          expect(value).toBeCloseTo(sign * INNER, 3);
      }
      backend.dispose();
    },
  );

  it('are chosen by the name of the parameter', () => {
    const graph = trace(
      {
        inputs: { x: { shape: ['n', INNER] } },
        parameters: Object.fromEntries(
          ['a', 'b', 'c'].map((name) => [name, parameter([INNER, INNER], { kind: 'constant', value: 0 })]),
        ),
      },
      (ops, { inputs, parameters }) => ({
        y: ['a', 'b', 'c'].reduce((x, name) => ops.matmul(x, parameters.get(name)), inputs['x']!),
      }),
    );
    const weights = new Map(['a', 'b', 'c'].map((name, at) => [name, randomTensor([INNER, INNER], at)]));
    const dtypes = { a: 'q8', b: 'fp32', c: 'q4-blocks' } as const;
    const { nodes } = lowerGraph(graph, weights, {
      fusedMatmul: true,
      poolIndices: true,
      weightDType: (name) => dtypes[name as 'a'],
    });
    expect(nodes.map(({ op }) => op)).toEqual(['DynamicQuantizeMatMul', 'MatMul', 'MatMulNBits']);
  });

  it('are refused on a GPU', async () => {
    const ort = await import('onnxruntime-node');
    const backend = new OnnxBackend(
      { ...(await openEngine({ ort, runtime: 'node' })), executionProviders: ['cuda'] },
      'fp32',
    );
    await expect(backend.compile(build(false), { weightDType: 'q8' })).rejects.toThrow(
      'backend-onnx.compile (graph): expected weights in fp32, got quantised ones; use the engine "onnx"',
    );
  });

  it('leave operands alone that are read transposed, or multiplied one matrix a batch', async () => {
    const graph = trace(
      {
        inputs: { x: { shape: [INNER, ROWS] } },
        parameters: {
          w: parameter([INNER, COLUMNS], { kind: 'constant', value: 0 }),
          each: parameter([2, INNER, COLUMNS], { kind: 'constant', value: 0 }),
        },
      },
      (ops, { inputs, parameters }) => ({
        turned: ops.matmul(inputs['x']!, parameters.get('w'), { transposeA: true }),
        batch: ops.matmul(ops.transpose(inputs['x']!, [1, 0]), parameters.get('each')),
      }),
    );
    const weights = new Map([
      ['w', randomTensor([INNER, COLUMNS], 2)],
      ['each', randomTensor([2, INNER, COLUMNS], 3)],
    ]);
    const results = [];
    for (const matmulWeights of ['float32', 'int8'] as const) {
      const backend = await createOnnxBackend({ runtime: 'node', matmulWeights });
      results.push(
        await runToHost(await backend.compile(graph, { weights }), { x: randomTensor([INNER, ROWS], 1) }),
      );
      backend.dispose();
    }
    expect(results[1]).toEqual(results[0]);
  });

  it('leave matrices alone that are given in each run', async () => {
    const w = randomTensor([INNER, COLUMNS], 2);
    const results = [];
    for (const matmulWeights of ['float32', 'int8'] as const) {
      const backend = await createOnnxBackend({ runtime: 'node', matmulWeights });
      results.push((await runToHost(await backend.compile(build(false)), { x, w }))['y']!.data);
      backend.dispose();
    }
    expect(results[1]).toEqual(results[0]);
  });
});
