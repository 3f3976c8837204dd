import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '@crrg/core/node';
import type { InferenceSession } from 'onnxruntime-common';
import type { EncodedModel } from './model.js';
import type { OrtModule } from './options.js';
import { preparedFolder, shortHash, type Recipe } from './prepared-folder.js';
import { processorFeatures } from './processor.js';

const MODEL_FILE = 'model.onnx';
const WEIGHTS_FILE = 'weights.bin';
/** Bytes of a weight from which it lies beside the model. */
const LEAST_EXTERNAL = 4096;

/**
 * Of what the engine makes of a model whose convolutions it folds, and lays out for one processor; undefined for other models, whose matrices it
 * packs anew each time all the same.
 */
function recipeOf(
  { bytes, mapped, hasConvolutions }: EncodedModel,
  { executionProviders = [] }: InferenceSession.SessionOptions,
  versions: Readonly<Record<string, string>>,
): Recipe | undefined {
  const isWorthIt = hasConvolutions && executionProviders.every((provider) => provider === 'cpu');
  const features = isWorthIt && mapped ? processorFeatures() : undefined;
  if (features === undefined) return undefined;
  const files = new Map(mapped!.map(({ path, size, changed }): [string, unknown] => [path, [size, changed]]));
  return {
    content: JSON.stringify(['optimized', shortHash(bytes), ...files.keys()]),
    state: JSON.stringify([versions, features, ...files.values()]),
  };
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r+');
  await file.sync().finally(() => file.close());
}

/** How a session of a model in memory is made with these further options. */
export type CreateSession = (further: InferenceSession.SessionOptions) => Promise<InferenceSession>;

interface OptimizedOptions {
  readonly ort: OrtModule;
  readonly model: EncodedModel;
  readonly options: InferenceSession.SessionOptions;
  readonly versions: Readonly<Record<string, string>>;
  readonly preparedDir: string | undefined;
}

/**
 * A session of what an earlier process left of the same model, optimised for this processor: it takes little time, and no memory for copies. Where
 * there is nothing, `create` makes one, and what it made of the model is left for the next process. Undefined where nothing can be left.
 */
export async function createOptimized(
  { ort, model, options, versions, preparedDir }: OptimizedOptions,
  create: CreateSession,
): Promise<InferenceSession | undefined> {
  const recipe = recipeOf(model, options, versions);
  if (!recipe) return undefined;
  const folder = preparedFolder(recipe, preparedDir);
  const known = join(folder.path, MODEL_FILE);
  if (await isFile(known)) {
    // Already optimised. What cannot be opened was damaged since, and is made again.
    const session = await ort.InferenceSession.create(known, {
      ...options,
      graphOptimizationLevel: 'disabled',
    }).catch(() => undefined);
    if (session) {
      await folder.touch();
      return session;
    }
    await rm(folder.path, { recursive: true, force: true });
  }
  const staged = `${folder.path}.${randomUUID()}.tmp`;
  try {
    await mkdir(staged, { recursive: true });
    const session = await create({
      optimizedModelFilePath: join(staged, MODEL_FILE),
      extra: {
        session: {
          optimized_model_external_initializers_file_name: WEIGHTS_FILE,
          optimized_model_external_initializers_min_size_in_bytes: String(LEAST_EXTERNAL),
        },
      },
    });
    await keep(staged, folder.path).catch(() => undefined);
    await folder.removeOlder();
    return session;
  } catch {
    return undefined; // A full disk, or a folder that others own. What is wrong with the model shows without it, too.
  } finally {
    await rm(staged, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

/** Makes what the engine wrote durable, and gives it its name. */
async function keep(staged: string, path: string): Promise<void> {
  for (const name of [WEIGHTS_FILE, MODEL_FILE]) await sync(join(staged, name));
  await syncFolder(staged);
  await rename(staged, path);
}
