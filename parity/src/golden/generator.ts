import { crc32 } from 'node:zlib';
import { float32, sizeOf, type HostTensor } from '@crrg/tensor';

const GOLDEN = 0x9e3779b9 | 0;
const TO_SIGNED_UNIT = 2 ** -23;
const TO_UNIT = 2 ** -24;

/** The 32-bit key of a named tensor. */
export function keyOf(name: string, seed: string): number {
  return crc32(`${seed}/${name}`);
}

/** 24 random bits for element `index` of the tensor with this key. */
function bitsAt(key: number, index: number): number {
  let h = (key | 0) ^ Math.imul(index, GOLDEN);
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  h ^= h >>> 16;
  return h >>> 8;
}

/** `count` values uniform in `mean ± scale`, from element `start` on. */
export function generateValues(
  key: number,
  count: number,
  mean: number,
  scale: number,
  start = 0,
): Float32Array {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = mean + (bitsAt(key, start + i) * TO_SIGNED_UNIT - 1) * scale;
  return values;
}

/** `count` whole numbers in [low, high). */
export function generateIntegers(key: number, count: number, low: number, high: number): Int32Array {
  return Int32Array.from(
    { length: count },
    (_, i) => Math.floor(bitsAt(key, i) * TO_UNIT * (high - low)) + low,
  );
}

/** One row of a weight manifest: name, shape, mean, scale, and factors of single rows of a matrix. */
export type ManifestRow = readonly [
  name: string,
  shape: readonly number[],
  mean: number,
  scale: number,
  rowFactors?: Readonly<Record<string, number>>,
];

/** A tensor as its manifest row says. */
export function generateTensor(
  [name, shape, mean, scale, rowFactors]: ManifestRow,
  seed: string,
): HostTensor {
  const key = keyOf(name, seed);
  const values = generateValues(key, sizeOf(shape), mean, scale);
  for (const [row, factor] of Object.entries(rowFactors ?? {})) {
    const width = values.length / shape[0]!;
    const start = Number(row) * width;
    for (let i = start; i < start + width; i++)
      values[i] = (mean + (bitsAt(key, i) * TO_SIGNED_UNIT - 1) * scale) * factor;
  }
  return float32(shape, values);
}
