import { memorySource, openBundle, type Bundle } from '@crrg/checkpoints';

/** Files of a bundle by path, `manifest.json` among them. */
export type ModelFiles = ReadonlyMap<string, Uint8Array>;

/** A model as files, or a function that gives them: `tiny` and `tinyClassifier` of `@crrg/model-tiny/embedded`. */
export type ModelInCode = ModelFiles | (() => Promise<ModelFiles>);

/** True for a model that is no address. */
export function isModelInCode(model: unknown): model is ModelInCode {
  return typeof model === 'function' || model instanceof Map;
}

/** The bundle of files in memory, each checked against its hash. @throws {CheckpointError} where one is absent or another */
export async function openModelInCode(model: ModelInCode): Promise<Bundle> {
  return openBundle(memorySource(typeof model === 'function' ? await model() : model));
}

/** Options whose models in code are files, which can be sent to a worker. */
export async function withModelFiles<Options extends object>(options: Options): Promise<Options> {
  const fields = Object.entries(options).map(async ([field, value]) => {
    const isLoader = (field === 'model' || field === 'classifier') && typeof value === 'function';
    return [field, isLoader ? await (value as () => Promise<ModelFiles>)() : (value as unknown)] as const;
  });
  return { ...options, ...Object.fromEntries(await Promise.all(fields)) };
}
