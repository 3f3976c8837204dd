import { fieldCheck, fieldChecks } from '@crrg/core';
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

/** Shares of the studies of a split that a stage uses: the first `floor(share * n)` of them. */
export interface RrgStageShares {
  readonly train: number;
  readonly valid: number;
}

/** Settings of the three stages. */
export interface RrgPreset {
  readonly name: string;
  /** Where the values were published; nothing is computed from it. */
  readonly source: string;
  readonly stages: Readonly<Record<RrgStage, RrgStageSettings>>;
  readonly shares: Readonly<Record<RrgStage, RrgStageShares>>;
  /** Regions and background: the model's `detector.numRegions` + 1. */
  readonly numClasses: number;
  /** Longest sentence that is generated, in tokens; the tables' "token_num". */
  readonly maxSentenceTokens: number;
}

const { count, index, positive, fraction } = fieldChecks;

/** Above 0, at most 1. */
const part = fieldCheck(
  (value) => typeof value === 'number' && value > 0 && value <= 1,
  'a number above 0 and at most 1',
);

const WHOLE: SettingChecks = { numClasses: count, maxSentenceTokens: count };
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
  trainShare: part,
  validShare: part,
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
 * setting of a stage is there; `evaluateEvery` is null for "at the end of each epoch". `trainShare` and `validShare` of a stage become `shares`.
 *
 * @example
 * ```ts
 * const { stages } = parseRrgPreset(JSON.parse(await readFile('mine.json', 'utf8')));
 * ```
 * @throws {ConfigError} that names every bad, unknown or missing field
 */
export function parseRrgPreset(json: unknown): RrgPreset {
  const names = [...Object.keys(WHOLE), 'stages'];
  return readPreset(json, 'crrg/rrg-preset/1', names, (fields, { members, settings }) => {
    const present = Object.keys(WHOLE).filter((name) => Object.hasOwn(fields, name));
    const values = settings(pick(fields, present), pick(WHOLE, present), '');
    const stages = members(fields['stages'], Object.keys(CHECKS), 'stages');
    const stage = (name: RrgStage) => settings(stages[name], CHECKS[name], `stages.${name}`);
    const all = { detector: stage('detector'), classifiers: stage('classifiers'), full: stage('full') };
    return {
      name: fields['name'] as string,
      source: fields['source'] as string,
      ...(values as { numClasses: number; maxSentenceTokens: number }),
      stages: mapStages(
        all,
        ({ trainShare: _, validShare: __, ...own }) => own as unknown as RrgStageSettings,
      ),
      shares: mapStages(all, ({ trainShare, validShare }) => ({
        train: trainShare as number,
        valid: validShare as number,
      })),
    };
  });
}

const pick = <T>(fields: Readonly<Record<string, T>>, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, fields[name]!]));

function mapStages<A, B>(
  stages: Readonly<Record<RrgStage, A>>,
  change: (value: A) => B,
): Readonly<Record<RrgStage, B>> {
  return {
    detector: change(stages.detector),
    classifiers: change(stages.classifiers),
    full: change(stages.full),
  };
}

/** Which of its sources a preset's file gives for each setting of a stage. @param json as {@link parseRrgPreset} takes it, checked */
export function presetOrigins(json: unknown, stage: RrgStage): Record<string, string> {
  const { stages } = json as {
    readonly stages: Record<RrgStage, Record<string, { readonly from: string }>>;
  };
  return Object.fromEntries(Object.entries(stages[stage]).map(([name, { from }]) => [name, from]));
}

/** Names of {@link RRG_PRESETS}. */
export type RrgPresetName = 'rrg-base' | 'rrg-opt' | 'rgrg';

/**
 * Published training settings, a stage at a time.
 *
 * `rrg-base` and `rrg-opt` have epochs, batch size, learning rate, plateau and weight of selected regions of the paper's Tables 3 and 4.
 * The tables say nothing of seed, accumulation, evaluations within an epoch, the abnormality classifier and dropout: those of `rrg-opt` are
 * the authors' log's and code's (whose weight of selected regions is 2.2, not the table's 2), and `rrg-base`, of which there is no log,
 * takes the same seed and code, with one update a batch and an evaluation an epoch. The shares of the splits are those of the log. The
 * tables' number of classes belongs to the model, that of tokens to generation. `rgrg` is the reference project's. Each file under `src/presets` says where each of its values is from.
 */
export const RRG_PRESETS: Readonly<Record<RrgPresetName, RrgPreset>> = {
  'rrg-base': parseRrgPreset(rrgBase),
  'rrg-opt': parseRrgPreset(rrgOpt),
  rgrg: parseRrgPreset(rgrg),
};

/** The files that {@link RRG_PRESETS} are read from. */
export const RRG_PRESET_FILES: Readonly<Record<RrgPresetName, unknown>> = {
  'rrg-base': rrgBase,
  'rrg-opt': rrgOpt,
  rgrg,
};
