import type { HostTensor } from '@crrg/tensor';
import { madeWeights, type MadePart, type ModelWeight } from './model-weight.js';
import type { MatrixLayout } from './weight-view.js';

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

/** Columns that are worked on at a time where each lies apart, so that what is read and what is written stay in the processor's cache. */
const STRIP = 64;
/** Where the columns of all groups lie between each other, one of each group. */
const GROUPED_STRIP = 1;

/** Visits runs of columns of one row, in an order that suits how the matrix is stored: where the first lies, and its place in a row of the result. */
function forEachRun(
  { rows, rowStep, groups, groupStep, columns, columnStep }: MatrixLayout,
  visit: (row: number, from: number, column: number, count: number) => void,
): void {
  const strip = columnStep === 1 ? columns : STRIP;
  for (let group = 0; group < groups; group++)
    for (let start = 0; start < columns; start += strip) {
      const [from, count] = [group * groupStep + start * columnStep, Math.min(strip, columns - start)];
      for (let row = 0; row < rows; row++) visit(row, from + row * rowStep, group * columns + start, count);
    }
}

/** `Math.round` of what is not negative, several times as fast. */
const roundUp = (value: number) => (value + 0.5) | 0;

/** Of each column. The bits of float32 numbers without their signs are in the order of their sizes. */
function largestSizes(values: Float32Array, layout: MatrixLayout): Float32Array {
  const { groups, columns, columnStep } = layout;
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const largest = new Int32Array(groups * columns);
  forEachRun(layout, (_, from, start, count) => {
    for (let at = from, column = start; column < start + count; column++, at += columnStep) {
      const size = bits[at]! & 0x7fffffff;
      if (size > largest[column]!) largest[column] = size;
    }
  });
  return new Float32Array(largest.buffer);
}

/** A matrix quantised symmetrically column by column: the largest value of a column becomes ±64. */
export function quantizeMatrix(matrix: HostTensor, layout: MatrixLayout): QuantizedMatrix {
  const { rows, columnStep } = layout;
  const columns = layout.groups * layout.columns;
  const values = matrix.data as Float32Array;
  const scales = largestSizes(values, layout).map((size) => (size === 0 ? 1 : size / LARGEST_WEIGHT));
  const perUnit = Float64Array.from(scales, (scale) => 1 / scale);
  const integers = new Int8Array(rows * columns);
  forEachRun(layout, (row, from, start, count) => {
    let to = row * columns + start;
    for (let at = from, column = start; column < start + count; column++, at += columnStep, to++)
      integers[to] = roundUp(values[at]! * perUnit[column]! + LARGEST_WEIGHT) - LARGEST_WEIGHT;
  });
  return { integers, scales, rows, columns };
}

/** The two constants of {@link quantizeMatrix}. */
export function quantizedMatrix(
  matrix: HostTensor,
  layout: MatrixLayout,
): readonly [integers: ModelWeight, scales: ModelWeight] {
  const { rows } = layout;
  const columns = layout.groups * layout.columns;
  const parts: [MadePart, MadePart] = [
    { type: 'int8', shape: [rows, columns], byteLength: rows * columns },
    { type: 'float32', shape: [columns], byteLength: 4 * columns },
  ];
  return madeWeights(matrix, `q8 ${JSON.stringify(layout)}`, parts, () => {
    const { integers, scales } = quantizeMatrix(matrix, layout);
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
  layout: MatrixLayout,
  blockSize: number,
  visit: (column: number, block: number, run: Run) => void,
): void {
  const { rows, rowStep, groups, groupStep, columns, columnStep } = layout;
  const strip = groups > 1 ? GROUPED_STRIP : STRIP;
  const tile = new Float32Array(strip * blockSize);
  for (let block = 0; block * blockSize < rows; block++) {
    const first = block * blockSize;
    const count = Math.min(blockSize, rows - first);
    for (let start = 0; start < columns; start += strip)
      for (let group = 0; group < groups; group++) {
        const width = Math.min(strip, columns - start);
        const corner = group * groupStep + first * rowStep + start * columnStep;
        const isInPlace = rowStep === 1 && count === blockSize;
        if (!isInPlace) {
          tile.fill(0);
          for (let row = 0; row < count; row++) {
            let from = corner + row * rowStep;
            for (let to = row; to < width * blockSize; to += blockSize, from += columnStep)
              tile[to] = values[from]!;
          }
        }
        for (let column = 0; column < width; column++)
          visit(
            group * columns + start + column,
            block,
            isInPlace
              ? { values, start: corner + column * columnStep }
              : { values: tile, start: column * blockSize },
          );
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
 * A matrix quantised block by block: the value of the largest size becomes the lowest integer, the farther
 * end of the range.
 */
export function quantizeBlocks(matrix: HostTensor, layout: MatrixLayout, bits: BlockBits): BlockMatrix {
  const { rows } = layout;
  const columns = layout.groups * layout.columns;
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
    const { values, start } = run;
    for (let at = start, to = place * blockSize; at < start + blockSize; at++, to++) {
      const value = roundUp(values[at]! * perUnit + zero);
      const integer = value > highest ? highest : value;
      if (bits === 8) bytes[to] = integer;
      else bytes[to >> 1]! |= integer << (to % 2 === 0 ? 0 : 4);
    }
  });
  return { bytes, scales, rows, columns, blocks, blockSize };
}

/** The two constants of {@link quantizeBlocks}, and the sizes that the operator is told. */
export function quantizedBlocks(matrix: HostTensor, layout: MatrixLayout, bits: BlockBits) {
  const [K, N] = [layout.rows, layout.groups * layout.columns];
  const blockSize = BLOCK_SIZES[bits];
  const blocks = Math.ceil(K / blockSize);
  const bytesOfBlock = (blockSize * bits) / 8;
  const sizes: [MadePart, MadePart] = [
    { type: 'uint8', shape: [N, blocks, bytesOfBlock], byteLength: N * blocks * bytesOfBlock },
    { type: 'float32', shape: [N * blocks], byteLength: 4 * N * blocks },
  ];
  const parts = madeWeights(matrix, `q${bits} blocks ${JSON.stringify(layout)}`, sizes, () => {
    const { bytes, scales } = quantizeBlocks(matrix, layout, bits);
    return [bytes, scales];
  });
  return { parts, K, N, block_size: blockSize };
}
