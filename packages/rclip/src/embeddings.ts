/** Host computations on embeddings. Shape shorthand: `A`, `B` rows, `E` width of embeddings. */
import { ShapeError } from '@crrg/core';
import { float32, type HostTensor } from '@crrg/tensor';

/** Rows of one width, `[N, E]`. */
export type Embeddings = HostTensor<'float32'>;

function requireMatrix(where: string, name: string, { shape }: Embeddings): void {
  if (shape.length === 2 && shape[0]! > 0) return;
  throw new ShapeError(
    `${where}: expected ${name} [N, E] with at least one row, got [${shape.join(', ')}]; pass one embedding per row.`,
  );
}

/**
 * Throws where two lists of embeddings cannot be compared.
 * @throws {ShapeError}
 */
export function requireComparable(
  where: string,
  left: readonly [name: string, embeddings: Embeddings],
  right: readonly [name: string, embeddings: Embeddings],
): void {
  for (const [name, embeddings] of [left, right]) requireMatrix(where, name, embeddings);
  const [leftWidth, rightWidth] = [left[1].shape[1], right[1].shape[1]];
  if (leftWidth === rightWidth) return;
  throw new ShapeError(
    `${where}: expected ${left[0]} and ${right[0]} of one width, got ${leftWidth} and ${rightWidth}; take both from the same model.`,
  );
}

/** Rows scaled to unit length; a row of zeros stays. */
export function normalizeRows({ shape, data }: Embeddings): Embeddings {
  const [rows, width] = shape as [number, number];
  const result = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += data[row * width + i]! ** 2;
    const scale = sum === 0 ? 0 : 1 / Math.sqrt(sum);
    for (let i = 0; i < width; i++) result[row * width + i] = data[row * width + i]! * scale;
  }
  return float32(shape, result);
}

/**
 * Cosines of every row of `a` `[A, E]` with every row of `b` `[B, E]`, as `[A, B]` in [-1, 1].
 * @throws {ShapeError} where the widths differ or a list is empty
 */
export function cosineSimilarities(a: Embeddings, b: Embeddings): HostTensor<'float32'> {
  requireComparable('rclip.cosineSimilarities', ['a', a], ['b', b]);
  const [rows, columns, width] = [a.shape[0]!, b.shape[0]!, a.shape[1]!];
  const [left, right] = [normalizeRows(a).data, normalizeRows(b).data];
  const result = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += left[row * width + i]! * right[column * width + i]!;
      result[row * columns + column] = sum;
    }
  }
  return float32([rows, columns], result);
}
