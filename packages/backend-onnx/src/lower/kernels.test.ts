import { createRandom } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import { nearestEven } from '../__fixtures__/nearest-even.js';
import { floatsAt, layOut, openKernels } from './kernels.js';

const random = createRandom(3);
const draw = (count: number) => Float32Array.from({ length: count }, () => random.uniform(-9, 9));
/** Around those that are worked on together: 4 or 16. */
const COUNTS = [1, 3, 4, 5, 15, 16, 17, 35];

const product = (value: number, perUnit: number) => nearestEven(Math.fround(value * Math.fround(perUnit)));

const SMALLEST = 1e-30;

describe('the kernels', () => {
  it.each(COUNTS)('note the sizes of columns of rows that lie apart, of %i columns', (columns) => {
    const step = columns + 3;
    const values = draw(3 * step);
    const before = draw(columns + 1).map(Math.abs);
    const [stored, sizes] = layOut(values.byteLength, before.byteLength);
    floatsAt(stored, values.length).set(values);
    floatsAt(sizes, columns + 1).set(before);
    openKernels().noteSizes(stored, step, 3, columns, sizes);
    const largest = before.map((size, c) =>
      c < columns ? Math.max(size, ...[0, 1, 2].map((row) => Math.abs(values[row * step + c]!))) : size,
    );
    expect(floatsAt(sizes, columns + 1)).toEqual(largest);
  });

  it.each(COUNTS)('take the nearest integers of rows of %i numbers, of two the even one', (columns) => {
    const step = columns + 3;
    const values = draw(2 * step);
    const perUnit = draw(columns);
    values[columns - 1] = 2.5;
    perUnit[columns - 1] = 1;
    const [stored, units, made] = layOut(values.byteLength, perUnit.byteLength, 2 * columns + 1);
    floatsAt(stored, values.length).set(values);
    floatsAt(units, columns).set(perUnit);
    const { memory, quantizeRows } = openKernels();
    const integers = new Int8Array(memory.buffer, made, 2 * columns + 1).fill(99);
    quantizeRows(stored, step, 2, columns, units, made);
    const rowOf = (row: number) => [...perUnit].map((unit, c) => product(values[row * step + c]!, unit));
    expect([...integers]).toEqual([...rowOf(0), ...rowOf(1), 99]);
  });

  it.each([4, 8])('make integers of %i bits of blocks, cut where they end', (bits) => {
    const step = 35;
    const values = draw(3 * step);
    const [lowest, blocks] = [-(2 ** (bits - 1)), [0, 1, 2].map((block) => block * step)];
    // The largest first, in the middle and last; of two sizes the negative number.
    values.set([9, 8.9], blocks[0]);
    values[blocks[1]! + 13] = -9;
    values[blocks[1]! + 20] = 9;
    values.set([9, -9], blocks[2]! + 30);
    const [stored, scales, bytes] = layOut(values.byteLength, 12, 96);
    floatsAt(stored, values.length).set(values);
    const { memory, quantizeBlocks } = openKernels();
    quantizeBlocks(stored, step, 3, 32, bits, SMALLEST, scales, bytes);
    expect([...floatsAt(scales, 3)]).toEqual([9, -9, -9].map((most) => Math.fround(most / lowest)));
    const made = [...new Uint8Array(memory.buffer, bytes, (3 * 32 * bits) / 8)];
    const integers = bits === 8 ? made : made.flatMap((byte) => [byte & 15, byte >> 4]);
    expect(integers).toEqual(
      blocks.flatMap((start, block) => {
        const perUnit = 1 / floatsAt(scales, 3)[block]!;
        const of = (value: number) => Math.min(-2 * lowest - 1, product(value, perUnit) - lowest);
        return [...values.subarray(start, start + 32)].map(of);
      }),
    );
  });

  it('make zeros of blocks whose numbers are too small', () => {
    const [stored, scales, bytes] = layOut(4 * 32, 4, 32);
    floatsAt(stored, 32).fill(SMALLEST / 2);
    const { memory, quantizeBlocks } = openKernels();
    quantizeBlocks(stored, 32, 1, 32, 8, SMALLEST, scales, bytes);
    expect(floatsAt(scales, 1)[0]).toBe(1);
    expect(new Set(new Uint8Array(memory.buffer, bytes, 32))).toEqual(new Set([128]));
  });

  it.each([
    [1, 1],
    [4, 8],
    [7, 5],
    [3, 9],
  ])('transpose %i rows of %i columns among others', (rows, columns) => {
    const [rowStep, columnStep] = [columns + 2, rows + 3];
    const values = draw(rows * rowStep);
    const [from, to] = layOut(values.byteLength, 4 * columns * columnStep);
    floatsAt(from, values.length).set(values);
    const turned = floatsAt(to, columns * columnStep).fill(0);
    openKernels().transpose(from, rowStep, rows, columns, to, columnStep);
    expect([...turned]).toEqual(
      Array.from({ length: columns * columnStep }, (_, at) => {
        const [column, row] = [Math.floor(at / columnStep), at % columnStep];
        return row < rows ? values[row * rowStep + column] : 0;
      }),
    );
  });

  it('have as much memory as is laid out', () => {
    const before = openKernels().memory.buffer.byteLength;
    const [first, second] = layOut(before + 1, 5);
    expect(first).toBe(0);
    expect(second % 16).toBe(0);
    expect(second).toBeGreaterThan(before);
    expect(openKernels().memory.buffer.byteLength).toBeGreaterThanOrEqual(second + 5);
  });
});
