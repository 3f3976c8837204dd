import { openBundle as open, urlSource, type Bundle } from '@crrg/checkpoints';
import { cachedSource } from '@crrg/checkpoints/browser';
import { isModelInCode, openModelInCode, type ModelInCode } from '../model-files.js';
import type { LoadModelOptions, TinyFolder } from '../runtime.js';
import { tinyAddress } from './tiny-address.js';

/** The address of a bundle's folder, or a model in code. */
export type ModelSource = string | URL | ModelInCode;

/** The bundle that a source names, checked; from an address, kept by the browser. */
export async function openBundle(
  model: ModelSource | undefined,
  tiny: TinyFolder,
  options: LoadModelOptions,
): Promise<Bundle> {
  if (isModelInCode(model)) return openModelInCode(model);
  const isAddress = model !== undefined && String(model) !== 'tiny';
  const address = isAddress ? model : tinyAddress(tiny, model && String(model));
  const { cache, signal, onProgress, onWarning } = options;
  return open(
    cache === false
      ? urlSource(address, { signal, onProgress })
      : cachedSource(address, { signal, onProgress, onWarning }),
  );
}
