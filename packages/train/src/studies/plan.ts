import { ConfigError } from '@crrg/core';
import {
  RCLIP_PRESETS,
  type RclipPresetName,
  type RclipPretrainingSettings,
  type RclipStageSettings,
} from '../rclip/rclip-presets.js';
import { labelNames, type Split, type TrainingStudy } from './read-studies.js';

/** What a batch that fails or has no finite loss does. */
export type OnBadBatch = 'stop' | 'skip';

/** How to train: a preset, and what goes before its values. */
export interface PlanOptions {
  /** @defaultValue 'rclip-base' */
  readonly preset?: RclipPresetName | undefined;
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
  readonly probeEpochs?: number | undefined;
  readonly seed?: number | undefined;
  /** @defaultValue 'stop' */
  readonly onBadBatch?: OnBadBatch | undefined;
}

/** What was asked for, with every default in place. */
export interface TrainingPlan {
  readonly preset: RclipPresetName;
  readonly text: 'original' | 'generated';
  readonly pretraining: RclipPretrainingSettings;
  readonly probe: RclipStageSettings;
  readonly seed: number;
  readonly onBadBatch: OnBadBatch;
}

const WHERE = 'train.trainRclipOnStudies';

/** @throws {ConfigError} for options of generated text without it */
export function planOf(options: PlanOptions): TrainingPlan {
  const name = options.preset ?? 'rclip-base';
  const preset = RCLIP_PRESETS[name];
  const text = options.text ?? preset.text;
  if (text === 'original' && (options.reports ?? options.reportModel) !== undefined)
    throw new ConfigError(
      `${WHERE}: expected \`reports\` and \`reportModel\` only with generated text, got original; add \`text\` generated.`,
    );
  const { pretraining, probe } = preset;
  return {
    preset: name,
    text,
    pretraining: {
      ...pretraining,
      epochs: options.epochs ?? pretraining.epochs,
      batchSize: options.batchSize ?? pretraining.batchSize,
      learningRate: options.learningRate ?? pretraining.learningRate,
    },
    probe: {
      ...probe,
      epochs: options.probeEpochs ?? probe.epochs,
      batchSize: options.batchSize ?? probe.batchSize,
    },
    seed: options.seed ?? preset.seed,
    onBadBatch: options.onBadBatch ?? 'stop',
  };
}

/** How the training functions are told of {@link TrainingPlan.onBadBatch}. */
export const badBatchOptions = ({ onBadBatch }: TrainingPlan) =>
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

/** @throws {ConfigError} where there are labels, but less than one batch of labelled films to train on */
export function requireProbeBatch(studies: readonly TrainingStudy[], plan: TrainingPlan): void {
  if (labelNames(studies).length === 0) return;
  const films = inSplit(labelledOnly(studies), 'train').flatMap(({ images }) => images);
  requireBatch('labelled films in the split train', films.length, plan.probe.batchSize);
}
