import { existsSync } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bundle } from '@crrg/checkpoints';
import { fetchBundle, readBundle } from '@crrg/checkpoints/node';
import { CheckpointError, shortenName } from '@crrg/core';
import { isModelInCode, openModelInCode, type ModelInCode } from './model-files.js';
import { findPackageFile } from './package-files-node.js';
import type { LoadModelOptions, TinyFolder } from './runtime.js';

/** `tiny`, a folder with a bundle, the `https:` address of one, or a model in code. */
export type ModelSource = string | URL | ModelInCode;

/** How a bundle is read. */
export interface NodeLoadModelOptions extends LoadModelOptions {
  /** Hash every file, also large ones that did not change since their last check. @defaultValue false */
  readonly verify?: boolean | undefined;
}

/** Where the demonstration model says it is. This import is also how file tracing of servers (Next.js, `@vercel/nft`) learns of its files. */
async function addressedFolder(folder: TinyFolder): Promise<string | undefined> {
  try {
    const { CLASSIFIER_URL, WEIGHTS_URL } = await import('@crrg/model-tiny');
    const found = fileURLToPath(folder === 'weights' ? WEIGHTS_URL : CLASSIFIER_URL);
    // In a bundle the address leads beside the bundle, where another model may lie.
    const isOurs = path.basename(path.dirname(found)) === 'model-tiny';
    return isOurs && existsSync(path.join(found, 'manifest.json')) ? found : undefined;
  } catch {
    return undefined; // Not installed, or in a bundle in CommonJS, which has no import.meta.url.
  }
}

/** @throws {CheckpointError} where the demonstration model is not installed, or was left behind by a bundler */
async function tinyFolder(folder: TinyFolder): Promise<string> {
  const manifest = findPackageFile('@crrg/model-tiny', path.join(folder, 'manifest.json'));
  const found = manifest === undefined ? await addressedFolder(folder) : path.dirname(manifest);
  if (found !== undefined) return found;
  throw new CheckpointError(
    `pipeline.loadModel: expected ${folder} in the package @crrg/model-tiny, got none; install it where this program runs, also beside a bundled server, or name the folder of a bundle.`,
  );
}

async function modelFolder(
  model: string | URL,
  tiny: TinyFolder,
  options: NodeLoadModelOptions,
): Promise<string> {
  const url = model instanceof URL ? model : /^https?:\/\//.test(model) ? new URL(model) : undefined;
  if (url && url.protocol !== 'file:') return fetchBundle(url.href, options);
  if (String(model) === 'tiny') return tinyFolder(tiny);
  const folder = url ? fileURLToPath(url) : String(model);
  const isBundle = await access(path.join(folder, 'manifest.json')).then(
    () => true,
    () => false,
  );
  if (isBundle) return folder;
  throw new CheckpointError(
    `pipeline.loadModel: expected "tiny", a folder with manifest.json or an https address, got ${JSON.stringify(shortenName(folder))}; convert a checkpoint with crrg models import.`,
  );
}

/** The bundle that a source names, checked. @param tiny the folder of the demonstration model */
export async function openBundle(
  model: ModelSource = 'tiny',
  tiny: TinyFolder,
  options: NodeLoadModelOptions = {},
): Promise<Bundle> {
  if (isModelInCode(model)) return openModelInCode(model);
  return readBundle(await modelFolder(model, tiny, options), options);
}
