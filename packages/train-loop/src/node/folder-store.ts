import { stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeElements, openSafetensors, planSafetensors } from '@crrg/checkpoints';
import { openFile } from '@crrg/checkpoints/node';
import { CheckpointError, ConfigError } from '@crrg/core';
import { writeAtomically } from '@crrg/core/node';
import type { HostTensor } from '@crrg/tensor';
import type { CheckpointStore, Json, SavedState } from '../checkpoint-store.js';

/** Key of the JSON half in the file's metadata. */
const VALUES = 'crrg.state';

/**
 * A store that keeps each state as one safetensors file `NAME.safetensors` in a folder, with the JSON in its metadata. A file
 * is written under a temporary name, flushed to the disk, then renamed: a crash leaves the old state or the new one.
 *
 * @example
 * ```ts
 * await train({ ...options, store: createFolderStore('runs/detector'), resume: true });
 * ```
 */
export function createFolderStore(directory: string): CheckpointStore {
  const pathOf = (name: string) => {
    if (/^[\w.-]+$/.test(name) && !name.startsWith('.')) return join(directory, `${name}.safetensors`);
    throw new ConfigError(
      `train.createFolderStore: expected a name of letters, digits, "-" and ".", got "${name}"; rename it.`,
    );
  };
  return {
    async save(name, state) {
      await writeAtomically(pathOf(name), (file) => writeState(file, state));
    },
    async load(name) {
      const path = pathOf(name);
      const exists = await stat(path).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT') return false;
          throw error;
        },
      );
      return exists ? readState(path) : undefined;
    },
  };
}

async function writeState(file: FileHandle, { tensors, values }: SavedState): Promise<void> {
  const layouts = [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  const plan = planSafetensors(layouts, { [VALUES]: JSON.stringify(values) });
  await file.writeFile(plan.header);
  for (const { name } of plan.order) await file.writeFile(encodeElements(tensors.get(name)!));
}

async function readState(path: string): Promise<SavedState> {
  const file = await openFile(path);
  try {
    const { entries, values } = await openSafetensors(file);
    const tensors = new Map<string, HostTensor>();
    for (const entry of entries.values()) tensors.set(entry.name, await entry.read());
    return { tensors, values: parseValues(values.get(VALUES), path) };
  } finally {
    await file.close();
  }
}

function parseValues(text: unknown, path: string): Json {
  if (typeof text === 'string') return JSON.parse(text) as Json;
  throw new CheckpointError(
    `train.createFolderStore: expected a training state, got other weights in ${path}; give the folder of a training run.`,
  );
}
