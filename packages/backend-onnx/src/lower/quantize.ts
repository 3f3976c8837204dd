import type { HostTensor } from '@crrg/tensor';
import { madeWeights, type MadePart, type ModelWeight } from './model-weight.js';

/** A matrix `[K, N]` as integers from -64 to 64 with one scale per column: `value = scale * integer`. */
export interface QuantizedMatrix {
  readonly integers: Int8Array;
  /** `[N]`. */
  readonly scales: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/**
 * Processors without VNNI add two products of an unsigned and a signed byte in 16 bits that saturate, so larger weights would make results
 * depend on the machine: 2 * 255 * 64 is the largest such sum that fits.
 */
export const LARGEST_WEIGHT = Math.floor((2 ** 15 - 1) / (2 * (2 ** 8 - 1)));

/** Rows and columns of a matrix, and how far apart its elements lie. */
function layoutOf({ shape }: Pick<HostTensor, 'shape'>, isTransposed: boolean) {
  const [rows, columns] = (isTransposed ? [shape[1], shape[0]] : shape) as [number, number];
  const [rowStep, columnStep] = isTransposed ? [1, rows] : [columns, 1];
  return { rows, columns, rowStep, columnStep };
}

type Layout = ReturnType<typeof layoutOf>;

/** Columns that are worked on at a time where each lies apart, so that what is read and what is written stay in the processor's cache. */
const STRIP = 64;

/** Visits runs of columns of one row, in an order that suits how the matrix is stored. */
function forEachRun(
  { rows, columns, columnStep }: Layout,
  visit: (row: number, start: number, end: number) => void,
): void {
  const strip = columnStep === 1 ? columns : STRIP;
  for (let start = 0; start < columns; start += strip) {
    const end = Math.min(start + strip, columns);
    for (let row = 0; row < rows; row++) visit(row, start, end);
  }
}

/** `Math.round` of what is not negative, several times as fast. */
const roundUp = (value: number) => (value + 0.5) | 0;

/** Of each column. The bits of float32 numbers without their signs are in the order of their sizes. */
function largestSizes(values: Float32Array, layout: Layout): Float32Array {
  const { columns, rowStep, columnStep } = layout;
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const largest = new Int32Array(columns);
  forEachRun(layout, (row, start, end) => {
    let at = row * rowStep + start * columnStep;
    for (let column = start; column < end; column++, at += columnStep) {
      const size = bits[at]! & 0x7fffffff;
      if (size > largest[column]!) largest[column] = size;
    }
  });
  return new Float32Array(largest.buffer);
}

/** A matrix, or one that is stored `[N, K]`, quantised symmetrically column by column: the largest value of a column becomes ±64. */
export function quantizeMatrix(matrix: HostTensor, isTransposed: boolean): QuantizedMatrix {
  const layout = layoutOf(matrix, isTransposed);
  const { rows, columns, rowStep, columnStep } = layout;
  const values = matrix.data as Float32Array;
  const scales = largestSizes(values, layout).map((size) => (size === 0 ? 1 : size / LARGEST_WEIGHT));
  const perUnit = Float64Array.from(scales, (scale) => 1 / scale);
  const integers = new Int8Array(rows * columns);
  forEachRun(layout, (row, start, end) => {
    let from = row * rowStep + start * columnStep;
    let to = row * columns + start;
    for (let column = start; column < end; column++, from += columnStep, to++)
      integers[to] = roundUp(values[from]! * perUnit[column]! + LARGEST_WEIGHT) - LARGEST_WEIGHT;
  });
  return { integers, scales, rows, columns };
}

/** The two constants of {@link quantizeMatrix}. */
export function quantizedMatrix(
  matrix: HostTensor,
  isTransposed: boolean,
  how: string,
): readonly [integers: ModelWeight, scales: ModelWeight] {
  const { rows, columns } = layoutOf(matrix, isTransposed);
  const parts: [MadePart, MadePart] = [
    { type: 'int8', shape: [rows, columns], byteLength: rows * columns },
    { type: 'float32', shape: [columns], byteLength: 4 * columns },
  ];
  return madeWeights(matrix, how, parts, () => {
    const { integers, scales } = quantizeMatrix(matrix, isTransposed);
    return [integers, scales];
  });
}

/** Bits of an integer in {@link BlockMatrix}. */
export type BlockBits = 4 | 8;

/** Rows of a column that share a scale. */
const BLOCK_SIZES: Readonly<Record<BlockBits, number>> = { 4: 32, 8: 128 };

/** A matrix `[K, N]` in blocks of rows of one column: `value = scale * (integer - 2^(bits - 1))`. */
export interface BlockMatrix {
  /** `[N, blocks, blockSize * bits / 8]`; of 4 bits two rows a byte, the first in the lower half. */
  readonly bytes: Uint8Array;
  /** `[N * blocks]`. */
  readonly scales: Float32Array;
  readonly rows: number;
  readonly columns: number;
  /** Of each column; the last is filled up with zeros. */
  readonly blocks: number;
  readonly blockSize: number;
}

/** A run of values of one column from `start` on, with zeros after the last row. */
type Run = { readonly values: Float32Array; readonly start: number };

/** Visits the blocks of all columns, each as a run of `blockSize` values. */
function forEachBlock(
  values: Float32Array,
  { rows, columns, rowStep, columnStep }: Layout,
  blockSize: number,
  visit: (column: number, block: number, run: Run) => void,
): void {
  const tile = new Float32Array(STRIP * blockSize);
  for (let block = 0; block * blockSize < rows; block++) {
    const first = block * blockSize;
    const count = Math.min(blockSize, rows - first);
    for (let start = 0; start < columns; start += STRIP) {
      const end = Math.min(start + STRIP, columns);
      if (rowStep === 1 && count === blockSize) {
        for (let column = start; column < end; column++)
          visit(column, block, { values, start: first + column * columnStep });
        continue;
      }
      tile.fill(0);
      for (let row = 0; row < count; row++) {
        let from = (first + row) * rowStep + start * columnStep;
        for (let to = row; to < (end - start) * blockSize; to += blockSize, from += columnStep)
          tile[to] = values[from]!;
      }
      for (let column = start; column < end; column++)
        visit(column, block, { values: tile, start: (column - start) * blockSize });
    }
  }
}

/** The value of the largest size. */
function extremeOf({ values, start }: Run, length: number): number {
  let [least, most] = [0, 0];
  for (let at = start; at < start + length; at++) {
    const value = values[at]!;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return most > -least ? most : least;
}

/**
 * A matrix, or one that is stored `[N, K]`, quantised block by block: the value of the largest size becomes the lowest integer, the farther
 * end of the range.
 */
export function quantizeBlocks(matrix: HostTensor, isTransposed: boolean, bits: BlockBits): BlockMatrix {
  const layout = layoutOf(matrix, isTransposed);
  const { rows, columns } = layout;
  const blockSize = BLOCK_SIZES[bits];
  const [zero, perByte] = [2 ** (bits - 1), 8 / bits];
  const highest = 2 * zero - 1;
  const blocks = Math.ceil(rows / blockSize);
  const bytes = new Uint8Array((columns * blocks * blockSize) / perByte);
  const scales = new Float32Array(columns * blocks);
  forEachBlock(matrix.data as Float32Array, layout, blockSize, (column, block, run) => {
    const place = column * blocks + block;
    scales[place] = -extremeOf(run, blockSize) / zero || 1;
    const perUnit = 1 / scales[place];
    const integer = (at: number) => {
      const value = roundUp(run.values[run.start + at]! * perUnit + zero);
      return value > highest ? highest : value;
    };
    const to = (place * blockSize) / perByte;
    for (let byte = 0; byte < blockSize / perByte; byte++)
      bytes[to + byte] = bits === 8 ? integer(byte) : integer(2 * byte) | (integer(2 * byte + 1) << 4);
  });
  return { bytes, scales, rows, columns, blocks, blockSize };
}

/** The two constants of {@link quantizeBlocks}, and the sizes that the operator is told. */
export function quantizedBlocks(
  matrix: HostTensor,
  { transB, bits, how }: { readonly transB: boolean; readonly bits: BlockBits; readonly how: string },
) {
  const { rows: K, columns: N } = layoutOf(matrix, transB);
  const blockSize = BLOCK_SIZES[bits];
  const blocks = Math.ceil(K / blockSize);
  const bytesOfBlock = (blockSize * bits) / 8;
  const sizes: [MadePart, MadePart] = [
    { type: 'uint8', shape: [N, blocks, bytesOfBlock], byteLength: N * blocks * bytesOfBlock },
    { type: 'float32', shape: [N * blocks], byteLength: 4 * N * blocks },
  ];
  const parts = madeWeights(matrix, how, sizes, () => {
    const { bytes, scales } = quantizeBlocks(matrix, transB, bits);
    return [bytes, scales];
  });
  return { parts, K, N, block_size: blockSize };
}
