import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { DataError, type AbortOptions } from '@crrg/core';
import { writeFileAtomically } from '@crrg/core/node';
import type { RrgConfig } from '@crrg/pipeline';
import type { Backend, HostTensor, StateDict } from '@crrg/tensor';
import type { TrainListener, TrainResult } from '@crrg/train-loop';
import { createFolderStore, openTrainingLog } from '@crrg/train-loop/node';
import { tidyLosses, writeLossCurve } from '../loss-curve-file.js';
import { constantWeights, STAGE_NETWORKS } from '../rrg/stage-parameters.js';
import { trainRrg } from '../rrg/train-rrg.js';
import type { OnBadBatch } from '../studies/plan.js';
import { keepRunSettings, type RunSettings } from '../studies/run-settings.js';
import { hashWeights, withoutConstants } from './frozen-store.js';
import { isDescribed, isWhole, type RegionEntry, type TrainingEntries } from './read-entries.js';
import type { RegionFilms } from './region-films.js';
import { regionSampleSource, type RegionSampleOptions } from './region-samples.js';
import { badBatchRules, type StagePlan } from './stage-plan.js';

/** Batches between savings of the state, besides those at validations. */
const SAVE_EVERY = 500;

/** What {@link trainStage} works with. */
export interface TrainStageOptions extends AbortOptions {
  readonly backend: Backend;
  readonly plan: StagePlan;
  readonly onBadBatch: OnBadBatch;
  readonly config: RrgConfig;
  /** Of the networks that the stage runs. */
  readonly weights: StateDict;
  readonly entries: TrainingEntries;
  readonly films: RegionFilms;
  readonly samples: Omit<RegionSampleOptions, 'augment' | 'films'>;
  readonly trainLanguageModel: boolean;
  /** Gets states, losses and curves. */
  readonly folder: string;
  readonly onProgress: TrainListener;
}

/** What came of a stage. */
export interface TrainedStage {
  readonly plan: StagePlan;
  readonly counts: { readonly train: number; readonly valid: number };
  /** True where some study says nothing of some region. */
  readonly partial: boolean;
  readonly best: NonNullable<TrainResult['best']>;
  readonly batchesSkipped: number;
  /** Of the networks that the stage runs, at the lowest validation loss. */
  readonly weights: ReadonlyMap<string, HostTensor>;
  /** True where an earlier run had finished it. */
  readonly isKept: boolean;
}

const SCHEMA = 'crrg/train-rrg-stage/1';

/** SHA-256 of what a stage sees of the studies: films, regions, splits and their order. */
function hashEntries({ train, valid }: TrainingEntries, films: RegionFilms): string {
  const hash = createHash('sha256');
  for (const { study, file } of [...train, ...valid])
    hash.update(JSON.stringify([study.split, films.sha256Of(file), study.regions, study.report !== null]));
  return hash.digest('hex');
}

const hashJson = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** True where some study says nothing of some region. */
const isPartial = ({ train, valid }: TrainingEntries) =>
  [...train, ...valid].some(({ study }) => !isWhole(study) || !isDescribed(study));

/** Everything that the weights of a stage depend on. */
function settingsOf(options: TrainStageOptions): RunSettings {
  const { plan, config, weights, entries, films, samples, trainLanguageModel } = options;
  const networks = STAGE_NETWORKS[plan.stage].map((network) => config[network]);
  const { preprocessing, tokenizer } = samples;
  return {
    ...(JSON.parse(JSON.stringify(plan.settings)) as RunSettings),
    trainStudies: entries.train.length,
    validStudies: entries.valid.length,
    studies: hashEntries(entries, films),
    weights: hashWeights(weights),
    model: hashJson([networks, preprocessing]),
    ...(plan.stage === 'full' && {
      vocabulary: hashJson(tokenizer?.vocabulary),
      trainLanguageModel: String(trainLanguageModel),
    }),
  };
}

type Outcome = Pick<TrainedStage, 'best' | 'batchesSkipped'>;

async function readOutcome(file: string): Promise<Outcome | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Outcome);
}

async function runStage(options: TrainStageOptions, partial: boolean): Promise<Outcome> {
  const { backend, plan, config, weights, entries, films, samples, trainLanguageModel, folder, signal } =
    options;
  const { stage, settings } = plan;
  const sources = (split: readonly RegionEntry[], augment: boolean) =>
    split.map((entry) => regionSampleSource(entry, { ...samples, films, augment }));
  const store = withoutConstants(
    createFolderStore(folder),
    constantWeights(config, stage, { weights, trainLanguageModel }),
  );
  const log = openTrainingLog(folder);
  const curve = () => writeLossCurve(folder, { title: `Stage ${stage}` });
  try {
    const { best, batchesSkipped } = await trainRrg({
      ...badBatchRules(options.onBadBatch),
      ...{ backend, config, stage, weights, settings, partial, trainLanguageModel, signal },
      train: sources(entries.train, true),
      valid: sources(entries.valid, false),
      store: {
        load: (name) => store.load(name),
        save: async (name, state) => {
          await store.save(name, state);
          await curve();
        },
      },
      saveEvery: SAVE_EVERY,
      resume: true,
      onProgress: (event) => {
        log.listener(event);
        options.onProgress(event);
      },
    });
    if (best) return { best, batchesSkipped };
  } finally {
    log.close();
  }
  throw new DataError(
    `train.trainRrgOnStudies: expected a finite validation loss in the stage ${stage}, got none; lower \`learningRate\` or check the studies.`,
  );
}

/**
 * Trains one stage in its folder, goes on where an earlier run stopped, or takes what an earlier run finished.
 * @throws {ConfigError} where the folder has a run of other settings
 * @throws {DataError} where no validation loss was finite
 */
export async function trainStage(options: TrainStageOptions): Promise<TrainedStage> {
  const { plan, config, weights, entries, trainLanguageModel, folder } = options;
  const partial = isPartial(entries);
  await keepRunSettings(path.join(folder, 'run.json'), settingsOf(options), SCHEMA);
  const outcomeFile = path.join(folder, 'outcome.json');
  const finished = await readOutcome(outcomeFile);
  const outcome = finished ?? (await runStage(options, partial));
  const constants = constantWeights(config, plan.stage, { weights, trainLanguageModel });
  const saved = await withoutConstants(createFolderStore(folder), constants).load('best');
  if (!saved)
    throw new DataError(
      `train.trainRrgOnStudies: expected best.safetensors in ${folder}, got none; begin anew with another \`out\`.`,
    );
  if (!finished) {
    await tidyLosses(folder);
    await writeLossCurve(folder, { title: `Stage ${plan.stage}` });
    await writeFileAtomically(outcomeFile, `${JSON.stringify(outcome, undefined, 2)}\n`);
  }
  return {
    ...outcome,
    ...{ plan, partial, weights: saved.tensors, isKept: finished !== undefined },
    counts: { train: entries.train.length, valid: entries.valid.length },
  };
}
