import { float32, int32, parameter, runToHost, trace, type WeightDType } from '@crrg/tensor';
import { describe, expect, it } from 'vitest';
import { randomTensor } from '../__fixtures__/random-tensor.js';
import { createOnnxBackend } from '../index.js';
import { encodeModel } from '../model.js';
import { lowerGraph } from './lower-graph.js';

/** Rows of no whole number of blocks, and of some. */
const WIDTHS = [200, 256];
/** So many that the integers lie beside a model. */
const ROWS = 40;

const table = (width: number) => randomTensor([ROWS, width], 3);

/** Rows of a table, and products with all of its rows. */
const build = (width: number) =>
  trace(
    {
      inputs: { ids: { shape: ['n', 2], dtype: 'int32' }, x: { shape: ['n', width] } },
      parameters: { table: parameter([ROWS, width], { kind: 'constant', value: 0 }) },
    },
    (ops, { inputs, parameters }) => ({
      rows: ops.gather(parameters.get('table'), inputs['ids']!, 0),
      scores: ops.matmul(inputs['x']!, parameters.get('table'), { transposeB: true }),
    }),
  );

const target = { fusedMatmul: true, poolIndices: true } as const;

describe.each(WIDTHS)(
  'rows of %i numbers, looked up in a table that is kept in blocks of integers',
  (width) => {
    const weights = new Map([['table', table(width)]]);
    const rowsOf = async (weightDType: WeightDType, runtime: 'node' | 'web' = 'node') => {
      const backend = await createOnnxBackend({ runtime });
      const executable = await backend.compile(build(width), { weights, weightDType });
      const inputs = {
        ids: int32([2, 2], [39, 0, 3, 3]),
        x: float32([2, width], new Float32Array(2 * width)),
      };
      const { rows } = await runToHost(executable, inputs);
      backend.dispose();
      return rows!;
    };

    it.each([
      ['q8-blocks', 2 / 256],
      ['q4-blocks', 2 / 16],
    ] as const)('are those of the table to the nearest step, %s', async (weightDType, step) => {
      const [exact, found] = [await rowsOf('fp32'), await rowsOf(weightDType)];
      expect(found.shape).toEqual([2, 2, width]);
      // The largest of all numbers bounds the steps of each block; what is cut at the other end of the range is off by a whole step.
      const most = Math.max(...weights.get('table')!.data.map(Math.abs));
      const errors = Array.from(exact.data, (value, at) => Math.abs(value - found.data[at]!));
      expect(Math.max(...errors)).toBeLessThan(most * step);
      expect(Math.max(...errors)).toBeGreaterThan(0);
    });

    it('are the same in WebAssembly', async () => {
      expect(await rowsOf('q8-blocks', 'web')).toEqual(await rowsOf('q8-blocks'));
    });

    it('are kept once for look-ups and products, and not in float32', () => {
      const lowered = lowerGraph(build(width), weights, { ...target, weightDType: 'q8-blocks' });
      const made = [...lowered.weights.values()];
      expect(made.map(({ type }) => type).sort()).toEqual(['float32', 'float32', 'uint8', 'uint8']);
      const { external } = encodeModel(lowered, 'pieces', 0);
      expect(external.map(({ byteLength }) => byteLength)).toEqual([ROWS * 256]);
    });

    it('are taken as they are along other axes, and where columns have one scale', () => {
      const along = trace(
        {
          inputs: { ids: { shape: ['n'], dtype: 'int32' } },
          parameters: { table: parameter([ROWS, width], { kind: 'constant', value: 0 }) },
        },
        (ops, { inputs, parameters }) => ({
          columns: ops.gather(parameters.get('table'), inputs['ids']!, 1),
        }),
      );
      const operators = (graph: typeof along, weightDType: WeightDType) =>
        lowerGraph(graph, weights, { ...target, weightDType }).nodes.map(({ op }) => op);
      expect(operators(along, 'q8-blocks')).toEqual(['Gather']);
      expect(operators(build(width), 'q8')).toEqual(['Gather', 'DynamicQuantizeMatMul']);
    });
  },
);
