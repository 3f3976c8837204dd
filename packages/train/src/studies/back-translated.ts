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

/** How texts are translated. */
type TranslationOptions = Pick<
  PlanOptions,
  'backTranslation' | 'translationTemperature' | 'translationBeams'
>;

/** Translators that are ready, and how they are let go. */
interface OpenedTranslators extends BackTranslators {
  dispose(): Promise<void>;
}

/** Beams of the reference. */
const NUM_BEAMS = 5;

async function openTranslators(
  given: string | BackTranslators,
  { translationTemperature, translationBeams = NUM_BEAMS }: TranslationOptions,
  onWarning: WarningListener | undefined,
): Promise<OpenedTranslators> {
  if (typeof given !== 'string') return { ...given, dispose: () => Promise.resolve() };
  const [forth, back] = await findPair(given);
  const settings = { temperature: translationTemperature, numBeams: translationBeams, onWarning };
  const first = await loadMarianTranslator({ ...settings, model: forth });
  try {
    const second = await loadMarianTranslator({ ...settings, model: back });
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
export interface BackTranslatedOptions extends AbortOptions, TranslationOptions {
  /** Keeps what is done, so that a stopped run goes on from there. */
  readonly cacheFolder: string;
  readonly onProgress?: ((event: BackTranslationProgress) => void) | undefined;
  readonly onWarning?: WarningListener | undefined;
}

/** The studies with other wordings of their sections; those that have some keep them. */
export async function withBackTranslations(
  studies: readonly TrainingStudy[],
  options: BackTranslatedOptions,
): Promise<TrainingStudy[]> {
  const { backTranslation, cacheFolder, signal, onProgress, onWarning } = options;
  const without = studies.filter((study) => study.backTranslations === undefined);
  if (backTranslation === undefined || without.length === 0) return [...studies];
  const cache = await openTranslationCache(cacheFolder);
  const translators = await openTranslators(backTranslation, options, onWarning);
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
  translationBeams = NUM_BEAMS,
}: TranslationOptions): string | undefined {
  if (backTranslation === undefined) return undefined;
  if (typeof backTranslation !== 'string') return `${backTranslation.forth.id} ${backTranslation.back.id}`;
  return [path.resolve(backTranslation), translationTemperature ?? 'default', translationBeams].join(' ');
}
