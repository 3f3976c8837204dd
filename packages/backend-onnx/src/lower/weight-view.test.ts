import { createRandom } from '@crrg/core';
import { deferredTensor, float32, parameter, runToHost, trace } from '@crrg/tensor';
import { describe, expect, it } from 'vitest';
import { createOnnxBackend } from '../index.js';
import { lowerGraph } from './lower-graph.js';
import { nearestEven } from '../__fixtures__/nearest-even.js';
import { quantizeBlocks } from './quantize-blocks.js';
import { quantizeMatrix } from './quantize-matrix.js';
import { matrixLayout, plainView, reshapeView, transposeView, type WeightView } from './weight-view.js';

/** Where each element of a view lies, in the view's order. */
function placesOf(view: WeightView): number[] {
  return view
    .flat()
    .reduce<number[]>(
      (places, { size, step }) =>
        places.flatMap((place) => Array.from({ length: size }, (_, index) => place + index * step)),
      [0],
    );
}

const iota = (length: number) => Array.from({ length }, (_, index) => index);

it('a reshape keeps the order of elements, and a transposition changes it as that of an array', () => {
  const view = plainView([4, 3, 2]);
  expect(placesOf(view)).toEqual(iota(24));
  const turned = transposeView(view, [2, 0, 1]);
  const expected = iota(2).flatMap((c) => iota(4).flatMap((a) => iota(3).map((b) => 6 * a + 2 * b + c)));
  expect(placesOf(turned)).toEqual(expected);
  for (const shape of [[2, 12], [24], [2, 2, 2, 3], [2, 4, 1, 3], [1, 2, 2, 6]])
    expect([shape, placesOf(reshapeView(turned, shape)!)]).toEqual([shape, expected]);
});

it('an axis that would begin within a run is no view', () => {
  const turned = transposeView(plainView([4, 6]), [1, 0]);
  expect(reshapeView(turned, [4, 6])).toBeUndefined();
  expect(reshapeView(turned, [3, 8])).toBeDefined();
});

it('a matrix of more than two runs of columns, or of rows in two runs, is not laid out', () => {
  const view = plainView([2, 3, 4, 5]);
  const turned = transposeView(view, [2, 3, 0, 1]);
  expect(matrixLayout(reshapeView(turned, [20, 6])!, false)).toEqual({
    ...{ rows: 20, rowStep: 1, groups: 1, groupStep: 0, columns: 6, columnStep: 20 },
  });
  const mixed = transposeView(view, [1, 3, 0, 2]);
  expect(matrixLayout(reshapeView(mixed, [3, 40])!, false)).toBeUndefined();
  expect(matrixLayout(reshapeView(mixed, [15, 8])!, false)).toBeUndefined();
  expect(matrixLayout(reshapeView(mixed, [3, 40])!, true)).toBeUndefined();
});

const [F, C, P] = [20, 150, 6];
const random = createRandom(11);
const kernel = float32(
  [F, C * P],
  Float32Array.from({ length: F * C * P }, () => random.normal()),
);
const byBin = transposeView(reshapeView(plainView(kernel.shape), [F, C, P])!, [1, 2, 0]);
const view = reshapeView(byBin, [C, P * F])!;
const explicit = float32(
  [C, P * F],
  Float32Array.from(placesOf(view), (place) => kernel.data[place]!),
);

it('a matrix is quantised as the same one would be that lies in order', () => {
  const [seen, plain] = [matrixLayout(view, false)!, matrixLayout(plainView(explicit.shape), false)!];
  expect([seen.groups, seen.columns]).toEqual([P, F]);
  expect(quantizeMatrix(kernel, seen)).toEqual(quantizeMatrix(explicit, plain));
  for (const bits of [4, 8] as const)
    expect(quantizeBlocks(kernel, seen, bits)).toEqual(quantizeBlocks(explicit, plain, bits));
});

describe('a matrix that is quantised in parts', () => {
  // More numbers than a part has, whichever axis is the slowest, and no multiple of what is worked on together.
  const [ROWS, COLUMNS, GROUPS] = [300, 333, 3];
  const size = ROWS * COLUMNS * GROUPS;
  const numbers = Float32Array.from({ length: size }, () => random.normal());
  const file = { path: '/weights', offset: 0, size: 4 * size, changed: 0 };
  const matrix = deferredTensor('float32', [size], file, (target, start) =>
    target.set(numbers.subarray(start, start + target.length)),
  );
  const orders = [
    [ROWS, GROUPS, COLUMNS],
    [ROWS, COLUMNS, GROUPS],
    [COLUMNS, ROWS, GROUPS],
    [GROUPS, COLUMNS, ROWS],
  ].map((shape) => {
    const stepOf = (axis: number) => shape.slice(shape.indexOf(axis) + 1).reduce((a, b) => a * b, 1);
    const [rowStep, groupStep, columnStep] = [stepOf(ROWS), stepOf(GROUPS), stepOf(COLUMNS)];
    const layout = { rows: ROWS, rowStep, groups: GROUPS, groupStep, columns: COLUMNS, columnStep };
    const columnOf = (group: number, column: number) =>
      Array.from(
        { length: ROWS },
        (_, row) => numbers[row * rowStep + group * groupStep + column * columnStep]!,
      );
    const columns = Array.from({ length: GROUPS * COLUMNS }, (_, at) =>
      columnOf(Math.floor(at / COLUMNS), at % COLUMNS),
    );
    return { name: shape.join(' x '), layout, columns };
  });
  const extreme = (values: readonly number[]) =>
    values.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  const integerOf = (value: number, scale: number) =>
    nearestEven(Math.fround(value * Math.fround(1 / scale)));
  const areSame = (a: ArrayBufferView, b: ArrayBufferView) =>
    Buffer.from(a.buffer).equals(Buffer.from(b.buffer));

  it.each(orders)('has the nearest integers of each column, stored as $name', ({ layout, columns }) => {
    const scales = Float32Array.from(columns, (values) => Math.abs(extreme(values)) / 64);
    const integers = new Int8Array(size);
    columns.forEach((values, column) =>
      values.forEach((value, row) => {
        integers[row * columns.length + column] = integerOf(value, scales[column]!);
      }),
    );
    const made = quantizeMatrix(matrix, layout);
    expect(areSame(made.scales, scales)).toBe(true);
    expect(areSame(made.integers, integers)).toBe(true);
  });

  it.each(orders)('has those of each block, stored as $name', ({ layout, columns }) => {
    const starts = [0, 128, 256];
    const blocks = columns.flatMap((values) => starts.map((start) => values.slice(start, start + 128)));
    const scales = Float32Array.from(blocks, (values) => extreme(values) / -128);
    const bytes = new Uint8Array(128 * blocks.length).fill(128);
    blocks.forEach((values, block) =>
      values.forEach((value, row) => {
        bytes[128 * block + row] = Math.min(255, integerOf(value, scales[block]!) + 128);
      }),
    );
    const made = quantizeBlocks(matrix, layout, 8);
    expect(areSame(made.scales, scales)).toBe(true);
    expect(areSame(made.bytes, bytes)).toBe(true);
  });
});

it('a product with a quantised view needs no node for it, and gives what a matrix that lies so gives', async () => {
  const init = { kind: 'constant', value: 0 } as const;
  const build = (isView: boolean, readsView = false) =>
    trace(
      {
        inputs: { x: { shape: [3, C] } },
        parameters: { w: parameter(isView ? kernel.shape : explicit.shape, init) },
      },
      (ops, { inputs, parameters }) => {
        const w = parameters.get('w');
        const matrix = isView
          ? ops.reshape(ops.transpose(ops.reshape(w, [F, C, P]), [1, 2, 0]), [C, P * F])
          : w;
        const y = ops.matmul(inputs['x']!, matrix);
        return readsView ? { y, view: ops.mul(matrix, 1), most: ops.max(matrix, { axes: [1] }) } : { y };
      },
    );
  const target = { fusedMatmul: true, poolIndices: true, weightDType: 'q8-blocks' } as const;
  const operators = (graph: ReturnType<typeof build>) =>
    lowerGraph(graph, new Map([['w', kernel]]), target).nodes.map(({ op }) => op);
  expect(operators(build(true))).toEqual(['MatMulNBits']);
  expect(operators(build(true, true)).filter((op) => op === 'Transpose')).toHaveLength(1);
  const backend = await createOnnxBackend({ runtime: 'node' });
  const x = float32(
    [3, C],
    Float32Array.from({ length: 3 * C }, () => random.normal()),
  );
  const run = async (graph: ReturnType<typeof build>, w: typeof kernel) => {
    const options = { weights: new Map([['w', w]]), weightDType: 'q8-blocks' } as const;
    return runToHost(await backend.compile(graph, options), { x });
  };
  const { y } = await run(build(false), explicit);
  expect((await run(build(true), kernel))['y']).toEqual(y);
  const both = await run(build(true, true), kernel);
  expect(both['y']).toEqual(y);
  expect(both['view']!.data).toEqual(explicit.data);
  backend.dispose();
});
