import { stat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CheckpointError } from '@crrg/core';
import type { CheckpointValue, TensorEntry } from '../checkpoint.js';
import type { JsonObject } from '../manifest.js';
import { parseStrictJson, StrictJsonError } from '../strict-json.js';
import { openCheckpointFile, type OpenedCheckpoint } from './file.js';

const WHERE = 'checkpoints.openHuggingFaceFolder';
const MAX_JSON_BYTES = 50_000_000;
/** In order of preference. */
const WEIGHT_FILES = [
  'model.safetensors',
  'model.safetensors.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
];

/** A model folder in the layout of the Hugging Face hub. */
export interface HuggingFaceFolder {
  /** `config.json`; undefined where the folder has none. */
  readonly config: JsonObject | undefined;
  /** Tensors of all shards. */
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly values: ReadonlyMap<string, CheckpointValue>;
  close(): Promise<void>;
}

function refuse(problem: string, cause?: unknown): CheckpointError {
  return new CheckpointError(`${WHERE}: ${problem}; fetch the folder again.`, { cause });
}

async function readJson(path: string): Promise<JsonObject> {
  const { size } = await stat(path);
  if (size > MAX_JSON_BYTES)
    throw refuse(`expected at most ${MAX_JSON_BYTES} bytes of JSON in ${path}, got ${size}`);
  try {
    const value = parseStrictJson(await readFile(path, 'utf8'), 32);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch (cause) {
    if (!(cause instanceof StrictJsonError)) throw cause;
    throw refuse(`expected JSON in ${path}, got a text that is wrong: ${cause.message}`, cause);
  }
  throw refuse(`expected a JSON object in ${path}`);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => !stats.isDirectory(),
    () => false,
  );
}

/** Tensor name to shard file, from an index. */
async function readIndex(path: string): Promise<Map<string, string>> {
  const { weight_map: map } = await readJson(path);
  const pairs = typeof map === 'object' && map !== null ? Object.entries(map as Record<string, unknown>) : [];
  const isPlain = (file: unknown) => typeof file === 'string' && /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(file);
  const bad = pairs.find(([, file]) => !isPlain(file));
  if (pairs.length === 0 || bad)
    throw refuse(
      `expected a weight_map to files of this folder in ${path}, got ${JSON.stringify(bad ?? map)}`,
    );
  return new Map(pairs as [string, string][]);
}

async function openShards(folder: string, index: ReadonlyMap<string, string>): Promise<OpenedCheckpoint[]> {
  const opened: OpenedCheckpoint[] = [];
  try {
    for (const file of new Set(index.values())) {
      const shard = await openCheckpointFile(join(folder, file));
      opened.push(shard);
      const stray = [...shard.entries.keys()].find((name) => index.get(name) !== file);
      if (stray !== undefined)
        throw refuse(
          `expected the index to place "${stray}" in ${file}, got ${index.get(stray) ?? 'nothing'}`,
        );
    }
    const found = new Set(opened.flatMap((shard) => [...shard.entries.keys()]));
    const missing = [...index.keys()].filter((name) => !found.has(name));
    if (missing.length > 0)
      throw refuse(`expected ${missing.slice(0, 5).join(', ')} in the shards, got none`);
    return opened;
  } catch (error) {
    await Promise.all(opened.map((shard) => shard.close()));
    throw error;
  }
}

/**
 * Opens a folder of the Hugging Face layout: `config.json` and the weights as safetensors or torch files, whole or in shards.
 * Safetensors are preferred where both are there. Close it after use.
 * @throws {CheckpointError} where no weights are found, or an index and its shards disagree
 */
export async function openHuggingFaceFolder(folder: string): Promise<HuggingFaceFolder> {
  const present = await Promise.all(WEIGHT_FILES.map((file) => exists(join(folder, file))));
  const file = WEIGHT_FILES.find((_, index) => present[index]);
  if (!file) throw refuse(`expected ${WEIGHT_FILES.join(', ')} in ${folder}, got none of them`);
  const configPath = join(folder, 'config.json');
  const config = (await exists(configPath)) ? await readJson(configPath) : undefined;
  const path = join(folder, file);
  const shards = file.endsWith('.json')
    ? await openShards(folder, await readIndex(path))
    : [await openCheckpointFile(path)];
  return {
    config,
    entries: new Map(shards.flatMap((shard) => [...shard.entries])),
    values: new Map(shards.flatMap((shard) => [...shard.values])),
    close: async () => {
      await Promise.all(shards.map((shard) => shard.close()));
    },
  };
}
