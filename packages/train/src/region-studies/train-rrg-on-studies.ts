import path from 'node:path';
import { ANATOMICAL_REGIONS, ConfigError, type AbortOptions } from '@crrg/core';
import type { RegionStudy } from '@crrg/datasets';
import { countParameters, type HostTensor } from '@crrg/tensor';
import { networkSpecs, STAGE_NETWORKS } from '../rrg/stage-parameters.js';
import { openBackend, takeRunFolder, type RunEngineOptions } from '../studies/run-resources.js';
import { isWhole, readEntries, type RegionEntry, type TrainingEntries } from './read-entries.js';
import { openRegionFilms, type RegionFilms } from './region-films.js';
import { entriesOf, rrgPlanOf, type RrgPlan, type RrgPlanOptions, type StagePlan } from './stage-plan.js';
import { loadRrgStart, type RrgStartModel, type RrgStartOptions } from './start-report-model.js';
import { trainStage, type TrainedStage } from './train-stage.js';
import type { RegionTrainingListener } from './training-events.js';
import { writeReportBundle, type RrgTrainingResult } from './write-report-bundle.js';

const WHERE = 'train.trainRrgOnStudies';

/** How {@link trainRrgOnStudies} trains: where it starts, with what settings, and where it writes. */
export interface RrgOnStudiesOptions extends RrgPlanOptions, RrgStartOptions, RunEngineOptions, AbortOptions {
  /** A folder for this run alone: a folder a stage, and the bundle (`model/`). */
  readonly out: string;
  /** Films in doubt are refused. @defaultValue false */
  readonly strict?: boolean | undefined;
  /** Of films that stay in memory at the network's size; the others are read again. @defaultValue 1 GiB */
  readonly memoryBytes?: number | undefined;
  /** What the bundle and its model card call the maker. @defaultValue 'trainRrgOnStudies' */
  readonly source?: string | undefined;
  readonly onProgress?: RegionTrainingListener | undefined;
}

/** A stage with the studies that it uses. */
interface StageWork {
  readonly plan: StagePlan;
  readonly entries: TrainingEntries;
}

interface Run {
  readonly options: RrgOnStudiesOptions;
  readonly plan: RrgPlan;
  readonly work: readonly StageWork[];
  readonly tell: RegionTrainingListener;
}

function* phrasesOf(entries: readonly RegionEntry[]): Generator<string> {
  for (const { study } of entries) for (const { text } of study.regions) if (text !== '') yield text;
}

/** @throws {ConfigError} where the model has other regions than the studies or the preset */
function requireRegions({ config }: RrgStartModel, { preset }: RrgPlan): void {
  const { numRegions } = config.detector;
  if (numRegions === ANATOMICAL_REGIONS.length && numRegions + 1 === preset.numClasses) return;
  throw new ConfigError(
    `${WHERE}: expected a model of the ${ANATOMICAL_REGIONS.length} regions of the studies and the preset's ${preset.numClasses} classes, got ${numRegions} regions; change \`config\` or \`preset\`.`,
  );
}

async function loadStartModel({ options, plan, work, tell }: Run): Promise<RrgStartModel> {
  const last = work.at(-1)!;
  const { seed } = plan.stages[0]!.settings;
  const start = await loadRrgStart(options, {
    seed,
    networks: STAGE_NETWORKS[last.plan.stage],
    phrases: () => phrasesOf(last.entries.train),
    signal: options.signal,
    onProgress: tell,
  });
  requireRegions(start, plan);
  const { name, fresh, dropped, trainLanguageModel, vocabulary, isNewVocabulary } = start;
  tell({
    type: 'start-model',
    ...{ name, fresh, dropped, seed },
    vocabularySize: isNewVocabulary ? Object.keys(vocabulary!.vocab).length : undefined,
    trainLanguageModel: trainLanguageModel && last.plan.stage === 'full',
    languageModelSize:
      last.plan.stage === 'full' ? countParameters(networkSpecs(start.config, ['reportGen'])) : undefined,
  });
  return start;
}

async function openFilms({ options, work, tell }: Run, { config }: RrgStartModel): Promise<RegionFilms> {
  const { signal, strict, memoryBytes } = options;
  const used = [...new Set(work.flatMap(({ entries }) => [...entries.train, ...entries.valid]))];
  const films = await openRegionFilms(used, {
    ...{ signal, strict, memoryBytes },
    size: config.detector.imageSize,
    index: path.join(options.out, 'films.jsonl'),
    onFilm: (done, total) => tell({ type: 'film-read', done, total }),
    onDoubts: (subject, doubts) => tell({ type: 'film-doubts', subject, doubts }),
  });
  tell({ type: 'films-end', total: used.length });
  return films;
}

/** Counts the phrases that the language model cannot read to the end. */
function tellCutPhrases({ work, tell }: Run, { config, tokenizer }: RrgStartModel): void {
  if (!tokenizer) return;
  const { numPositions } = config.reportGen;
  const { entries } = work.at(-1)!;
  let count = 0;
  for (const phrase of phrasesOf([...entries.train, ...entries.valid]))
    if (tokenizer.encodeSentence(phrase).length > numPositions) count++;
  if (count > 0) tell({ type: 'phrases-cut', count, maxLength: numPositions });
}

const isOf = (stage: StagePlan['stage']) => (name: string) =>
  STAGE_NETWORKS[stage].some((network) => name.startsWith(`${network}.`));

/** The weights that a stage starts with: the best of the stage before, and those of the start. */
function stageWeights(
  { stage }: StagePlan,
  start: RrgStartModel,
  before: TrainedStage | undefined,
): Map<string, HostTensor> {
  const all = new Map([...start.weights, ...(before?.weights ?? [])]);
  return new Map([...all].filter(([name]) => isOf(stage)(name)));
}

async function trainStages(run: Run, start: RrgStartModel, films: RegionFilms): Promise<TrainedStage[]> {
  const { options, plan, work, tell } = run;
  const { config, preprocessing, tokenizer, trainLanguageModel } = start;
  const { backend, release } = await openBackend(options);
  const trained: TrainedStage[] = [];
  try {
    for (const { plan: stagePlan, entries } of work) {
      const { stage, settings } = stagePlan;
      const partial = [...entries.train, ...entries.valid].filter(({ study }) => !isWhole(study)).length;
      const counts = { train: entries.train.length, valid: entries.valid.length };
      tell({ type: 'training-start', stage, ...counts, partial });
      const done = await trainStage({
        ...{ backend, plan: stagePlan, onBadBatch: plan.onBadBatch, config, entries, films },
        weights: stageWeights(stagePlan, start, trained.at(-1)),
        samples: { preprocessing, tokenizer, maxLength: config.reportGen.numPositions },
        trainLanguageModel,
        folder: path.join(options.out, stage),
        signal: options.signal,
        onProgress: (event) => tell({ type: 'training', stage, epochs: settings.epochs, event }),
      });
      tell({ type: 'training-end', stage, isKept: done.isKept, loss: done.best.loss });
      trained.push(done);
    }
  } finally {
    release();
  }
  return trained;
}

/**
 * Trains the report model on region studies, a stage or several one after the other, each from the best by validation of the one before, and
 * writes a bundle: a whole report model after the stage `full`, else the part `detector` or `selector`, which the next stage can start from. A
 * stopped run goes on when it is called again with the same options and ends with the same bytes; finished stages are not repeated.
 * Regions that a study does not list are ignored (docs/reference/training.md#regions-that-were-not-annotated).
 * @param studies a JSONL file of region studies, or studies
 *
 * @example
 * ```ts
 * const { bundle } = await trainRrgOnStudies('studies.jsonl', {
 *   stages: ['detector'], preset: 'rrg-opt', start: ['models/resnet50'], out: 'runs/detector',
 * });
 * ```
 * @throws {InputErrors} that name the line of every study or film that cannot be used
 * @throws {ConfigError} for options that do not fit each other, the studies, or an earlier run in the folder
 * @throws {DataError} where no validation loss was finite
 */
export async function trainRrgOnStudies(
  studies: string | readonly RegionStudy[],
  options: RrgOnStudiesOptions,
): Promise<RrgTrainingResult & { readonly bundle: string }> {
  const { signal, out, onProgress = () => undefined, source = 'trainRrgOnStudies' } = options;
  const plan = await rrgPlanOf(options);
  const entries = await readEntries(studies, { signal });
  const work = plan.stages.map((stage) => ({ plan: stage, entries: entriesOf(entries, stage) }));
  const lock = await takeRunFolder(out, WHERE);
  try {
    const run = { options, plan, work, tell: onProgress };
    const numTest = entries.filter(({ study }) => study.split === 'test').length;
    if (numTest > 0) onProgress({ type: 'test-studies', count: numTest, total: entries.length });
    const start = await loadStartModel(run);
    const films = await openFilms(run, start);
    tellCutPhrases(run, start);
    const result = { plan, start, stages: await trainStages(run, start, films) };
    return { ...result, bundle: await writeReportBundle(out, result, source) };
  } finally {
    await lock.release();
  }
}
