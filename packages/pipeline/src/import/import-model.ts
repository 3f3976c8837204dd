import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { BundleManifest } from '@crrg/checkpoints';
import {
  openCheckpointFile,
  openHuggingFaceFolder,
  writeBundle,
  type BundleContent,
} from '@crrg/checkpoints/node';
import { CheckpointError } from '@crrg/core';
import { convertCheckpoint, type Converted } from './convert.js';
import { readHubConfig } from './hub-config.js';
import {
  givenConfig,
  inputFiles,
  requireClassifier,
  requireKind,
  type ImportModelOptions,
} from './import-options.js';
import type { ImportKind } from './kinds.js';
import { modelFields, modelTokenizer } from './manifest.js';
import { requireOutFolder, writingInto } from './out-folder.js';
import { findModel } from './state-dicts.js';
import { checkTiedTensors } from './tied-tensors.js';

/** What {@link importModel} made. */
export interface ImportedModel {
  readonly kind: ImportKind;
  /** As it was written. Its `assumptions` name what nothing told; its `tokenizer` is null where none was found. */
  readonly manifest: BundleManifest;
  readonly tensorCount: number;
  /** What was taken off the names of the tensors, and what of the file was left out; a sentence each. */
  readonly notes: readonly string[];
}

/** Where a checkpoint lies. */
interface Source {
  readonly file: string;
  readonly isFolder: boolean;
}

async function contentOf(
  { file, isFolder }: Source,
  converted: Converted,
  options: ImportModelOptions,
): Promise<BundleContent> {
  const { kind, weights, assumptions } = converted;
  const folder = isFolder ? file : path.dirname(file);
  const fields = modelFields(converted);
  const tokenizer = await modelTokenizer(converted, { ...options, folder });
  return {
    name: options.name ?? nameOf(file),
    version: '1',
    ...fields,
    ...(assumptions.length > 0 && { assumptions }),
    tokenizer: tokenizer?.tokenizer ?? null,
    attachments: tokenizer?.attachments,
    licence: 'as the source',
    trainingData: 'as the source',
    source: `converted from ${path.basename(file)} (${kind})`,
    modelCard: null,
    weights,
  };
}

/** A name for a manifest from that of a file. */
function nameOf(file: string): string {
  const name = path
    .basename(path.resolve(file))
    .replace(/(\.(pt|pth|bin|safetensors|tar|ckpt))+$/, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^\.+|\.+$/g, '');
  if (name) return name;
  throw new CheckpointError(
    'pipeline.importModel: expected a file name with letters, got none; pass `name`.',
  );
}

/**
 * Converts a published checkpoint (torch, safetensors, a Hugging Face folder) to a bundle that the pipeline and the trainer load. Its
 * architecture is told from the shapes of its tensors; what they cannot tell is taken from `config`, else assumed and listed in the
 * manifest. Nothing in the file is executed, and it is read tensor by tensor. An earlier bundle in `out` is replaced only when the new
 * one is whole; nothing else is ever written over.
 * @param source a file of weights, or a folder of Hugging Face
 *
 * @example
 * ```ts
 * import { importModel } from '@crrg/pipeline/import';
 *
 * const { kind, manifest } = await importModel('r50_mcc.tar', { out: 'models/cxr-clip', vocab: 'vocab.txt' });
 * console.log(kind, manifest.assumptions ?? 'nothing assumed');
 * ```
 * @throws {ConfigError} for options that make no sense, and for an `out` that holds anything but a bundle, holds an input, or is written by
 * another run
 * @throws {CheckpointError} for a file that is damaged or of no known layout, tensors that do not fit, and settings that cannot be computed
 * @throws {OutputError} where `out` cannot be written
 */
export async function importModel(source: string, options: ImportModelOptions): Promise<ImportedModel> {
  const { out, kind = 'auto', prefix, signal, onProgress } = options;
  requireKind(kind);
  await requireOutFolder(out, [source, ...inputFiles(options)]);
  const isFolder = await stat(source).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  const given = await givenConfig(options);
  const checkpoint = await (isFolder ? openHuggingFaceFolder(source) : openCheckpointFile(source));
  try {
    const found = findModel(checkpoint.entries, { kind, prefix });
    requireClassifier(found.kind, options);
    const hub = await readHubConfig(source, isFolder, found.kind);
    const converted = convertCheckpoint(found, { given, hub, values: checkpoint.values });
    await checkTiedTensors(found.kind, found.entries);
    const content = await contentOf({ file: source, isFolder }, converted, options);
    const manifest = await writingInto(out, () => writeBundle(out, content, { signal, onProgress }));
    return { kind: found.kind, manifest, tensorCount: content.weights.size, notes: found.notes };
  } finally {
    await checkpoint.close();
  }
}
