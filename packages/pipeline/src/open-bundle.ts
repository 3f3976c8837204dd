import { access } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bundle } from '@crrg/checkpoints';
import { fetchBundle, readBundle } from '@crrg/checkpoints/node';
import { CheckpointError, shortenName } from '@crrg/core';
import { findPackageFile } from './package-files-node.js';
import type { LoadModelOptions, TinyFolder } from './runtime.js';

/** `tiny`, a folder with a bundle, or the `https:` address of one. */
export type ModelSource = string | URL;

/** How a bundle is read. */
export interface NodeLoadModelOptions extends LoadModelOptions {
  /** Hash every file, also large ones that did not change since their last check. @defaultValue false */
  readonly verify?: boolean | undefined;
}

/** @throws {CheckpointError} where the demonstration model is not installed, or was left behind by a bundler */
function tinyFolder(folder: TinyFolder): string {
  const manifest = findPackageFile('@crrg/model-tiny', path.join(folder, 'manifest.json'));
  if (manifest !== undefined) return path.dirname(manifest);
  throw new CheckpointError(
    `pipeline.loadModel: expected ${folder} in the package @crrg/model-tiny, got none; install it where this program runs, also beside a bundled server, or name the folder of a bundle.`,
  );
}

async function modelFolder(
  model: ModelSource,
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
  return readBundle(await modelFolder(model, tiny, options), options);
}
