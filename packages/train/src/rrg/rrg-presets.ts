import { fieldChecks } from '@crrg/core';
import rgrg from '../presets/rgrg.json' with { type: 'json' };
import rrgBase from '../presets/rrg-base.json' with { type: 'json' };
import rrgOpt from '../presets/rrg-opt.json' with { type: 'json' };
import { countOrNull, readPreset, share, type SettingChecks } from '../presets/sourced-fields.js';
import type { RrgStage } from './rrg-losses.js';

/** How one stage is trained. */
export interface RrgStageSettings {
  /** Of everything that is drawn at random, where `trainRrg` is not given another one. */
  readonly seed?: number | undefined;
  readonly epochs: number;
  readonly batchSize: number;
  /** Batches whose gradients are summed before an update. */
  readonly accumulate: number;
  readonly learningRate: number;
  /** Reduce on plateau: share that is kept, evaluations borne, evaluations of rest. */
  readonly factor: number;
  readonly patience: number;
  readonly cooldown: number;
  /** Batches between evaluations; undefined: at the end of each epoch. */
  readonly evaluateEvery?: number | undefined;
  /** Share of GPT-2's activations that the full stage drops. @defaultValue 0 */
  readonly dropout?: number | undefined;
  /** Weight of "has a phrase" in the loss of the region selection. @defaultValue that of the model's configuration */
  readonly selectionPosWeight?: number | undefined;
  /** Weight of "abnormal" in the loss of the abnormality classifier. @defaultValue that of the model's configuration */
  readonly abnormalityPosWeight?: number | undefined;
}

/** Settings of the three stages. */
export interface RrgPreset {
  /** Where the values were published; nothing is computed from it. */
  readonly source: string;
  readonly stages: Readonly<Record<RrgStage, RrgStageSettings>>;
}

const { count, index, positive, fraction } = fieldChecks;

const DETECTOR: SettingChecks = {
  seed: index,
  epochs: count,
  batchSize: count,
  accumulate: count,
  learningRate: positive,
  factor: fraction,
  patience: index,
  cooldown: index,
  evaluateEvery: countOrNull,
};
const CLASSIFIERS: SettingChecks = {
  ...DETECTOR,
  selectionPosWeight: positive,
  abnormalityPosWeight: positive,
};
const CHECKS: Readonly<Record<RrgStage, SettingChecks>> = {
  detector: DETECTOR,
  classifiers: CLASSIFIERS,
  full: { ...CLASSIFIERS, dropout: share },
};

/**
 * A preset from JSON, as the files under `src/presets` are: each setting `{ "value", "from" }`, `from` being one of the file's `sources`. Every
 * setting of a stage is there; `evaluateEvery` is null for "at the end of each epoch".
 *
 * @example
 * ```ts
 * const { stages } = parseRrgPreset(JSON.parse(await readFile('mine.json', 'utf8')));
 * ```
 * @throws {ConfigError} that names every bad, unknown or missing field
 */
export function parseRrgPreset(json: unknown): RrgPreset {
  return readPreset(json, 'crrg/rrg-preset/1', ['stages'], (fields, { members, settings }) => {
    const stages = members(fields['stages'], Object.keys(CHECKS), 'stages');
    const stage = (name: RrgStage) =>
      settings(stages[name], CHECKS[name], `stages.${name}`) as unknown as RrgStageSettings;
    return {
      source: fields['source'] as string,
      stages: { detector: stage('detector'), classifiers: stage('classifiers'), full: stage('full') },
    };
  });
}

/** Names of {@link RRG_PRESETS}. */
export type RrgPresetName = 'rrg-base' | 'rrg-opt' | 'rgrg';

/**
 * Published training settings, a stage at a time.
 *
 * `rrg-base` and `rrg-opt` have epochs, batch size, learning rate, plateau and weight of selected regions of the paper's Tables 3 and 4.
 * The tables say nothing of seed, accumulation, evaluations within an epoch, the abnormality classifier and dropout: those of `rrg-opt` are
 * the authors' log's and code's (whose weight of selected regions is 2.2, not the table's 2), and `rrg-base`, of which there is no log,
 * takes the same seed and code, with one update a batch and an evaluation an epoch. The tables' numbers of classes and tokens belong to
 * the model and to generation. `rgrg` is the reference project's. Each file under `src/presets` says where each of its values is from.
 */
export const RRG_PRESETS: Readonly<Record<RrgPresetName, RrgPreset>> = {
  'rrg-base': parseRrgPreset(rrgBase),
  'rrg-opt': parseRrgPreset(rrgOpt),
  rgrg: parseRrgPreset(rgrg),
};
