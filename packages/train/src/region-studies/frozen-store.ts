import { createHash } from 'node:crypto';
import { CheckpointError } from '@crrg/core';
import type { HostTensor, StateDict } from '@crrg/tensor';
import type { CheckpointStore, Json } from '@crrg/train-loop';

/** How a training state calls parameters; the best parameters are called by their names alone. */
const IN_STATE = 'parameters/';

/** SHA-256 of weights: names, shapes and numbers, in the order of the names. */
export function hashWeights(weights: StateDict): string {
  const hash = createHash('sha256');
  for (const name of [...weights.keys()].sort()) {
    const { shape, data } = weights.get(name)!;
    hash.update(JSON.stringify([name, shape]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

interface WithoutConstants {
  readonly values: Json;
  readonly constants: { readonly sha256: string; readonly prefix: string };
}

const isWithout = (values: Json): values is Json & WithoutConstants =>
  typeof values === 'object' && values !== null && 'constants' in values && 'values' in values;

/**
 * A store that does not save weights which training leaves alone: they come from the model that it started from, and are checked by
 * their hash.
 */
export function withoutConstants(store: CheckpointStore, constants: StateDict): CheckpointStore {
  if (constants.size === 0) return store;
  const sha256 = hashWeights(constants);
  return {
    async save(name, { tensors, values }) {
      const prefix = [...tensors.keys()].some((key) => key.startsWith(IN_STATE)) ? IN_STATE : '';
      const isConstant = (key: string) => key.startsWith(prefix) && constants.has(key.slice(prefix.length));
      await store.save(name, {
        tensors: new Map([...tensors].filter(([key]) => !isConstant(key))),
        values: { values, constants: { sha256, prefix } },
      });
    },
    async load(name) {
      const saved = await store.load(name);
      if (!saved) return undefined;
      const { values } = saved;
      if (!isWithout(values) || values.constants.sha256 !== sha256)
        throw new CheckpointError(
          `train.withoutConstants: expected the frozen weights that the state "${name}" was made with, got others; start from the same model, or begin anew with another \`out\`.`,
        );
      const tensors = new Map<string, HostTensor>(saved.tensors);
      for (const [key, tensor] of constants) tensors.set(values.constants.prefix + key, tensor);
      return { tensors, values: values.values };
    },
  };
}
