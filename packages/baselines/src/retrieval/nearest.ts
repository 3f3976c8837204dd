/** A row that was found. */
export interface Neighbour {
  readonly index: number;
  /** In [-1, 1]; 0 for a row of zeros. */
  readonly cosine: number;
}

function unit(row: Float32Array): Float32Array {
  const length = norm(row);
  return length === 0 ? row : row.map((value) => value / length);
}

function norm(row: Float32Array): number {
  let sum = 0;
  for (const value of row) sum += value * value;
  return Math.sqrt(sum);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
}

/**
 * Finds the rows of the largest cosine, best first; of equal ones the first comes first.
 * @returns the search: a row of the same width, and how many to give
 */
export function createNearest(
  rows: readonly Float32Array[],
): (query: Float32Array, count: number) => Neighbour[] {
  const units = rows.map(unit);
  return (query, count) => {
    const own = unit(query);
    const all = units.map((row, index) => ({ index, cosine: dot(row, own) }));
    return all.sort((a, b) => b.cosine - a.cosine || a.index - b.index).slice(0, count);
  };
}
