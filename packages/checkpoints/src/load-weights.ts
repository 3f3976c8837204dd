import type { AbortOptions } from '@crrg/core';
import {
  byteLengthOf,
  checkStateDict,
  type HostTensor,
  type ParameterSpecs,
  type StateDict,
} from '@crrg/tensor';
import type { Bundle } from './bundle.js';
import type { TensorEntry } from './checkpoint.js';
import { checkNumbers } from './numbers.js';

/** Smaller tensors are read at once: together they are little, and each reading opens the file again. */
const LEAST_DEFERRED = 2 ** 20;

async function openTensors(
  entries: ReadonlyMap<string, TensorEntry>,
  { signal }: AbortOptions,
): Promise<Map<string, HostTensor>> {
  const tensors = new Map<string, HostTensor>();
  for (const [name, entry] of entries) {
    signal?.throwIfAborted();
    const { deferred } = entry;
    const staysInFile = deferred && byteLengthOf(deferred) >= LEAST_DEFERRED;
    tensors.set(name, staysInFile ? deferred : await entry.read());
  }
  return tensors;
}

/**
 * The weights of an opened bundle, checked. Large ones stay in their file where they lie there as graphs take them, so that an engine can
 * map them and they never pass through JavaScript; the bundle may be closed all the same. The numbers of a bundle that remembers that they were
 * good are not read again.
 *
 * @example
 * ```ts
 * const weights = await loadWeights(bundle, detectorSpecs(config), 'my model');
 * ```
 * @param where start of the message
 * @throws {CheckpointError} that lists every missing, unexpected and mis-shaped key, or every tensor with numbers that are not finite
 */
export async function loadWeights(
  bundle: Bundle,
  specs: ParameterSpecs,
  where: string,
  options: AbortOptions = {},
): Promise<StateDict> {
  const weights = await openTensors(bundle.entries, options);
  checkStateDict(specs, weights, where);
  if (await bundle.knownNumbers?.has()) return weights;
  checkNumbers(weights, where);
  await bundle.knownNumbers?.add();
  return weights;
}
