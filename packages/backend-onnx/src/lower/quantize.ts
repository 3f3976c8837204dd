import type { HostTensor } from '@crrg/tensor';

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

/** A matrix, or one that is stored `[N, K]`, quantised symmetrically column by column: the largest value of a column becomes ±64. */
export function quantizeMatrix({ shape, data }: HostTensor, isTransposed: boolean): QuantizedMatrix {
  const [rows, columns] = (isTransposed ? [shape[1], shape[0]] : shape) as [number, number];
  const [rowStep, columnStep] = isTransposed ? [1, rows] : [columns, 1];
  const integers = new Int8Array(rows * columns);
  const scales = new Float32Array(columns);
  for (let column = 0; column < columns; column++) {
    let largest = 0;
    for (let row = 0; row < rows; row++)
      largest = Math.max(largest, Math.abs(data[row * rowStep + column * columnStep]!));
    const scale = largest === 0 ? 1 : Math.fround(largest / LARGEST_WEIGHT);
    scales[column] = scale;
    for (let row = 0; row < rows; row++)
      integers[row * columns + column] = Math.round(data[row * rowStep + column * columnStep]! / scale);
  }
  return { integers, scales, rows, columns };
}
