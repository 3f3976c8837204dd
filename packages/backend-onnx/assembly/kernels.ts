// Inner loops over runs of float32 numbers, in AssemblyScript: `npm run kernels` makes src/lower/kernels-wasm.ts of them. Addresses are bytes of
// the memory, counts are of numbers; which arrays lie where is the caller's affair.

const NUMBER: usize = 4;
const LANES: usize = 4;
const BYTES: usize = 16;

/** Added to a number of a size below 2^22, it leaves the nearest integer in the lowest bits, of two the even one. */
const ROUND: f32 = 12582912;

function nearest(product: v128): v128 {
  return i32x4.sub(f32x4.add(product, f32x4.splat(ROUND)), i32x4.splat(reinterpret<i32>(ROUND)));
}

function nearestOf(product: f32): i32 {
  return reinterpret<i32>(product + ROUND) - reinterpret<i32>(ROUND);
}

/** `largest[i] = max(largest[i], |values[i]|)` */
function noteRow(values: usize, largest: usize, count: usize): void {
  for (; count >= LANES; count -= LANES) {
    v128.store(largest, f32x4.pmax(v128.load(largest), f32x4.abs(v128.load(values))));
    values += LANES * NUMBER;
    largest += LANES * NUMBER;
  }
  for (; count > 0; count--) {
    store<f32>(largest, max<f32>(load<f32>(largest), abs<f32>(load<f32>(values))));
    values += NUMBER;
    largest += NUMBER;
  }
}

/** `largest[c] = max(largest[c], |values[r, c]|)`, of rows that are `step` numbers apart. */
export function noteSizes(values: usize, step: usize, rows: usize, columns: usize, largest: usize): void {
  for (; rows > 0; rows--) {
    noteRow(values, largest, columns);
    values += step * NUMBER;
  }
}

/** The number of the largest size; of two the negative one. */
function extreme(values: usize, count: usize): f32 {
  let low = f32x4.splat(0);
  let high = f32x4.splat(0);
  for (; count >= LANES; count -= LANES) {
    const numbers = v128.load(values);
    low = f32x4.pmin(low, numbers);
    high = f32x4.pmax(high, numbers);
    values += LANES * NUMBER;
  }
  let lowest = min<f32>(
    min<f32>(f32x4.extract_lane(low, 0), f32x4.extract_lane(low, 1)),
    min<f32>(f32x4.extract_lane(low, 2), f32x4.extract_lane(low, 3)),
  );
  let highest = max<f32>(
    max<f32>(f32x4.extract_lane(high, 0), f32x4.extract_lane(high, 1)),
    max<f32>(f32x4.extract_lane(high, 2), f32x4.extract_lane(high, 3)),
  );
  for (; count > 0; count--) {
    const value = load<f32>(values);
    lowest = min<f32>(lowest, value);
    highest = max<f32>(highest, value);
    values += NUMBER;
  }
  return -lowest >= highest ? lowest : highest;
}

function signedBytes(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
}

/** `integers[i] = nearest(values[i] * perUnit[i])`, as signed bytes. */
function quantizeRow(values: usize, perUnit: usize, integers: usize, count: usize): void {
  for (; count >= BYTES; count -= BYTES) {
    v128.store(
      integers,
      signedBytes(
        nearest(f32x4.mul(v128.load(values), v128.load(perUnit))),
        nearest(f32x4.mul(v128.load(values, 16), v128.load(perUnit, 16))),
        nearest(f32x4.mul(v128.load(values, 32), v128.load(perUnit, 32))),
        nearest(f32x4.mul(v128.load(values, 48), v128.load(perUnit, 48))),
      ),
    );
    values += BYTES * NUMBER;
    perUnit += BYTES * NUMBER;
    integers += BYTES;
  }
  for (; count > 0; count--) {
    store<i8>(integers, <i8>nearestOf(load<f32>(values) * load<f32>(perUnit)));
    values += NUMBER;
    perUnit += NUMBER;
    integers += 1;
  }
}

/** Integers of rows that are `step` numbers apart, `integers[r, c] = nearest(values[r, c] * perUnit[c])`, as signed bytes. */
export function quantizeRows(
  values: usize,
  step: usize,
  rows: usize,
  columns: usize,
  perUnit: usize,
  integers: usize,
): void {
  for (; rows > 0; rows--) {
    quantizeRow(values, perUnit, integers, columns);
    values += step * NUMBER;
    integers += columns;
  }
}

/** 16 numbers as bytes of `integer + zero`, cut at 255. */
function offsetBytes(values: usize, perUnit: v128, zero: v128): v128 {
  const a = i32x4.add(nearest(f32x4.mul(v128.load(values), perUnit)), zero);
  const b = i32x4.add(nearest(f32x4.mul(v128.load(values, 16), perUnit)), zero);
  const c = i32x4.add(nearest(f32x4.mul(v128.load(values, 32), perUnit)), zero);
  const d = i32x4.add(nearest(f32x4.mul(v128.load(values, 48), perUnit)), zero);
  return i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
}

/** `bytes[i] = min(255, nearest(values[i] * perUnit) + 128)`, of a multiple of 16 numbers. */
function quantizeBytes(values: usize, perUnit: f32, bytes: usize, count: usize): void {
  const all = f32x4.splat(perUnit);
  const zero = i32x4.splat(128);
  for (; count > 0; count -= BYTES) {
    v128.store(bytes, offsetBytes(values, all, zero));
    values += BYTES * NUMBER;
    bytes += BYTES;
  }
}

/** 16 numbers as `min(15, integer + 8)`, two a 16-bit lane, the first in the lower half of its lower byte. */
function pairs(values: usize, perUnit: v128): v128 {
  const each = i8x16.min_u(offsetBytes(values, perUnit, i32x4.splat(8)), i8x16.splat(15));
  return v128.and(v128.or(each, i16x8.shr_u(each, 4)), i16x8.splat(255));
}

/** Two numbers a byte, the first in its lower half: `min(15, nearest(values[i] * perUnit) + 8)`, of a multiple of 32 numbers. */
function quantizeHalfBytes(values: usize, perUnit: f32, bytes: usize, count: usize): void {
  const all = f32x4.splat(perUnit);
  for (; count > 0; count -= 2 * BYTES) {
    v128.store(bytes, i8x16.narrow_i16x8_u(pairs(values, all), pairs(values + BYTES * NUMBER, all)));
    values += 2 * BYTES * NUMBER;
    bytes += BYTES;
  }
}

/**
 * Blocks of `size` numbers, a multiple of 32, `step` numbers apart: the number of the largest size becomes the lowest integer of so many bits, 4 or 8,
 * and the others the nearest ones, from 0 on, cut at the other end. A block of sizes below `smallest` becomes zeros with scale 1.
 */
export function quantizeBlocks(
  values: usize,
  step: usize,
  blocks: usize,
  size: usize,
  bits: usize,
  smallest: f32,
  scales: usize,
  bytes: usize,
): void {
  const lowest: f32 = bits == 8 ? -128 : -8;
  for (; blocks > 0; blocks--) {
    const most = extreme(values, size);
    const scale: f32 = abs<f32>(most) < smallest ? 1 : most / lowest;
    store<f32>(scales, scale);
    if (bits == 8) quantizeBytes(values, 1 / scale, bytes, size);
    else quantizeHalfBytes(values, 1 / scale, bytes, size);
    values += step * NUMBER;
    scales += NUMBER;
    bytes += (size * bits) >> 3;
  }
}

/** `to[c, r] = from[r, c]`; rows of `from` are `rowStep` numbers apart, and those of `to` `columnStep`. */
export function transpose(
  from: usize,
  rowStep: usize,
  rows: usize,
  columns: usize,
  to: usize,
  columnStep: usize,
): void {
  const down = rowStep * NUMBER;
  const across = columnStep * NUMBER;
  let column: usize = 0;
  for (; column + LANES <= columns; column += LANES) {
    let source = from + column * NUMBER;
    let target = to + column * across;
    let row: usize = 0;
    for (; row + LANES <= rows; row += LANES) {
      const a = v128.load(source);
      const b = v128.load(source + down);
      const c = v128.load(source + 2 * down);
      const d = v128.load(source + 3 * down);
      const lowAB = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
      const lowCD = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
      const highAB = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
      const highCD = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
      v128.store(target, v128.shuffle<f64>(lowAB, lowCD, 0, 2));
      v128.store(target + across, v128.shuffle<f64>(lowAB, lowCD, 1, 3));
      v128.store(target + 2 * across, v128.shuffle<f64>(highAB, highCD, 0, 2));
      v128.store(target + 3 * across, v128.shuffle<f64>(highAB, highCD, 1, 3));
      source += LANES * down;
      target += LANES * NUMBER;
    }
    moveColumns(source, down, rows - row, LANES, target, across);
  }
  const rest = from + column * NUMBER;
  moveColumns(rest, down, rows, columns - column, to + column * across, across);
}

/** {@link transpose} of a few, one by one. */
function moveColumns(from: usize, down: usize, rows: usize, columns: usize, to: usize, across: usize): void {
  for (let column: usize = 0; column < columns; column++)
    for (let row: usize = 0; row < rows; row++)
      store<f32>(to + column * across + row * NUMBER, load<f32>(from + row * down + column * NUMBER));
}
