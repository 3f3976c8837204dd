import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError, type AbortOptions, type WarningListener } from '@crrg/core';
import {
  backTranslate,
  loadMarianTranslator,
  openTranslationCache,
  type BackTranslationProgress,
} from '@crrg/rclip/back-translation';
import type { BackTranslators, PlanOptions } from './plan.js';
import type { TrainingStudy } from './read-studies.js';

const WHERE = 'train.trainRclipOnStudies';
const FORTH = /^opus-mt-en-(\w+)$/;

/** The two models in a folder. @throws {ConfigError} where there is not one pair */
async function findPair(folder: string): Promise<readonly [forth: string, back: string]> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const pairs = names.flatMap((name) => {
    const back = `opus-mt-${FORTH.exec(name)?.[1]}-en`;
    return names.includes(back) ? [[name, back] as const] : [];
  });
  if (pairs.length === 1) return pairs[0]!.map((name) => path.join(folder, name)) as [string, string];
  throw new ConfigError(
    `${WHERE}: \`backTranslation\`: expected a folder with one pair of models such as opus-mt-en-it and opus-mt-it-en, got ${pairs.length} in ${folder}; put both there.`,
  );
}

/** Translators that are ready, and how they are let go. */
interface OpenedTranslators extends BackTranslators {
  dispose(): Promise<void>;
}

/** @param temperature of the sampling of words */
async function openTranslators(
  given: string | BackTranslators,
  temperature: number | undefined,
  onWarning: WarningListener | undefined,
): Promise<OpenedTranslators> {
  if (typeof given !== 'string') return { ...given, dispose: () => Promise.resolve() };
  const [forth, back] = await findPair(given);
  const first = await loadMarianTranslator({ model: forth, temperature, onWarning });
  try {
    const second = await loadMarianTranslator({ model: back, temperature, onWarning });
    const dispose = async () => {
      await first.dispose();
      await second.dispose();
    };
    return { forth: first, back: second, dispose };
  } catch (error) {
    await first.dispose();
    throw error;
  }
}

/** How {@link withBackTranslations} translates. */
export interface BackTranslatedOptions
  extends AbortOptions, Pick<PlanOptions, 'backTranslation' | 'translationTemperature'> {
  /** Keeps what is done, so that a stopped run goes on from there. */
  readonly cacheFolder: string;
  readonly onProgress?: ((event: BackTranslationProgress) => void) | undefined;
  readonly onWarning?: WarningListener | undefined;
}

/** The studies with other wordings of their sections; those that have some keep them. */
export async function withBackTranslations(
  studies: readonly TrainingStudy[],
  { backTranslation, translationTemperature, cacheFolder, signal, ...listeners }: BackTranslatedOptions,
): Promise<TrainingStudy[]> {
  const without = studies.filter((study) => study.backTranslations === undefined);
  if (backTranslation === undefined || without.length === 0) return [...studies];
  const { onProgress, onWarning } = listeners;
  const cache = await openTranslationCache(cacheFolder);
  const translators = await openTranslators(backTranslation, translationTemperature, onWarning);
  try {
    const { forth, back } = translators;
    const texts = [...new Set(without.flatMap(({ sections }) => sections))];
    const others = await backTranslate(texts, { forth, back, cache, signal, onProgress });
    const wordings = new Map(texts.map((text, index) => [text, others[index]!]));
    return studies.map((study) => ({
      ...study,
      backTranslations:
        study.backTranslations ?? study.sections.map((section) => wordings.get(section) || null),
    }));
  } finally {
    await translators.dispose();
  }
}

/** What names the translators in the settings of a run; undefined where nothing is translated. */
export function backTranslationName({
  backTranslation,
  translationTemperature,
}: Pick<PlanOptions, 'backTranslation' | 'translationTemperature'>): string | undefined {
  if (backTranslation === undefined) return undefined;
  if (typeof backTranslation !== 'string') return `${backTranslation.forth.id} ${backTranslation.back.id}`;
  return [path.resolve(backTranslation), translationTemperature ?? 'default'].join(' ');
}
