import { access } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bundle } from '@crrg/checkpoints';
import { fetchBundle, readBundle } from '@crrg/checkpoints/node';
import { CheckpointError, shortenName } from '@crrg/core';
import type { LoadModelOptions, TinyFolder } from './runtime.js';

/** `tiny`, a folder with a bundle, or the `https:` address of one. */
export type ModelSource = string | URL;

/** How a bundle is read. */
export interface NodeLoadModelOptions extends LoadModelOptions {
  /** Hash every file, also large ones that did not change since their last check. @defaultValue false */
  readonly verify?: boolean | undefined;
}

function tinyFolder(folder: TinyFolder): string {
  const manifest = import.meta.resolve('@crrg/model-tiny/package.json');
  return path.join(path.dirname(fileURLToPath(manifest)), folder);
}

async function modelFolder(
  model: ModelSource,
  tiny: TinyFolder,
  options: NodeLoadModelOptions,
): Promise<string> {
  const isTiny = String(model) === 'tiny';
  const url = model instanceof URL ? model : /^https?:\/\//.test(model) ? new URL(model) : undefined;
  if (url && url.protocol !== 'file:') return fetchBundle(url.href, options);
  const folder = isTiny ? tinyFolder(tiny) : url ? fileURLToPath(url) : String(model);
  const isBundle = await access(path.join(folder, 'manifest.json')).then(
    () => true,
    () => false,
  );
  if (isBundle) return folder;
  if (isTiny) {
    throw new CheckpointError(
      `pipeline.loadModel: expected ${tiny} in @crrg/model-tiny, got a version without; install another version, or name a bundle.`,
    );
  }
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
