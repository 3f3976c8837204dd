import { createRandom } from '@crrg/core';
import { expect, it } from 'vitest';
import { drawDropoutSeed, drawDropoutSeeds } from './dropout-seed.js';

it('seeds of micro-batches differ, begin with that of the batch, and depend on its generator alone', () => {
  const seeds = (seed: number) =>
    drawDropoutSeeds(0.1, createRandom(seed), 3).map(({ dropoutSeed }) => dropoutSeed!.data[0]!);
  expect(new Set(seeds(1)).size).toBe(3);
  expect(seeds(1)).toEqual(seeds(1));
  expect(seeds(1)).not.toEqual(seeds(2));
  expect(drawDropoutSeed(0.1, createRandom(1))['dropoutSeed']!.data[0]).toBe(seeds(1)[0]);
  expect(drawDropoutSeeds(0, createRandom(1), 2)).toEqual([{}, {}]);
});
