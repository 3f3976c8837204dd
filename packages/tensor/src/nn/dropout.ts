import { ConfigError, createRandom } from '@crrg/core';
import type { Tensor } from '../graph.js';
import type { Ops } from '../operations.js';

/** Sees a traced value at a named place of a network where training drops activations; gives what goes on. */
export type Dropout = (x: Tensor, site: string) => Tensor;

/** Lets everything pass: dropout outside training. */
export const keepAll: Dropout = (x) => x;

/**
 * Dropout for the places of a network: each value is zero with probability `rate`, else divided by `1 - rate`. Every place draws other
 * numbers; all of them depend only on the seed, so a step can be repeated.
 *
 * Source: Srivastava et al., 2014, in the inverted form of `torch.nn.Dropout`.
 * @param seed int32 scalar in [0, 2^30), usually an input that changes with each step
 * @throws {ConfigError} for a rate outside [0, 1)
 * @example
 * ```ts
 * const dropout = createDropout(ops, { rate: 0.1, seed: inputs.dropoutSeed });
 * const y = dropout(linear(ops, parameters, x), 'ffn');
 * ```
 */
export function createDropout(
  ops: Ops,
  { rate, seed }: { readonly rate: number; readonly seed: Tensor },
): Dropout {
  if (!(rate >= 0 && rate < 1))
    throw new ConfigError(`tensor.createDropout: rate must be in [0, 1), got ${rate}; use 0 for none.`, {
      details: { rate },
    });
  if (rate === 0) return keepAll;
  return (x, site) => {
    const place = createRandom(0)
      .fork(site)
      .integer(2 ** 30);
    const kept = ops.less(ops.uniform(ops.add(seed, place), x.shape), 1 - rate);
    return ops.mul(x, ops.where(kept, 1 / (1 - rate), 0));
  };
}
