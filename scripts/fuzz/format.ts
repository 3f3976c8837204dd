import { createRandom, type Random } from '@crrg/core';

/** What one case may take; more is a finding. */
export interface CaseLimits {
  readonly seconds: number;
  /** Growth of the resident memory of the process that reads. */
  readonly megabytes: number;
}

/** A kind of file and the reader that users reach with it. */
export interface FuzzFormat {
  readonly limits: CaseLimits;
  /** The bytes of a case: the same for the same numbers. */
  makeCase(random: Random): Promise<Uint8Array>;
  /** Reads the bytes as users do. @throws an error of our own classes for what cannot be read; any other is a finding */
  read(bytes: Uint8Array): Promise<void>;
}

/** The bytes of a case. */
export const caseBytes = (
  format: FuzzFormat,
  { seed, number }: { readonly seed: number; readonly number: number },
): Promise<Uint8Array> => format.makeCase(createRandom(seed).fork(`case ${number}`));

/** Changes a file a little, or much; never the bytes that it is given. */
export type Mutator = (file: Uint8Array, random: Random) => Uint8Array;

/** One of a list. */
export function pick<T>(items: readonly T[], random: Random): T {
  return items[random.integer(items.length)]!;
}

/** A longer case is cut: it would test patience. */
const MOST_BYTES = 2 ** 21;

/** Changes a file by one to four of the mutators. */
export function mutate(file: Uint8Array, mutators: readonly Mutator[], random: Random): Uint8Array {
  let bytes = file;
  for (let left = 1 + random.integer(4); left > 0; left--)
    bytes = pick(mutators, random)(bytes, random).subarray(0, MOST_BYTES);
  return bytes;
}

/** Cases from valid files: half of the changes know the format, half do not. One in fifty is a seed as it is. */
export function mutatingCases(
  seeds: () => Promise<readonly Uint8Array[]>,
  ours: readonly Mutator[],
  others: readonly Mutator[],
): FuzzFormat['makeCase'] {
  let made: Promise<readonly Uint8Array[]> | undefined;
  return async (random) => {
    const seed = pick(await (made ??= seeds()), random);
    if (random.next() < 0.02) return seed;
    const both: readonly Mutator[] = [
      (file) => pick(ours, random)(file, random),
      (file) => pick(others, random)(file, random),
    ];
    return mutate(seed, both, random);
  };
}
