import type { Random } from '@crrg/core';
import {
  createDropout,
  int32,
  keepAll,
  type Dropout,
  type HostTensor,
  type InputSpec,
  type Ops,
  type Tensor,
} from '@crrg/tensor';

const NAME = 'dropoutSeed';

/** The input that training graphs with dropout have besides those of the batch. */
export function dropoutInputs(rate: number): Record<string, InputSpec> {
  return rate > 0 ? { [NAME]: { shape: [], dtype: 'int32' } } : {};
}

/** Its value for one batch. */
export function drawDropoutSeed(rate: number, random: Random): Record<string, HostTensor> {
  return drawDropoutSeeds(rate, random, 1)[0]!;
}

/** Its values for the micro-batches of one batch: the first is that of {@link drawDropoutSeed}. */
export function drawDropoutSeeds(rate: number, random: Random, count: number): Record<string, HostTensor>[] {
  const seeds = random.fork('dropout');
  return Array.from({ length: count }, () =>
    rate > 0 ? { [NAME]: int32([], [seeds.integer(2 ** 30)]) } : {},
  );
}

/** Dropout by that input; none at rate 0. */
export function dropoutFrom(ops: Ops, inputs: Readonly<Record<string, Tensor>>, rate: number): Dropout {
  return rate > 0 ? createDropout(ops, { rate, seed: inputs[NAME]! }) : keepAll;
}
