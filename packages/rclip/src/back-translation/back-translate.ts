import { ConfigError, DataError, createRandom } from '@crrg/core';
import type { Study } from '../views/study.js';

/** What one call of a {@link Translator} needs beside the texts. */
export interface TranslateOptions {
  /** A seed per text: the same text with the same seed gives the same translation, whatever else is in the batch. */
  readonly seeds: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

/** Texts of one language to another. Write one over any service; `loadMarianTranslator` gives one that runs here. */
export interface Translator {
  /** Names the model and every setting that changes its translations; stored translations of another name are not used. */
  readonly id: string;
  /** One translation per text, in order; empty where there is none. */
  translate(texts: readonly string[], options: TranslateOptions): Promise<readonly string[]>;
}

/** Keeps finished translations. */
export interface TranslationCache {
  get(key: string): Promise<string | undefined>;
  /** Resolves when the entries are kept for good, all of them. */
  set(entries: ReadonlyMap<string, string>): Promise<void>;
}

/** Where the work is: texts, each counted once however often it occurs. */
export interface BackTranslationProgress {
  readonly type: 'back-translation-progress';
  readonly done: number;
  readonly total: number;
  /** How many of `done` were already there. */
  readonly fromCache: number;
}

/** Settings of {@link backTranslate}. */
export interface BackTranslateOptions {
  /** From the language of the texts to another; the reference goes to Italian. */
  readonly forth: Translator;
  /** From there to the language of the texts. */
  readonly back: Translator;
  /** @defaultValue 42 */
  readonly seed?: number | undefined;
  /** Texts a call of the translators. The reference takes 128 on a GPU. @defaultValue 16 */
  readonly batchSize?: number | undefined;
  /** Keeps what is done after every batch, so that a later run goes on from there. @defaultValue none */
  readonly cache?: TranslationCache | undefined;
  /** Stops before the next batch, or within one where the translators listen. What is done stays in the cache. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((event: BackTranslationProgress) => void) | undefined;
}

/**
 * The texts in other words: translated to another language and back. In order; a text without words gives an empty one. Each text
 * has a seed of its own, so that its result depends neither on the other texts nor on where an earlier run stopped.
 *
 * Source: docs/reference/rclip.md#back-translation.
 * @throws {@link DataError} where a translator gives another number of texts
 * @throws {@link ConfigError} for an unusable batch size
 *
 * @example
 * ```ts
 * const forth = await loadMarianTranslator({ model: 'models/opus-mt-en-it' });
 * const back = await loadMarianTranslator({ model: 'models/opus-mt-it-en' });
 * const cache = await openTranslationCache('cache/en-it-en');
 * const [other] = await backTranslate(['The lungs are clear.'], { forth, back, cache });
 * ```
 */
export async function backTranslate(
  texts: readonly string[],
  options: BackTranslateOptions,
): Promise<string[]> {
  const { cache, signal, onProgress, batchSize = 16 } = options;
  assertBatchSize(batchSize);
  const wanted = [...new Set(texts.filter((text) => text.trim() !== ''))];
  const done = await recall(wanted, options);
  const missing = wanted.filter((text) => !done.has(text)).sort((a, b) => a.length - b.length);
  const fromCache = done.size;
  const report = () =>
    onProgress?.({ type: 'back-translation-progress', done: done.size, total: wanted.length, fromCache });
  report();
  for (let at = 0; at < missing.length; at += batchSize) {
    signal?.throwIfAborted();
    const batch = missing.slice(at, at + batchSize);
    const results = await thereAndBack(batch, options);
    await cache?.set(new Map(batch.map((text, index) => [cacheKey(text, options), results[index]!])));
    batch.forEach((text, index) => done.set(text, results[index]!));
    report();
  }
  return texts.map((text) => done.get(text) ?? '');
}

/**
 * The studies with a back-translation of every section, for training and validation.
 * @throws as {@link backTranslate}
 */
export async function addBackTranslations<I>(
  studies: readonly Study<I>[],
  options: BackTranslateOptions,
): Promise<Study<I>[]> {
  const results = await backTranslate(
    studies.flatMap(({ sections }) => sections),
    options,
  );
  let at = 0;
  return studies.map((study) => {
    const backTranslations = results.slice(at, at + study.sections.length);
    at += study.sections.length;
    return { ...study, backTranslations };
  });
}

async function recall(texts: readonly string[], options: BackTranslateOptions): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const text of options.cache ? texts : []) {
    options.signal?.throwIfAborted();
    const result = await options.cache!.get(cacheKey(text, options));
    if (result !== undefined) found.set(text, result);
  }
  return found;
}

async function thereAndBack(texts: readonly string[], options: BackTranslateOptions): Promise<string[]> {
  const { forth, back, seed = 42 } = options;
  const randoms = texts.map((text) => createRandom(seed).fork(text));
  const foreign = await translate(
    forth,
    texts,
    randoms.map((random) => random.integer(2 ** 32)),
    options,
  );
  return translate(
    back,
    foreign,
    randoms.map((random) => random.integer(2 ** 32)),
    options,
  );
}

/** Translations of the texts; those without words stay empty and are not sent. */
async function translate(
  translator: Translator,
  texts: readonly string[],
  seeds: readonly number[],
  { signal }: BackTranslateOptions,
): Promise<string[]> {
  const rows = [...texts.keys()].filter((row) => texts[row]!.trim() !== '');
  const given = rows.map((row) => texts[row]!);
  const options = { seeds: rows.map((row) => seeds[row]!), signal };
  const translated = rows.length > 0 ? await translator.translate(given, options) : [];
  if (translated.length !== rows.length)
    throw new DataError(
      `rclip.backTranslate: expected ${rows.length} translations of ${translator.id}, got ${translated.length}; return one per text.`,
    );
  const results = texts.map(() => '');
  rows.forEach((row, index) => (results[row] = translated[index]!));
  return results;
}

function cacheKey(text: string, { forth, back, seed = 42 }: BackTranslateOptions): string {
  return JSON.stringify([forth.id, back.id, seed, text]);
}

function assertBatchSize(batchSize: number): void {
  if (Number.isSafeInteger(batchSize) && batchSize > 0) return;
  throw new ConfigError(
    `rclip.backTranslate: expected a positive integer batchSize, got ${batchSize}; correct it.`,
  );
}
