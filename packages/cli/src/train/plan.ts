import type { RclipPretrainingSettings, RclipStageSettings } from '@crrg/pipeline/training';
import { UsageError } from '../errors.js';
import { SPLITS, labelNames, type Split, type TrainingStudy } from './studies.js';

/** What `crrg train rclip` was asked for, with every default in place. */
export interface TrainingPlan {
  readonly preset: string;
  readonly text: 'original' | 'generated';
  readonly pretraining: RclipPretrainingSettings;
  readonly probe: RclipStageSettings;
  readonly seed: number;
}

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

/** @throws {UsageError} where a split has less than one batch to pre-train on */
export function requirePretrainingBatches(studies: readonly TrainingStudy[], plan: TrainingPlan): void {
  for (const split of SPLITS)
    requireBatch(
      `studies with a text in the split ${split}`,
      inSplit(studies, split).length,
      plan.pretraining.batchSize,
    );
}

/** @throws {UsageError} where there are labels, but less than one batch of labelled films to train on */
export function requireProbeBatch(studies: readonly TrainingStudy[], plan: TrainingPlan): void {
  if (labelNames(studies).length === 0) return;
  const films = inSplit(labelledOnly(studies), 'train').flatMap(({ images }) => images);
  requireBatch('labelled films in the split train', films.length, plan.probe.batchSize);
}
