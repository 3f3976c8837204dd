import { maximumValue, type GreyImage } from './pixels.js';

/** How often each grey value occurs: one count a value, from 0 to white. */
export function countValues(image: GreyImage): Uint32Array {
  const counts = new Uint32Array(maximumValue(image) + 1);
  const { data } = image;
  for (let index = 0; index < data.length; index++) counts[data[index]!]!++;
  return counts;
}

/** The values between which all but a share of the pixels lie, at either end; the share is of the counted pixels. */
export function valueRange(counts: Uint32Array, ignoredShare: number): { low: number; high: number } {
  const ignored = sum(counts) * ignoredShare;
  let low = 0;
  for (let below = counts[0]!; below <= ignored && low < counts.length - 1; below += counts[++low]!);
  let high = counts.length - 1;
  for (let above = counts[high]!; above <= ignored && high > low; above += counts[--high]!);
  return { low, high };
}

/** The counts without those of the darkest and of the brightest value: collimation, padding and burnt-in markers. */
export function withoutExtremes(counts: Uint32Array): Uint32Array {
  const { low, high } = valueRange(counts, 0);
  const rest = counts.slice();
  rest[low] = rest[high] = 0;
  return sum(rest) * 10 < sum(counts) ? counts : rest;
}

/** The largest share of the pixels whose values lie within `width` neighbouring values. */
export function largestShare(counts: Uint32Array, width: number): number {
  let inside = 0;
  let largest = 0;
  counts.forEach((count, value) => {
    inside += count - (value >= width ? counts[value - width]! : 0);
    largest = Math.max(largest, inside);
  });
  return largest / sum(counts);
}

/** The fewest values that hold a share of the pixels. */
export function countLevels(counts: Uint32Array, share: number): number {
  const wanted = sum(counts) * share;
  const descending = counts.filter((count) => count > 0).sort((a, b) => b - a);
  let held = 0;
  const last = descending.findIndex((count) => (held += count) >= wanted);
  return last + 1;
}

function sum(counts: Uint32Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
