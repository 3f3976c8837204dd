import { ConfigError } from '@crrg/core';
import type { Ops, Parameters, Tensor } from '@crrg/tensor';
import type { LossFunction, LossResult } from './step-contract.js';

/** What {@link EmbeddingLoss.embed} computes. `B` rows. */
export interface Embedded<Name extends string = string> {
  /** By name, float32 `[B, ..]` each, with fixed sizes. */
  readonly embeddings: Readonly<Record<Name, Tensor>>;
  /** New values of buffers by parameter name, such as running statistics. */
  readonly updates?: Readonly<Record<string, Tensor>> | undefined;
}

/** The halves of a loss that compares every row of a batch with every other one. */
export interface EmbeddingLossHalves<Name extends string = string> {
  /** The embeddings of some rows, each from its own inputs; only statistics of a batch may mix rows. */
  embed(
    ops: Ops,
    context: { readonly inputs: Readonly<Record<string, Tensor>>; readonly parameters: Parameters },
  ): Embedded<Name>;
  /** The loss from the embeddings of all rows. */
  compare(
    ops: Ops,
    context: { readonly embeddings: Readonly<Record<Name, Tensor>>; readonly parameters: Parameters },
  ): Omit<LossResult, 'updates'>;
}

/** A loss function whose halves are known, so that a batch may go through the first one in micro-batches. */
export interface EmbeddingLoss extends LossFunction, EmbeddingLossHalves {}

/**
 * The loss function that embeds a batch and compares its rows.
 *
 * @example
 * ```ts
 * const loss = embeddingLoss({
 *   embed: (ops, { inputs, parameters }) => ({
 *     embeddings: { a: linear(ops, parameters, inputs.x!), b: linear(ops, parameters, inputs.y!) },
 *   }),
 *   compare: (ops, { embeddings: { a, b } }) => {
 *     const cosines = ops.matmul(a, b, { transposeB: true });
 *     return { loss: ops.mean(crossEntropy(ops, cosines, ops.iota(a.shape[0]!))) };
 *   },
 * });
 * ```
 */
export function embeddingLoss<Name extends string>(halves: EmbeddingLossHalves<Name>): EmbeddingLoss {
  const whole: LossFunction = (ops, { inputs, parameters }) => {
    const { embeddings, updates } = halves.embed(ops, { inputs, parameters });
    return { ...halves.compare(ops, { embeddings, parameters }), updates };
  };
  return Object.assign(whole, halves as EmbeddingLossHalves);
}

/** @throws {ConfigError} for a loss whose halves are not known */
export function requireEmbeddingLoss(where: string, loss: LossFunction, count: number): EmbeddingLoss {
  if ('embed' in loss && 'compare' in loss) return loss as EmbeddingLoss;
  throw new ConfigError(
    `${where}: expected a loss of \`embeddingLoss\` for ${count} micro-batches, got one whose halves are not known; make it with that, or give one batch.`,
  );
}
