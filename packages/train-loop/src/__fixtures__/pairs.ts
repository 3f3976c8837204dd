import { createRandom } from '@crrg/core';
import {
  buffer,
  createDropout,
  crossEntropy,
  float32,
  initializeParameters,
  int32,
  parameter,
  torchDefault,
  type HostTensor,
  type ParameterSpecs,
  type Tensor,
} from '@crrg/tensor';
import { embeddingLoss } from '../embedding-loss.js';
import type { LossFunction } from '../step-contract.js';

/** Two encoders to width 3, a shift that both halves of the loss read, a scale that the second one reads, and a sum of what was seen. */
export const PAIRS: ParameterSpecs = {
  'left.weight': parameter([3, 4], torchDefault(2)),
  'right.weight': parameter([3, 2], torchDefault(1)),
  shift: parameter([3], torchDefault(1)),
  scale: parameter([], { kind: 'constant', value: 2 }),
  seen: buffer([4], 0),
};

/** Inputs of `rows` pairs. */
export const pairInputs = (rows: number) => ({
  x: { shape: [rows, 4] },
  y: { shape: [rows, 2] },
  seed: { shape: [], dtype: 'int32' as const },
});

/** InfoNCE of tanh encoders, one of which drops some of its values. */
export const pairLoss = (rate = 0) =>
  embeddingLoss({
    embed(ops, { inputs, parameters }) {
      const encode = (side: 'left' | 'right', x: Tensor) => {
        const product = ops.matmul(x, parameters.get(`${side}.weight`), { transposeB: true });
        return ops.tanh(ops.add(product, parameters.get('shift')));
      };
      const dropout = createDropout(ops, { rate, seed: inputs['seed']! });
      const embeddings = {
        left: dropout(encode('left', inputs['x']!), 'left'),
        right: encode('right', inputs['y']!),
      };
      const seen = ops.add(
        ops.mul(parameters.get('seen'), 0.5),
        ops.sum(inputs['x']!, { axes: [0], keepDims: false }),
      );
      return { embeddings, updates: { seen } };
    },
    compare(ops, { embeddings: { left, right }, parameters }) {
      const weighted = ops.mul(left, ops.add(parameters.get('shift'), 1));
      const logits = ops.mul(ops.matmul(weighted, right, { transposeB: true }), parameters.get('scale'));
      const loss = ops.mean(crossEntropy(ops, logits, ops.iota(left.shape[0]!)));
      return { loss, metrics: { largest: ops.max(ops.abs(logits)) } };
    },
  });

/** The same loss of several micro-batches in one graph: embedded one by one, put together, compared. Inputs begin with `0/`, `1/`, ... */
export const composedLoss =
  (halves: ReturnType<typeof pairLoss>, count: number): LossFunction =>
  (ops, { inputs, parameters }) => {
    const parts = Array.from({ length: count }, (_, index) => {
      const own = Object.entries(inputs).filter(([name]) => name.startsWith(`${index}/`));
      const named = Object.fromEntries(own.map(([name, x]) => [name.slice(`${index}/`.length), x]));
      return halves.embed(ops, { inputs: named, parameters }).embeddings;
    });
    const embeddings = Object.fromEntries(
      Object.keys(parts[0]!).map((name) => [name, ops.concat(parts.map((part) => part[name]!), 0)]),
    );
    return halves.compare(ops, { embeddings, parameters });
  };

/** Inputs of micro-batches as those of {@link composedLoss}. */
export function composed<T>(batches: readonly Readonly<Record<string, T>>[]): Record<string, T> {
  return Object.fromEntries(
    batches.flatMap((batch, index) =>
      Object.entries(batch).map(([name, value]) => [`${index}/${name}`, value] as const),
    ),
  );
}

export function pairWeights(): Map<string, HostTensor> {
  return initializeParameters(PAIRS, createRandom(5));
}

/** Pairs in micro-batches of the given sizes, each with its own seed; the pairs do not depend on how they are cut. */
export function pairBatches(seed: number, sizes: readonly number[]): Record<string, HostTensor>[] {
  const random = createRandom(seed);
  const rows = sizes.reduce((sum, size) => sum + size, 0);
  const pairs = Array.from({ length: rows }, () => {
    const x = Array.from({ length: 4 }, () => random.uniform(-1, 1));
    return { x, y: [x[0]! + x[1]!, x[2]! * x[3]!] };
  });
  let at = 0;
  return sizes.map((size, index) => {
    const own = pairs.slice(at, (at += size));
    return {
      x: float32([size, 4], own.flatMap(({ x }) => x)),
      y: float32([size, 2], own.flatMap(({ y }) => y)),
      seed: int32([], [100 * seed + index]),
    };
  });
}
