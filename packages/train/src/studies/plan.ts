import path from 'node:path';
import { ConfigError, roundHalfToEven } from '@crrg/core';
import { sampleFraction } from '@crrg/datasets';
import type { Translator } from '@crrg/rclip/back-translation';
import { readPresetFile } from '../presets/read-preset-file.js';
import {
  parseRclipPreset,
  RCLIP_PRESET_NAMES,
  RCLIP_PRESETS,
  type RclipPreset,
  type RclipPresetName,
  type RclipPretrainingSettings,
  type RclipStageSettings,
} from '../rclip/rclip-presets.js';
import { labelNames, type Split, type TrainingStudy } from './read-studies.js';

/** What a batch that fails or has no finite loss does. */
export type OnBadBatch = 'stop' | 'skip';

/** From the language of the reports to another, and back. */
export interface BackTranslators {
  readonly forth: Translator;
  readonly back: Translator;
}

/** How a probe is trained: a preset, and what goes before its values. */
export interface ProbePlanOptions {
  /** A name, or a JSON file as `parseRclipPreset` takes it. @defaultValue 'rclip-base' */
  readonly preset?: RclipPresetName | (string & {}) | undefined;
  readonly probeEpochs?: number | undefined;
  /**
   * Share of the labelled films of the split train, drawn as CXR-CLIP's `data_frac` draws rows: the first round-half-even(share n) of
   * `RandomState(1).permutation(n)`.
   * @defaultValue that of the preset, else 1
   */
  readonly probeShare?: number | undefined;
  readonly seed?: number | undefined;
  /** @defaultValue 'stop' */
  readonly onBadBatch?: OnBadBatch | undefined;
}

/** How to train: a preset, and what goes before its values. */
export interface PlanOptions extends ProbePlanOptions {
  /** What the model reads: sections of the studies, or reports of their films. @defaultValue that of the preset */
  readonly text?: 'original' | 'generated' | undefined;
  /** A file of generated reports, from `crrg report --jsonl`. @defaultValue they are written by `reportModel` */
  readonly reports?: string | undefined;
  /** What writes the reports: `tiny`, a bundle folder or an address. @defaultValue 'tiny' */
  readonly reportModel?: string | undefined;
  /** Of pre-training. */
  readonly epochs?: number | undefined;
  /** Studies in pre-training, films of the probe. */
  readonly batchSize?: number | undefined;
  /** Highest of pre-training. */
  readonly learningRate?: number | undefined;
  /** Batches of pre-training whose gradients are summed before an update; each is contrasted within itself alone. @defaultValue 1 */
  readonly accumulate?: number | undefined;
  /** Studies of a batch of pre-training that are in memory at a time; the loss stays that of the batch. @defaultValue the whole batch */
  readonly microBatchSize?: number | undefined;
  /** Share of the studies with a text of the split train, drawn as `probeShare`. @defaultValue 1 */
  readonly share?: number | undefined;
  /** The first so many of them, instead of a share. @defaultValue all */
  readonly firstRows?: number | undefined;
  /**
   * Other wordings of texts that have none: a folder with two Marian models, `opus-mt-en-it` and `opus-mt-it-en` or those of another language,
   * or translators.
   * @defaultValue none
   */
  readonly backTranslation?: string | BackTranslators | undefined;
  /** Of the sampling of words in translations. @defaultValue 1.5, as the reference */
  readonly translationTemperature?: number | undefined;
  /** Beams that are sampled together; 1 takes a fifth of the time. @defaultValue 5, as the reference */
  readonly translationBeams?: number | undefined;
}

/** What was asked for of a probe, with every default in place. */
export interface ProbePlan {
  /** The name of the preset, or of its file. */
  readonly preset: string;
  /** What the preset says of where it is from. */
  readonly presetSource: string;
  readonly probe: RclipStageSettings;
  readonly probeShare: number;
  readonly seed: number;
  readonly onBadBatch: OnBadBatch;
}

/** What was asked for, with every default in place. */
export interface TrainingPlan extends ProbePlan {
  readonly text: 'original' | 'generated';
  readonly pretraining: RclipPretrainingSettings;
  readonly share: number;
  /** Undefined: all. */
  readonly firstRows: number | undefined;
}

const WHERE = 'train.trainRclipOnStudies';

const isCount = (value: number) => Number.isSafeInteger(value) && value >= 1;
const isShare = (value: number) => value > 0 && value <= 1;
const RULES = {
  accumulate: [isCount, 'a whole number from 1'],
  microBatchSize: [isCount, 'a whole number from 1'],
  firstRows: [isCount, 'a whole number from 1'],
  translationBeams: [isCount, 'a whole number from 1'],
  share: [isShare, 'a number above 0 and at most 1'],
  probeShare: [isShare, 'a number above 0 and at most 1'],
} as const;

/** @throws {ConfigError} for an option that is no such number */
function requireNumbers(options: PlanOptions, where: string): void {
  for (const [name, [isGood, expected]] of Object.entries(RULES)) {
    const value = options[name as keyof typeof RULES];
    if (value === undefined || isGood(value)) continue;
    throw new ConfigError(`${where}: expected ${expected} for \`${name}\`, got ${value}; correct it.`);
  }
}

const isName = (preset: string): preset is RclipPresetName => Object.hasOwn(RCLIP_PRESETS, preset);

/** A preset by name or file. @throws {ConfigError} for a file that is not there or not complete */
async function presetOf(preset: string, where: string): Promise<RclipPreset> {
  if (isName(preset)) return RCLIP_PRESETS[preset];
  return parseRclipPreset(await readPresetFile(preset, RCLIP_PRESET_NAMES, where));
}

function probePlan(options: PlanOptions, name: string, preset: RclipPreset): ProbePlan {
  const { probe } = preset;
  return {
    preset: isName(name) ? name : path.basename(name),
    presetSource: preset.source,
    probe: {
      ...probe,
      epochs: options.probeEpochs ?? probe.epochs,
      batchSize: options.batchSize ?? probe.batchSize,
    },
    probeShare: options.probeShare ?? preset.probeShare ?? 1,
    seed: options.seed ?? preset.seed,
    onBadBatch: options.onBadBatch ?? 'stop',
  };
}

/** @throws {ConfigError} for a preset or a number that is not valid */
export async function probePlanOf(
  options: ProbePlanOptions & Pick<PlanOptions, 'batchSize' | 'learningRate'>,
  where: string,
): Promise<ProbePlan> {
  requireNumbers(options, where);
  const name = options.preset ?? 'rclip-base';
  const plan = probePlan(options, name, await presetOf(name, where));
  const learningRate = options.learningRate ?? plan.probe.learningRate;
  return { ...plan, probe: { ...plan.probe, learningRate } };
}

/** @throws {ConfigError} for options of generated text without it, a preset or a number that is not valid, or both a share and first rows */
export async function planOf(options: PlanOptions): Promise<TrainingPlan> {
  requireNumbers(options, WHERE);
  const { preset: name = 'rclip-base', share = 1, firstRows } = options;
  const preset = await presetOf(name, WHERE);
  const text = options.text ?? preset.text;
  if (text === 'original' && (options.reports ?? options.reportModel) !== undefined)
    throw new ConfigError(
      `${WHERE}: expected \`reports\` and \`reportModel\` only with generated text, got original; add \`text\` generated.`,
    );
  if (firstRows !== undefined && options.share !== undefined)
    throw new ConfigError(`${WHERE}: expected \`share\` or \`firstRows\`, got both; leave one out.`);
  const { pretraining } = preset;
  const { accumulate, microBatchSize } = options;
  return {
    ...probePlan(options, name, preset),
    text,
    pretraining: {
      ...pretraining,
      epochs: options.epochs ?? pretraining.epochs,
      batchSize: options.batchSize ?? pretraining.batchSize,
      learningRate: options.learningRate ?? pretraining.learningRate,
      ...(accumulate !== undefined && { accumulate }),
      ...(microBatchSize !== undefined && { microBatchSize }),
    },
    share,
    firstRows,
  };
}

/** How the training functions are told of {@link TrainingPlan.onBadBatch}. */
export const badBatchOptions = ({ onBadBatch }: ProbePlan) =>
  onBadBatch === 'skip' ? ({ onNonFinite: 'skip', skipOnError: () => true } as const) : {};

/** Studies of a split. */
export const inSplit = <S extends { readonly split: Split }>(studies: readonly S[], split: Split): S[] =>
  studies.filter((study) => study.split === split);

/** Studies with labels. */
export const labelledOnly = (studies: readonly TrainingStudy[]): TrainingStudy[] =>
  studies.filter(({ labels }) => labels.size > 0);

function requireBatch(what: string, count: number, batchSize: number): void {
  if (count >= batchSize) return;
  throw new ConfigError(
    `${WHERE}: expected at least ${batchSize} ${what}, one batch, got ${count}; lower \`batchSize\` or give more studies.`,
  );
}

/** A pair alone has nothing to be told apart from. */
const FEWEST_PAIRS = 2;

/**
 * @param studies those with a text
 * @throws {ConfigError} for less than one batch to pre-train on, or too few to validate on
 */
export function requirePretrainingStudies(
  studies: readonly TrainingStudy[],
  { pretraining: { batchSize } }: TrainingPlan,
): void {
  if (batchSize < FEWEST_PAIRS)
    throw new ConfigError(
      `${WHERE}: expected \`batchSize\` of at least ${FEWEST_PAIRS}, got ${batchSize}; the contrastive loss of one study is always 0.`,
    );
  const counts = { train: inSplit(studies, 'train').length, valid: inSplit(studies, 'valid').length };
  requireBatch('studies with a text in the split train', counts.train, batchSize);
  if (counts.valid >= FEWEST_PAIRS) return;
  throw new ConfigError(
    `${WHERE}: expected at least ${FEWEST_PAIRS} studies with a text in the split valid, got ${counts.valid}; give more studies.`,
  );
}

/**
 * Studies without those with a text in the split train that the plan's share or first rows leave out. What is left out is not trained on, but its
 * labels may be, by the probe.
 */
export function chosenForPretraining(
  studies: readonly TrainingStudy[],
  { text, share, firstRows }: TrainingPlan,
): TrainingStudy[] {
  const rows = inSplit(studies, 'train').filter(
    ({ sections }) => text === 'generated' || sections.length > 0,
  );
  const chosen = firstRows === undefined ? rowsOf(rows, share) : rows.slice(0, firstRows);
  const kept = new Set(chosen);
  const left = new Set(rows.filter((study) => !kept.has(study)));
  return studies.filter((study) => !left.has(study));
}

/** The rows that `data_frac` draws, in its order. */
function rowsOf<T>(rows: readonly T[], share: number): T[] {
  return [...sampleFraction(rows.length, share)].map((row) => rows[row]!);
}

/** A labelled film of a study. */
export interface StudyFilm {
  readonly film: string;
  readonly study: TrainingStudy;
}

/** The labelled films of a split; of the split train the plan's share of them. */
export function labelledFilms(
  studies: readonly TrainingStudy[],
  split: 'train' | 'valid',
  { probeShare }: Pick<ProbePlan, 'probeShare'>,
): StudyFilm[] {
  const films = inSplit(labelledOnly(studies), split).flatMap((study) =>
    study.images.map((film) => ({ film, study })),
  );
  return split === 'train' ? rowsOf(films, probeShare) : films;
}

/** @throws {ConfigError} where there are labels, but less than one batch of labelled films to train on */
export function requireProbeBatch(studies: readonly TrainingStudy[], plan: ProbePlan): void {
  if (labelNames(studies).length === 0) return;
  const all = inSplit(labelledOnly(studies), 'train').flatMap(({ images }) => images).length;
  const films = roundHalfToEven(plan.probeShare * all);
  requireBatch('labelled films in the split train', films, plan.probe.batchSize);
}
