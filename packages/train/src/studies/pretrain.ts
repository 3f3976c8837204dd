import path from 'node:path';
import { DataError } from '@crrg/core';
import type { Study } from '@crrg/rclip';
import type { Backend, HostTensor } from '@crrg/tensor';
import type { TrainListener } from '@crrg/train-loop';
import { createFolderStore, openTrainingLog } from '@crrg/train-loop/node';
import { rclipSampleSource } from '../rclip/film-samples.js';
import { trainRclip, type RclipTrainResult } from '../rclip/train-rclip.js';
import type { Films } from './films.js';
import { badBatchOptions, inSplit, type TrainingPlan } from './plan.js';
import type { StartModel } from './start-model.js';
import type { TrainingStudy } from './read-studies.js';

/** What {@link pretrain} works with. */
export interface PretrainOptions {
  readonly backend: Backend;
  readonly model: StartModel;
  readonly films: Films;
  readonly plan: TrainingPlan;
  /** Gets states, losses and the event file. */
  readonly folder: string;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: TrainListener;
}

/** Weights of the lowest validation loss. */
export interface Pretrained {
  readonly batchesSkipped: number;
  readonly weights: ReadonlyMap<string, HostTensor>;
  readonly best: NonNullable<RclipTrainResult['best']>;
}

/** A study as views are drawn of it. */
export function asStudy({ id, images, views, sections, backTranslations }: TrainingStudy): Study<string> {
  return {
    id,
    images: images.map((image, index) => ({ image, view: views?.[index] ?? undefined })),
    sections,
    backTranslations: backTranslations?.map((text) => text ?? undefined),
  };
}

/** Pre-trains on studies with texts, or goes on where an earlier run in the folder stopped. */
export async function pretrain(
  studies: readonly TrainingStudy[],
  { backend, model, films, plan, folder, signal, onProgress }: PretrainOptions,
): Promise<Pretrained> {
  const { config, tokenizer, preprocessing, maxLength } = model;
  const { pretraining: settings, seed } = plan;
  const store = createFolderStore(path.join(folder, 'pretraining'));
  const log = openTrainingLog(folder);
  const sources = (split: 'train' | 'valid') =>
    inSplit(studies, split).map((study) =>
      rclipSampleSource(asStudy(study), {
        load: (file) => films.load(file),
        preprocessing,
        tokenizer,
        maxLength,
        augment: split === 'train',
        text: settings.loss === 'convirt' ? 'sentence' : 'whole',
      }),
    );
  try {
    const { best, batchesSkipped } = await trainRclip({
      ...badBatchOptions(plan),
      backend,
      config,
      weights: model.weights,
      train: sources('train'),
      valid: sources('valid'),
      settings,
      seed,
      padTokenId: tokenizer.padTokenId,
      store,
      resume: true,
      signal,
      onProgress: (event) => {
        log.listener(event);
        onProgress(event);
      },
    });
    const saved = await store.load('best');
    if (best && saved) return { weights: saved.tensors, best, batchesSkipped };
  } finally {
    log.close();
  }
  throw new DataError(
    'train.trainRclipOnStudies: expected a finite validation loss, got none; lower `learningRate` or check the studies.',
  );
}
