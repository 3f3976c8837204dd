/** Cells along each side of {@link CHEST_TEMPLATE}. */
export const TEMPLATE_SIDE = 16;

/** The left half of each row, in thousandths; the right half mirrors it. */
const LEFT_HALF: readonly (readonly number[])[] = [
  [-116, -116, -115, -114, -105, -73, -21, 18],
  [-102, -90, -84, -82, -76, -55, -17, 14],
  [-69, -47, -37, -39, -45, -48, -30, 2],
  [-34, -8, -2, -16, -44, -61, -45, -5],
  [-10, 12, 13, -15, -58, -77, -53, -2],
  [-2, 16, 16, -20, -68, -83, -51, 10],
  [-6, 11, 15, -24, -70, -76, -35, 26],
  [-17, 3, 12, -25, -63, -59, -12, 45],
  [-29, -4, 9, -21, -48, -35, 13, 63],
  [-38, -8, 10, -11, -24, -5, 37, 79],
  [-46, -11, 13, 6, 5, 26, 60, 91],
  [-54, -15, 19, 28, 38, 57, 82, 103],
  [-60, -18, 27, 51, 68, 84, 100, 115],
  [-65, -19, 35, 69, 90, 104, 115, 124],
  [-67, -19, 42, 83, 105, 118, 126, 132],
  [-62, -11, 52, 93, 114, 125, 131, 135],
];

/**
 * `[16, 16]` mean of the ranks of frontal chest films, made symmetric, of length 1.
 *
 * Source: the 816 NIH ChestX-ray14 films of the open data, by `scripts/chest-template.ts`.
 */
export const CHEST_TEMPLATE: Float64Array = unit(
  LEFT_HALF.flatMap((half) => [...half, ...half.toReversed()]),
);

function unit(values: readonly number[]): Float64Array {
  const length = Math.hypot(...values);
  return Float64Array.from(values, (value) => value / length);
}
