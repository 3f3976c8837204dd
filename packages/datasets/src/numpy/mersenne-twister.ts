const SIZE = 624;
const MIDDLE = 397;

/** The next 32 bits of a stream of random numbers. */
export type RandomBits = () => number;

function seedState(seed: number): Uint32Array {
  const state = new Uint32Array(SIZE);
  state[0] = seed;
  for (let at = 1; at < SIZE; at++) {
    const before = state[at - 1]!;
    state[at] = Math.imul(1812433253, before ^ (before >>> 30)) + at;
  }
  return state;
}

function renew(state: Uint32Array): void {
  for (let at = 0; at < SIZE; at++) {
    const bits = (state[at]! & 0x80000000) | (state[(at + 1) % SIZE]! & 0x7fffffff);
    state[at] = state[(at + MIDDLE) % SIZE]! ^ (bits >>> 1) ^ (bits & 1 ? 0x9908b0df : 0);
  }
}

function temper(value: number): number {
  let bits = value;
  bits ^= bits >>> 11;
  bits ^= (bits << 7) & 0x9d2c5680;
  bits ^= (bits << 15) & 0xefc60000;
  return (bits ^ (bits >>> 18)) >>> 0;
}

/**
 * The 32-bit stream of MT19937 under a seed of 32 bits (the generator's `init_genrand`).
 *
 * Source: Matsumoto and Nishimura, "Mersenne Twister" (1998), revised seeding of 2002.
 */
export function createMersenneTwister(seed: number): RandomBits {
  const state = seedState(seed);
  let at = SIZE;
  return () => {
    if (at === SIZE) {
      renew(state);
      at = 0;
    }
    return temper(state[at++]!);
  };
}
