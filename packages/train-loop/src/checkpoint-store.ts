import { DataError } from '@crrg/core';
import type { HostTensor } from '@crrg/tensor';

/** A value that JSON can hold exactly. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** One saved state: tensors, and everything else as JSON. */
export interface SavedState {
  readonly tensors: ReadonlyMap<string, HostTensor>;
  readonly values: Json;
}

/** Where training states are kept. `save` replaces the state of that name as a whole or not at all. */
export interface CheckpointStore {
  save(name: string, state: SavedState): Promise<void>;
  /** Undefined where nothing was saved under the name. */
  load(name: string): Promise<SavedState | undefined>;
}

/** A store that keeps copies in memory, for tests and for pages without files. */
export function createMemoryStore(): CheckpointStore {
  const states = new Map<string, { tensors: Map<string, HostTensor>; values: string }>();
  return {
    save: (name, { tensors, values }) => {
      const copies = [...tensors].map(
        ([key, tensor]) => [key, { ...tensor, data: tensor.data.slice() } as HostTensor] as const,
      );
      states.set(name, { tensors: new Map(copies), values: JSON.stringify(values) });
      return Promise.resolve();
    },
    load: (name) => {
      const found = states.get(name);
      return Promise.resolve(found && { tensors: found.tensors, values: JSON.parse(found.values) as Json });
    },
  };
}

/** The field of a saved JSON object. @throws {DataError} where it has another type */
export function savedNumber(values: Json, field: string): number {
  const value = isJsonObject(values) ? values[field] : undefined;
  if (typeof value === 'number') return value;
  throw new DataError(
    `train.resume: expected a saved number "${field}", got ${JSON.stringify(value)}; the state is of another version, start anew.`,
  );
}

/** @internal */
export function isJsonObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
