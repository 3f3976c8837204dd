import { storedTensor, type StoredTensor } from '@crrg/checkpoints';
import type { Entries } from './reference-names.js';

/** What a program of the reference loads: names of ours and of what we leave out. */
export type StateDictionary = Map<string, StoredTensor>;

/** A tensor of zeros. */
export function zerosOf(shape: readonly number[]): StoredTensor {
  const count = shape.reduce((product, size) => product * size, 1);
  return storedTensor('float32', shape, new Uint8Array(4 * count));
}

/** A float vector, or a scalar where `shape` is empty. */
export function floatsOf(shape: readonly number[], values: readonly number[]): StoredTensor {
  return storedTensor('float32', shape, new Uint8Array(Float32Array.from(values).buffer));
}

/** Every tensor, with the counter of batches that torch keeps beside running statistics: 0. */
export function withBatchCounters(entries: Entries): StateDictionary {
  const state: StateDictionary = new Map();
  for (const [name, entry] of entries) {
    state.set(name, entry);
    if (name.endsWith('.running_var'))
      state.set(
        name.replace(/running_var$/, 'num_batches_tracked'),
        storedTensor('int64', [], new Uint8Array(8)),
      );
  }
  return state;
}
