/** A seeded source of random numbers whose state can be saved and restored. */
export interface Random {
  /** A float in [0, 1) with 32 random bits. */
  next(): number;
  /** A float in [low, high). */
  uniform(low: number, high: number): number;
  /** A standard normal value (Box-Muller). */
  normal(): number;
  /** An integer in [0, bound). */
  integer(bound: number): number;
  /** A new array with the items in random order (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[];
  /** An independent generator derived from this one's seed and a name; does not advance this one. */
  fork(name: string): Random;
  /** The state, to be given to {@link restoreRandom}. */
  state(): RandomState;
}

/** JSON-serialisable state of a {@link Random}. */
export interface RandomState {
  readonly seed: number;
  readonly position: number;
}

const GOLDEN = 0x9e3779b9;

function mix(value: number): number {
  let h = value >>> 0;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function hashName(name: string): number {
  let h = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) h = Math.imul(h ^ name.charCodeAt(index), 0x01000193);
  return h >>> 0;
}

/**
 * A deterministic generator: the n-th value depends only on the seed and n (a counter hashed with MurmurHash3's finaliser),
 * so its state is two integers and a resumed run draws the same numbers.
 *
 * @example
 * ```ts
 * const random = createRandom(41);
 * const order = random.shuffle([0, 1, 2, 3]);
 * ```
 */
export function createRandom(seed: number): Random {
  return restoreRandom({ seed: seed >>> 0, position: 0 });
}

/** The generator as it was when `state` was taken. */
export function restoreRandom(state: RandomState): Random {
  const seed = state.seed >>> 0;
  let position = state.position;
  const next = () => {
    const low = position % 0x100000000;
    const high = Math.floor(position / 0x100000000);
    position += 1;
    return mix(mix(seed ^ Math.imul(low + 1, GOLDEN)) ^ mix(high + seed)) / 0x100000000;
  };
  const integer = (bound: number) => Math.floor(next() * bound);
  return {
    next,
    integer,
    uniform: (low, high) => low + (high - low) * next(),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    shuffle: (items) => {
      const copy = [...items];
      for (let index = copy.length - 1; index > 0; index--) {
        const other = integer(index + 1);
        [copy[index], copy[other]] = [copy[other]!, copy[index]!];
      }
      return copy;
    },
    fork: (name) => createRandom(mix(seed ^ hashName(name))),
    state: () => ({ seed, position }),
  };
}
