import type { HostTensor } from '@crrg/tensor';

/** A matrix `[K, N]` as 8-bit integers with one scale per column: `value = scale * integer`. */
export interface QuantizedMatrix {
  readonly integers: Int8Array;
  /** `[N]`. */
  readonly scales: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

const LARGEST = 127;

/** A matrix, or one that is stored `[N, K]`, quantised symmetrically column by column: the largest value of a column becomes ±127. */
export function quantizeMatrix({ shape, data }: HostTensor, isTransposed: boolean): QuantizedMatrix {
  const [rows, columns] = (isTransposed ? [shape[1], shape[0]] : shape) as [number, number];
  const [rowStep, columnStep] = isTransposed ? [1, rows] : [columns, 1];
  const integers = new Int8Array(rows * columns);
  const scales = new Float32Array(columns);
  for (let column = 0; column < columns; column++) {
    let largest = 0;
    for (let row = 0; row < rows; row++)
      largest = Math.max(largest, Math.abs(data[row * rowStep + column * columnStep]!));
    const scale = largest === 0 ? 1 : Math.fround(largest / LARGEST);
    scales[column] = scale;
    for (let row = 0; row < rows; row++)
      integers[row * columns + column] = Math.round(data[row * rowStep + column * columnStep]! / scale);
  }
  return { integers, scales, rows, columns };
}
