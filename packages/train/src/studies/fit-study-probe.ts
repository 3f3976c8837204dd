import { computeAuroc } from '@crrg/metrics';
import { parseRclipConfig } from '@crrg/rclip';
import type { Backend, StateDict } from '@crrg/tensor';
import type { TrainListener } from '@crrg/train-loop';
import { encodeProbeData } from '../probe/encode-probe-data.js';
import { fitProbe, type FittedProbe } from '../probe/fit-probe.js';
import type { ProbeData } from '../probe/train-probe.js';
import type { Films } from './films.js';
import { badBatchOptions, labelledFilms, type ProbePlan } from './plan.js';
import { labelNames, type TrainingSplit, type TrainingStudy } from './read-studies.js';
import type { StartEncoder } from './start-model.js';

/** A probe with what it reached. */
export interface StudyProbe extends FittedProbe {
  /** Area under the curve of every label on the validation films. */
  readonly aurocs: readonly number[];
  readonly films: { readonly train: number; readonly valid: number };
}

/** What {@link fitStudyProbe} works with. */
export interface StudyProbeOptions {
  readonly backend: Backend;
  readonly model: Pick<StartEncoder, 'config' | 'preprocessing'>;
  /** Of the encoders after pre-training. */
  readonly weights: StateDict;
  readonly films: Films;
  readonly plan: ProbePlan;
  readonly signal: AbortSignal | undefined;
  /** Called after each encoded film with how many of its pass are done. */
  readonly onFilm: (split: TrainingSplit, done: number) => void;
  readonly onProgress: TrainListener;
}

function aurocsOf({ config, validLogits }: FittedProbe, { targets }: ProbeData): number[] {
  const count = config.labels.length;
  return config.labels.map((_, label) => {
    const rows = [...new Array<number>(validLogits.length / count).keys()];
    return computeAuroc(
      rows.map((row) => targets.data[row * count + label]!),
      rows.map((row) => validLogits[row * count + label]!),
    );
  });
}

/** Trains and calibrates a probe for every label on all labelled films; undefined where no study has labels. */
export async function fitStudyProbe(
  studies: readonly TrainingStudy[],
  { backend, model, weights, films, plan, signal, onFilm, onProgress }: StudyProbeOptions,
): Promise<StudyProbe | undefined> {
  const labels = labelNames(studies);
  if (labels.length === 0) return undefined;
  const config = parseRclipConfig({ ...model.config, probe: { labels } });
  const filmsOf = (split: TrainingSplit) =>
    labelledFilms(studies, split, plan).map(({ film, study }) => ({
      film,
      targets: labels.map((name) => study.labels.get(name)!),
    }));
  const { train, valid } = await encodeProbeData({
    train: filmsOf('train'),
    valid: filmsOf('valid'),
    load: (file) => films.load(file),
    preprocessing: model.preprocessing,
    seed: plan.seed,
    backend,
    config,
    weights,
    signal,
    onFilm,
  });
  const probe = await fitProbe({
    ...badBatchOptions(plan),
    backend,
    config,
    train,
    valid,
    settings: plan.probe,
    seed: plan.seed,
    signal,
    onProgress,
  });
  const counts = { train: train[0]!.targets.shape[0]!, valid: valid.targets.shape[0]! };
  return { ...probe, aurocs: aurocsOf(probe, valid), films: counts };
}
