import { createRandom } from '@crrg/core';
import { computeAuroc } from '@crrg/metrics';
import { encodeFilms, fitProbe, type FittedProbe, type ProbeData } from '@crrg/train';
import { parseRclipConfig } from '@crrg/rclip';
import type { Backend, StateDict } from '@crrg/tensor';
import { trainingProgress } from '../format/training-text.js';
import type { ProgressLine } from '../format/progress-line.js';
import type { Films } from './films.js';
import { badBatchOptions, inSplit, labelledOnly, type TrainingPlan } from './plan.js';
import { probeFilms } from './samples.js';
import type { StartModel } from './start-model.js';
import { labelNames, type TrainingStudy } from './studies.js';

/** Differently changed copies of each training film that the probe sees in turn. */
const AUGMENTED_PASSES = 4;

/** A probe with what it reached. */
export interface StudyProbe extends FittedProbe {
  /** Area under the curve of every label on the validation films. */
  readonly aurocs: readonly number[];
  readonly films: { readonly train: number; readonly valid: number };
}

/** What {@link fitStudyProbe} works with. */
export interface StudyProbeOptions {
  readonly backend: Backend;
  readonly model: StartModel;
  /** Of the encoders after pre-training. */
  readonly weights: StateDict;
  readonly films: Films;
  readonly plan: TrainingPlan;
  readonly signal: AbortSignal | undefined;
  readonly progress: ProgressLine;
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
  { backend, model, weights, films, plan, signal, progress }: StudyProbeOptions,
): Promise<StudyProbe | undefined> {
  const labels = labelNames(studies);
  if (labels.length === 0) return undefined;
  const labelled = labelledOnly(studies);
  const input = { films, preprocessing: model.preprocessing };
  const config = parseRclipConfig({ ...model.config, probe: { labels } });
  const encode = (split: 'train' | 'valid', random?: ReturnType<typeof createRandom>) =>
    encodeFilms(probeFilms(inSplit(labelled, split), labels, input, random), {
      backend,
      config,
      weights,
      signal,
      onFilm: (done) => progress.show(`encoding films of the split ${split}  ${done}`, true),
    });
  const random = createRandom(plan.seed);
  const train: ProbeData[] = [];
  for (let pass = 0; pass < AUGMENTED_PASSES; pass++) train.push(await encode('train', random));
  const valid = await encode('valid');
  const probe = await fitProbe({
    ...badBatchOptions(plan),
    backend,
    config,
    train,
    valid,
    settings: plan.probe,
    seed: plan.seed,
    signal,
    onProgress: trainingProgress(progress, 'probe', plan.probe.epochs),
  });
  const counts = { train: train[0]!.targets.shape[0]!, valid: valid.targets.shape[0]! };
  return { ...probe, aurocs: aurocsOf(probe, valid), films: counts };
}
