import { DataError } from '@crrg/core';
import { writeFileAtomically } from '@crrg/core/node';
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TranslationCache } from './back-translate.js';

const EXTENSION = '.json';

/**
 * Translations kept in a folder, which is made where it is missing: one JSON file per batch, written under another name and then
 * renamed, so that a file is there whole or not at all. Several processes may use one folder. The translations lie there as plain
 * text; the texts they come from do not.
 * @throws {@link DataError} naming the file that is damaged
 */
export async function openTranslationCache(folder: string): Promise<TranslationCache> {
  await mkdir(folder, { recursive: true });
  const names = (await readdir(folder)).filter((name) => name.endsWith(EXTENSION)).sort();
  const known = new Map<string, string>();
  for (const name of names)
    for (const [key, text] of await readEntries(join(folder, name))) known.set(key, text);
  return {
    get: async (key) => known.get(digest(key)),
    set: async (entries) => {
      if (entries.size === 0) return;
      const digests = [...entries].map(([key, text]) => [digest(key), text] as const);
      const content = `${JSON.stringify(Object.fromEntries(digests))}\n`;
      await writeFileAtomically(join(folder, `${digest(content)}${EXTENSION}`), content);
      for (const [key, text] of digests) known.set(key, text);
    },
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function readEntries(path: string): Promise<[string, string][]> {
  try {
    const entries = Object.entries(JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>);
    if (entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')) return entries;
    throw new TypeError('an entry is no text');
  } catch (cause) {
    throw new DataError(
      `rclip.openTranslationCache: expected translations as JSON in ${path}, got ${(cause as Error).message}; delete the file.`,
      { cause },
    );
  }
}
