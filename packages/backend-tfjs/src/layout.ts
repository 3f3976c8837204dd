/**
 * A physical layout: `layout[i]` is the logical axis that physical axis `i` holds. Graphs speak of logical axes (NCHW); TensorFlow.js
 * convolves NHWC. Values carry their layout, so that transposing is a relabelling and data moves only where a kernel insists.
 */
export type Layout = readonly number[];

/** NHWC as a layout of logical NCHW. */
export const CHANNELS_LAST: Layout = [0, 2, 3, 1];
/** HWIO as a layout of logical OIHW. */
export const KERNEL_LAST: Layout = [2, 3, 1, 0];
/** HWOI, for convolutions that run backwards. */
export const KERNEL_TURNED: Layout = [2, 3, 0, 1];

/** Row-major order of the logical axes. */
export function rowMajor(rank: number): Layout {
  return Array.from({ length: rank }, (_, axis) => axis);
}

/** Row-major with the last two axes swapped. */
export function swapped(rank: number): Layout {
  return [...rowMajor(rank - 2), rank - 1, rank - 2];
}

export function sameLayout(a: Layout, b: Layout): boolean {
  return a.length === b.length && a.every((axis, index) => axis === b[index]);
}

/** The permutation that turns an array in one layout into another. */
export function layoutChange(from: Layout, to: Layout): number[] {
  return to.map((axis) => from.indexOf(axis));
}

/** The same memory seen through a logical transposition: `out[i] = in[permutation[i]]`. */
export function transposeLayout(layout: Layout, permutation: readonly number[]): Layout {
  return layout.map((axis) => permutation.indexOf(axis));
}

/** Per-axis settings in physical order. */
export function toPhysical<T>(layout: Layout, perAxis: readonly T[]): T[] {
  return layout.map((axis) => perAxis[axis]!);
}

/** The layout left when logical axes are removed. */
export function dropAxes(layout: Layout, axes: readonly number[]): Layout {
  const kept = rowMajor(layout.length).filter((axis) => !axes.includes(axis));
  return layout.filter((axis) => !axes.includes(axis)).map((axis) => kept.indexOf(axis));
}
