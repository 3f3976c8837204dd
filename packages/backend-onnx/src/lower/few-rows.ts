import { mulDims, runReader, type HostTensor, type NodeOf, type Shape, type Tensor } from '@crrg/tensor';
import type { LoweringContext } from './context.js';
import { madeWeight } from './model-weight.js';

/** Rows that are turned at a time: as many numbers of a column as a line of the processor's cache holds. */
const ROWS_TOGETHER = 16;

/** `[K, N]` as `[N, K]`. */
function transposeMatrix(matrix: HostTensor<'float32'>): Float32Array {
  const [rows, columns] = matrix.shape as readonly [number, number];
  const turned = new Float32Array(rows * columns);
  const read = runReader(matrix);
  for (let first = 0; first < rows; first += ROWS_TOGETHER) {
    const count = Math.min(ROWS_TOGETHER, rows - first);
    const strip = read(first * columns, count * columns);
    for (let column = 0; column < columns; column++)
      for (let row = 0, from = column, to = column * rows + first; row < count; row++, from += columns)
        turned[to++] = strip[from]!;
  }
  return turned;
}

/** A bound matrix `[K, N]` as `[N, K]`; its name in the model. */
function addTransposed({ addMade }: LoweringContext, matrix: HostTensor): string {
  const [rows, columns] = matrix.shape as readonly [number, number];
  const part = { type: 'float32', shape: [columns, rows], byteLength: 4 * rows * columns } as const;
  return addMade(
    madeWeight(matrix, 'transposed', part, () => transposeMatrix(matrix as HostTensor<'float32'>)),
  );
}

/**
 * A product of few rows with a bound float32 matrix, as the product of the matrix `[N, K]` with their transposition. As the left operand the
 * engine reads a matrix as it lies, and once for as many rows as registers hold numbers; as the right operand it packs a copy of it first, and
 * reads that again for every few rows. Undefined where the operation is another one.
 */
export function productOfFewRows(
  context: LoweringContext,
  { inputs, attributes: { transposeA, transposeB }, output }: NodeOf<'matmul'>,
): string | undefined {
  const { builder, target, value } = context;
  const [a, b] = inputs as readonly [Tensor, Tensor];
  const bound = b.shape.length === 2 ? context.weight(b) : undefined;
  if (!target.fewRows || bound?.dtype !== 'fp32' || transposeA || a.shape.length < 2) return undefined;
  const rows = mulDims(...a.shape.slice(0, -1));
  const flat = (shape: Shape) => [rows, shape.at(-1)!];
  const matrix = transposeB ? value(b) : addTransposed(context, bound.weight);
  const columns = builder.node('FusedMatMul', [matrix, builder.reshape(value(a), a.shape, flat(a.shape))], {
    domain: 'com.microsoft',
    attributes: { transA: 0, transB: 1 },
  });
  const found = builder.node('Transpose', [columns], { attributes: { perm: [1, 0] } });
  return builder.reshape(found, flat(output.shape), output.shape);
}
