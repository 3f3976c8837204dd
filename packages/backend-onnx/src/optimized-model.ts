import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-common';
import type { EncodedModel } from './model.js';
import type { OrtModule } from './options.js';
import { preparedFiles, shortHash, type Recipe } from './prepared-files.js';
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
  const prepared = preparedFiles(recipe, preparedDir);
  const folder = await prepared.find();
  try {
    if (folder !== undefined) {
      // Already optimised. What cannot be opened was damaged since, and is made again.
      const session = await ort.InferenceSession.create(join(folder, MODEL_FILE), {
        ...options,
        graphOptimizationLevel: 'disabled',
      }).catch(() => undefined);
      if (session) return session;
      await prepared.remove(folder);
    }
    return await prepared.make([WEIGHTS_FILE, MODEL_FILE], (made) =>
      create({
        optimizedModelFilePath: join(made, MODEL_FILE),
        extra: {
          session: {
            optimized_model_external_initializers_file_name: WEIGHTS_FILE,
            optimized_model_external_initializers_min_size_in_bytes: String(LEAST_EXTERNAL),
          },
        },
      }),
    );
  } catch {
    return undefined; // A full disk, or a folder that others own. What is wrong with the model shows without it, too.
  }
}
