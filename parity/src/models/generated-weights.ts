import { crc32 } from 'node:zlib';
import { sizeOf } from '@crrg/tensor';
import type { ParityContext, ParitySuite } from '../framework/context.js';
import { generateIntegers, generateValues, keyOf } from '../golden/generator.js';

interface Vector {
  readonly seed: string;
  readonly name: string;
  readonly shape: readonly number[];
  readonly mean: number;
  readonly scale: number;
  readonly key_crc32: number;
  readonly flat_index: readonly number[];
  readonly value_f32: readonly number[];
  readonly crc32_of_all_f32_le?: number;
  readonly integers?: { seed: string; name: string; count: number; lo: number; hi: number; values: number[] };
}

/** Checks this generator against the stored vectors. */
export const generatorSuite: ParitySuite = {
  name: 'generator',
  matches: (caseName) => caseName === 'weights/generator_vectors',
  run: async (context: ParityContext) => {
    for (const vector of context.sidecar['vectors'] as Vector[]) {
      if (vector.integers) {
        const { seed, name, count, lo, hi, values } = vector.integers;
        context.checkEqual(`integers ${name}`, generateIntegers(keyOf(name, seed), count, lo, hi), values);
        continue;
      }
      const key = keyOf(vector.name, vector.seed);
      context.checkEqual(`key ${vector.name}`, [key], [vector.key_crc32]);
      const sampled = vector.flat_index.map(
        (index) => generateValues(key, 1, vector.mean, vector.scale, index)[0]!,
      );
      context.checkEqual(`values ${vector.name}`, sampled, vector.value_f32);
      if (vector.crc32_of_all_f32_le === undefined) continue;
      const all = generateValues(key, sizeOf(vector.shape), vector.mean, vector.scale);
      context.checkEqual(
        `crc ${vector.name}`,
        [crc32(new Uint8Array(all.buffer))],
        [vector.crc32_of_all_f32_le],
      );
    }
  },
};
