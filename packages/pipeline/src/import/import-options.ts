import { readFile } from 'node:fs/promises';
import { ConfigError, type AbortOptions, type ProgressListener } from '@crrg/core';
import { IMPORT_KINDS, type ImportKind } from './kinds.js';
import { parseJsonObject } from './json-object.js';
import { mergeFields, type Fields } from './merge-fields.js';

/** Options of {@link importModel}. */
export interface ImportModelOptions extends AbortOptions {
  /** Folder for the bundle: new, empty, or one that holds a bundle alone, which is replaced when all went well. */
  readonly out: string;
  /** What the file is. @defaultValue 'auto', told from the names of its tensors; they do not tell `image-encoder` */
  readonly kind?: ImportKind | 'auto' | undefined;
  /** Start of the names of the model that is meant, where a file has several. @defaultValue the only one */
  readonly prefix?: string | undefined;
  /** Parts of the configuration that tensors cannot tell, or a JSON file with them. @defaultValue none: they are assumed, which the manifest says */
  readonly config?: string | Readonly<Record<string, unknown>> | undefined;
  /** Name of the model. @defaultValue from the file */
  readonly name?: string | undefined;
  /** `vocab.json`, or `vocab.txt` of a text encoder. @defaultValue beside the checkpoint, if there */
  readonly vocab?: string | undefined;
  /** `merges.txt`; goes with `vocab.json`. @defaultValue beside the checkpoint, if there */
  readonly merges?: string | undefined;
  /** What the outputs of a classifier mean, in order. @defaultValue what the file says, else `Label 1`, ..., which the manifest calls assumed */
  readonly labels?: readonly string[] | undefined;
  /** Probability of each label above which it counts as found. @defaultValue 0.5, which the manifest calls assumed */
  readonly thresholds?: readonly number[] | undefined;
  /** Bytes that were written. */
  readonly onProgress?: ProgressListener | undefined;
}

/** Files that an import reads besides the checkpoint. */
export function inputFiles({ config, vocab, merges }: ImportModelOptions): string[] {
  return [config, vocab, merges].filter((input) => typeof input === 'string');
}

/** @throws {ConfigError} for a kind that is none */
export function requireKind(kind: string): void {
  if (kind === 'auto' || (IMPORT_KINDS as readonly string[]).includes(kind)) return;
  throw new ConfigError(
    `pipeline.importModel: \`kind\`: expected auto or one of ${IMPORT_KINDS.join(', ')}, got ${JSON.stringify(kind)}; choose one.`,
  );
}

/** @throws {ConfigError} for labels of a model without a classifier */
export function requireClassifier(kind: ImportKind, { labels, thresholds }: ImportModelOptions): void {
  if ((labels === undefined && thresholds === undefined) || kind === 'cxr-clip-probe') return;
  throw new ConfigError(
    `pipeline.importModel: \`${labels === undefined ? 'thresholds' : 'labels'}\`: expected a classifier (cxr-clip-probe), got ${kind}; leave it out.`,
  );
}

async function readConfig(file: string): Promise<Fields> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ConfigError(
      `pipeline.importModel: \`config\`: expected a readable file at ${file}, got ${String(cause)}.`,
      { cause },
    );
  });
  const fields = parseJsonObject(text);
  if (fields) return fields;
  throw new ConfigError(`pipeline.importModel: ${file}: expected a JSON object.`);
}

/**
 * The configuration that goes before what the tensors tell.
 * @throws {ConfigError} for a file that cannot be read or holds no JSON object
 */
export async function givenConfig({ config = {}, labels, thresholds }: ImportModelOptions): Promise<Fields> {
  const fields = typeof config === 'string' ? await readConfig(config) : config;
  if (labels === undefined && thresholds === undefined) return fields;
  const probe = { ...(labels && { labels }), ...(thresholds && { thresholds }) };
  return mergeFields(fields, { rclip: { probe } });
}
