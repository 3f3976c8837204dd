import { RCLIP_PRESETS, type RclipPretrainingSettings, type RclipStageSettings } from '@crrg/train';
import { UsageError } from '../errors.js';
import { labelNames, type Split, type TrainingStudy } from './studies.js';

/** What a batch that fails or has no finite loss does. */
export type OnBadBatch = 'stop' | 'skip';

/** The part of the command line that says how to train. */
export interface PlanOptions {
  readonly preset: keyof typeof RCLIP_PRESETS;
  readonly text?: 'original' | 'generated' | undefined;
  readonly reports?: string | undefined;
  readonly reportModel?: string | undefined;
  readonly epochs?: number | undefined;
  readonly batchSize?: number | undefined;
  readonly learningRate?: number | undefined;
  readonly probeEpochs?: number | undefined;
  readonly seed?: number | undefined;
  readonly onBadBatch?: OnBadBatch | undefined;
}

/** What `crrg train rclip` was asked for, with every default in place. */
export interface TrainingPlan {
  readonly preset: keyof typeof RCLIP_PRESETS;
  readonly text: 'original' | 'generated';
  readonly pretraining: RclipPretrainingSettings;
  readonly probe: RclipStageSettings;
  readonly seed: number;
  readonly onBadBatch: OnBadBatch;
}

/** @throws {UsageError} for options of generated text without it */
export function planOf(options: PlanOptions): TrainingPlan {
  const preset = RCLIP_PRESETS[options.preset];
  const text = options.text ?? preset.text;
  if (text === 'original' && (options.reports ?? options.reportModel) !== undefined)
    throw new UsageError(
      'train rclip: expected --reports and --report-model only with generated text, got original; add --text generated.',
    );
  const { pretraining, probe } = preset;
  return {
    preset: options.preset,
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
  throw new UsageError(
    `train rclip: expected at least ${batchSize} ${what}, one batch, got ${count}; lower --batch-size or give more studies.`,
  );
}

/** A pair alone has nothing to be told apart from. */
const FEWEST_PAIRS = 2;

/**
 * @param studies those with a text
 * @throws {UsageError} for less than one batch to pre-train on, or too few to validate on
 */
export function requirePretrainingStudies(
  studies: readonly TrainingStudy[],
  { pretraining: { batchSize } }: TrainingPlan,
): void {
  if (batchSize < FEWEST_PAIRS)
    throw new UsageError(
      `train rclip: expected --batch-size of at least ${FEWEST_PAIRS}, got ${batchSize}; the contrastive loss of one study is always 0.`,
    );
  const counts = { train: inSplit(studies, 'train').length, valid: inSplit(studies, 'valid').length };
  requireBatch('studies with a text in the split train', counts.train, batchSize);
  if (counts.valid >= FEWEST_PAIRS) return;
  throw new UsageError(
    `train rclip: expected at least ${FEWEST_PAIRS} studies with a text in the split valid, got ${counts.valid}; give more studies.`,
  );
}

/** @throws {UsageError} where there are labels, but less than one batch of labelled films to train on */
export function requireProbeBatch(studies: readonly TrainingStudy[], plan: TrainingPlan): void {
  if (labelNames(studies).length === 0) return;
  const films = inSplit(labelledOnly(studies), 'train').flatMap(({ images }) => images);
  requireBatch('labelled films in the split train', films.length, plan.probe.batchSize);
}
