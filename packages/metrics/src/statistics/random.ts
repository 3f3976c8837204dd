/** A source of whole numbers and floats that depends on its seed alone. @internal */
export interface RandomSource {
  /** A float in [0, 1) of 32 random bits. */
  next(): number;
  /** A whole number in [0, bound). */
  integer(bound: number): number;
}

/**
 * The generator sfc32 ("small fast counting", C. Doty-Humphrey, PractRand), started from one 32-bit seed and run 12 steps so that
 * near seeds give unlike streams.
 * @internal
 */
export function createRandomSource(seed: number): RandomSource {
  let [a, b, c, counter] = [0, seed | 0, (seed / 0x100000000) | 0, 1];
  const step = () => {
    const result = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + result) | 0;
    return result >>> 0;
  };
  for (let warmUp = 0; warmUp < 12; warmUp++) step();
  const next = () => step() / 0x100000000;
  return { next, integer: (bound) => Math.floor(next() * bound) };
}
