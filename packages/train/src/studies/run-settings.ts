import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ConfigError } from '@crrg/core';
import { writeFileAtomically } from '@crrg/core/node';
import type { Films } from './films.js';
import type { TrainingStudy } from './read-studies.js';

/** Everything that the weights of pre-training depend on, by name; plain JSON. */
export type RunSettings = Readonly<Record<string, string | number | undefined>>;

const RCLIP_SCHEMA = 'crrg/train-rclip/1';

/** SHA-256 of what pre-training sees of the studies: films, sections, splits and their order. */
export function hashStudies(studies: readonly TrainingStudy[], films: Films): string {
  const hash = createHash('sha256');
  for (const { split, images, sections, views, backTranslations } of studies) {
    const more = [views, backTranslations].some(Boolean) ? [views ?? null, backTranslations ?? null] : [];
    hash.update(JSON.stringify([split, images.map((file) => films.sha256Of(file)), sections, ...more]));
  }
  return hash.digest('hex');
}

async function readSaved(file: string, wanted: string): Promise<RunSettings | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const { schema, settings } = JSON.parse(text) as { schema?: unknown; settings?: RunSettings };
    if (schema === wanted && settings) return settings;
  } catch {
    // Falls through: damaged files and files of others are refused alike.
  }
  throw new ConfigError(
    `train.keepRunSettings: expected the settings of a training run in ${file}, got something else; give another folder with \`out\`.`,
  );
}

/**
 * Keeps the settings of a new run in a file; refuses to go on with an earlier run under other ones.
 * @param schema names the kind of run
 * @throws {ConfigError} naming what differs
 */
export async function keepRunSettings(
  file: string,
  settings: RunSettings,
  schema = RCLIP_SCHEMA,
): Promise<void> {
  const saved = await readSaved(file, schema);
  if (!saved) {
    await writeFileAtomically(file, `${JSON.stringify({ schema, settings }, undefined, 2)}\n`);
    return;
  }
  const names = [...new Set([...Object.keys(saved), ...Object.keys(settings)])];
  const different = names.filter((name) => saved[name] !== settings[name]);
  if (different.length === 0) return;
  const list = (values: RunSettings) =>
    different.map((name) => `${name} ${values[name] ?? 'none'}`).join(', ');
  throw new ConfigError(
    `train.keepRunSettings: expected ${list(saved)} of the run in this folder, got ${list(settings)}; repeat its settings, or begin anew with another \`out\`.`,
  );
}
