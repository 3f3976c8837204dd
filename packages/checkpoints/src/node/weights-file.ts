import { basename } from 'node:path';
import type { AbortOptions, ProgressListener } from '@crrg/core';
import { writeAtomically, writeFully } from '@crrg/core/node';
import type { HostTensor } from '@crrg/tensor';
import { storedSize } from '../dtype.js';
import { planSafetensors } from '../safetensors.js';
import {
  storedBytes,
  writeTorch,
  type StoredTensor,
  type TorchValue,
  type WriteWeightsOptions,
} from '../torch-writer.js';

/** How {@link writeTorchFile} and {@link writeSafetensorsFile} write. */
export interface WriteWeightsFileOptions extends AbortOptions {
  /** Bytes that were written. */
  readonly onProgress?: ProgressListener | undefined;
}

function streamOptions(path: string, { signal, onProgress }: WriteWeightsFileOptions): WriteWeightsOptions {
  const onBytes = (loaded: number, total: number) =>
    onProgress?.({ type: 'weights-progress', file: basename(path), loaded, total });
  return { signal, onBytes };
}

/**
 * Writes a file as `torch.save` does, under a temporary name that is renamed when all of it is on the disk. One tensor is in memory at a time.
 *
 * @example
 * ```ts
 * await writeTorchFile('weights.pt', new Map([['model', stateDict]]));
 * ```
 * @throws {CheckpointError} for what torch does not store
 */
export async function writeTorchFile(
  path: string,
  value: TorchValue,
  options: WriteWeightsFileOptions = {},
): Promise<void> {
  await writeAtomically(path, (handle) =>
    writeTorch((bytes) => writeFully(handle, bytes), value, streamOptions(path, options)),
  );
}

/**
 * Writes one safetensors file as {@link writeTorchFile} writes torch's, whatever its size. Tensors keep their stored type.
 * @param metadata strings for its header
 * @throws {CheckpointError} for names or shapes that the format does not take
 */
export async function writeSafetensorsFile(
  path: string,
  tensors: ReadonlyMap<string, HostTensor | StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
  options: WriteWeightsFileOptions = {},
): Promise<void> {
  const { signal, onBytes } = streamOptions(path, options);
  const layouts = [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  const { header, order, size } = planSafetensors(layouts, metadata);
  await writeAtomically(path, async (handle) => {
    await writeFully(handle, header);
    let done = header.length;
    for (const { name } of order) {
      signal?.throwIfAborted();
      const tensor = tensors.get(name)!;
      await writeFully(handle, await storedBytes(tensor));
      done += storedSize(tensor);
      onBytes?.(done, size);
    }
  });
}
