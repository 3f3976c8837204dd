/** Bits behind the point of the constants, as in every decoder that this one equals. */
const CONSTANT_BITS = 13;
const fixed = (value: number) => Math.round(value * 2 ** CONSTANT_BITS);

const F_0_298 = fixed(0.298631336);
const F_0_390 = fixed(0.390180644);
const F_0_541 = fixed(0.5411961);
const F_0_765 = fixed(0.765366865);
const F_0_899 = fixed(0.899976223);
const F_1_175 = fixed(1.175875602);
const F_1_501 = fixed(1.50132111);
const F_1_847 = fixed(1.847759065);
const F_1_961 = fixed(1.96157056);
const F_2_053 = fixed(2.053119869);
const F_2_562 = fixed(2.562915447);
const F_3_072 = fixed(3.072711026);

/**
 * Turns blocks of 64 coefficients into samples around 0, in place and exact to the bit: the integer transform by which the common
 * decoders of 8 and of 12 bits agree. Its products are whole doubles, so that no coefficient of a damaged file overflows them.
 *
 * Source: Loeffler, Ligtenberg and Moschytz, ICASSP 1989, the figure with 11 multiplications; ITU-T T.81, A.3.3.
 * @param bitDepth - of the samples; it sets how many bits behind the point the columns keep for the rows: 2 up to 8 bits, else 1
 */
export function createInverseDct(bitDepth: number): (block: Float64Array) => void {
  const keptBits = bitDepth <= 8 ? 2 : 1;
  const columns = 2 ** -(CONSTANT_BITS - keptBits);
  // Each of the two passes leaves a factor of the square root of 8.
  const rows = 2 ** -(CONSTANT_BITS + keptBits + 3);
  return (block) => {
    for (let x = 0; x < 8; x++) transform(block, x, 8, columns);
    for (let y = 0; y < 64; y += 8) transform(block, y, 1, rows);
  };
}

/** One column or row: 8 values from `start` on, `stride` apart, scaled by a power of 2 and rounded to the nearest, halves up. */
function transform(block: Float64Array, start: number, stride: number, scale: number): void {
  // Even part: a rotation of 2 and 6 by three multiplications, and butterflies with 0 and 4.
  const v2 = block[start + 2 * stride]!;
  const v6 = block[start + 6 * stride]!;
  const turned = (v2 + v6) * F_0_541;
  const low = turned - v6 * F_1_847;
  const high = turned + v2 * F_0_765;
  const sum = (block[start]! + block[start + 4 * stride]!) * 2 ** CONSTANT_BITS;
  const difference = (block[start]! - block[start + 4 * stride]!) * 2 ** CONSTANT_BITS;
  const even0 = sum + high;
  const even1 = difference + low;
  const even2 = difference - low;
  const even3 = sum - high;

  // Odd part: the sums that several outputs share, then one multiplication for each input.
  const v1 = block[start + stride]!;
  const v3 = block[start + 3 * stride]!;
  const v5 = block[start + 5 * stride]!;
  const v7 = block[start + 7 * stride]!;
  const shared = (v1 + v3 + v5 + v7) * F_1_175;
  const outer = (v1 + v7) * -F_0_899;
  const inner = (v3 + v5) * -F_2_562;
  const late = shared + (v3 + v7) * -F_1_961;
  const early = shared + (v1 + v5) * -F_0_390;
  const odd0 = v1 * F_1_501 + outer + early;
  const odd1 = v3 * F_3_072 + inner + late;
  const odd2 = v5 * F_2_053 + inner + early;
  const odd3 = v7 * F_0_298 + outer + late;

  block[start] = Math.floor((even0 + odd0) * scale + 0.5);
  block[start + 7 * stride] = Math.floor((even0 - odd0) * scale + 0.5);
  block[start + stride] = Math.floor((even1 + odd1) * scale + 0.5);
  block[start + 6 * stride] = Math.floor((even1 - odd1) * scale + 0.5);
  block[start + 2 * stride] = Math.floor((even2 + odd2) * scale + 0.5);
  block[start + 5 * stride] = Math.floor((even2 - odd2) * scale + 0.5);
  block[start + 3 * stride] = Math.floor((even3 + odd3) * scale + 0.5);
  block[start + 4 * stride] = Math.floor((even3 - odd3) * scale + 0.5);
}
