import { readFile } from 'node:fs/promises';
import { ConfigError } from '@crrg/core';
import type { RrgStage } from '../rrg/rrg-losses.js';
import {
  parseRrgPreset,
  presetOrigins,
  RRG_PRESET_FILES,
  RRG_PRESETS,
  type RrgPreset,
  type RrgPresetName,
  type RrgStageSettings,
} from '../rrg/rrg-presets.js';
import type { OnBadBatch } from '../studies/plan.js';
import type { RegionEntry, TrainingEntries } from './read-entries.js';

const WHERE = 'train.trainRrgOnStudies';

/** The stages in their order. */
export const RRG_STAGES: readonly RrgStage[] = ['detector', 'classifiers', 'full'];

/** One value for all stages, or one for each stage that is named. */
export type PerStage<T> = T | { readonly [Stage in RrgStage]?: T | undefined };

/** How to train: a preset, and what goes before its values. */
export interface RrgPlanOptions {
  /** One stage, or several that follow each other. @defaultValue all three */
  readonly stages?: readonly RrgStage[] | undefined;
  /** A name, or a file as `parseRrgPreset` takes it. @defaultValue 'rrg-base' */
  readonly preset?: RrgPresetName | (string & {}) | undefined;
  readonly epochs?: PerStage<number> | undefined;
  readonly batchSize?: PerStage<number> | undefined;
  readonly learningRate?: PerStage<number> | undefined;
  /** Batches whose gradients are summed before an update. */
  readonly accumulate?: PerStage<number> | undefined;
  /** Batches between validations, besides those at the end of each epoch. */
  readonly evaluateEvery?: PerStage<number> | undefined;
  readonly seed?: PerStage<number> | undefined;
  /** Share of the studies of the split train: the first ones, rounded down. */
  readonly share?: PerStage<number> | undefined;
  /** The same of the split valid. */
  readonly validShare?: PerStage<number> | undefined;
  /** The first so many studies of the split train, instead of a share. */
  readonly firstRows?: PerStage<number> | undefined;
  /** @defaultValue 'stop' */
  readonly onBadBatch?: OnBadBatch | undefined;
}

/** What was asked for of one stage, with every default in place. */
export interface StagePlan {
  readonly stage: RrgStage;
  readonly settings: RrgStageSettings & { readonly seed: number };
  readonly share: number;
  readonly validShare: number;
  readonly firstRows: number | undefined;
  /** Where each setting is from: a source of the preset, or `this run`. */
  readonly origins: Readonly<Record<string, string>>;
}

/** What was asked for, with every default in place. */
export interface RrgPlan {
  readonly preset: RrgPreset;
  readonly stages: readonly StagePlan[];
  readonly onBadBatch: OnBadBatch;
}

const isName = (preset: string): preset is RrgPresetName => Object.hasOwn(RRG_PRESETS, preset);

async function readPresetFile(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ConfigError(
      `${WHERE}: expected \`preset\` of ${Object.keys(RRG_PRESETS).join(', ')} or a file, got ${JSON.stringify(file)}; check the name.`,
      { cause },
    );
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(
      `${WHERE}: \`preset\`: expected JSON in ${file}, got another text; correct the file.`,
      {
        cause,
      },
    );
  }
}

/** The value for a stage; undefined where none was given. */
function valueOf<T>(value: PerStage<T> | undefined, stage: RrgStage): T | undefined {
  if (typeof value !== 'object' || value === null) return value as T | undefined;
  return (value as { readonly [Stage in RrgStage]?: T })[stage];
}

const isCount = (value: number) => Number.isSafeInteger(value) && value >= 1;
const RULES: Readonly<Record<string, readonly [(value: number) => boolean, string]>> = {
  epochs: [isCount, 'a whole number from 1'],
  batchSize: [isCount, 'a whole number from 1'],
  accumulate: [isCount, 'a whole number from 1'],
  evaluateEvery: [isCount, 'a whole number from 1'],
  firstRows: [isCount, 'a whole number from 1'],
  learningRate: [(value) => Number.isFinite(value) && value > 0, 'a number above 0'],
  share: [(value) => value > 0 && value <= 1, 'a number above 0 and at most 1'],
  validShare: [(value) => value > 0 && value <= 1, 'a number above 0 and at most 1'],
  seed: [(value) => Number.isSafeInteger(value) && value >= 0, 'a whole number'],
};

type Given = Readonly<Record<string, number>>;

/** What the options say of a stage, checked. */
function givenFor(options: RrgPlanOptions, stage: RrgStage): Given {
  const values: Record<string, number> = {};
  for (const [name, [isGood, expected]] of Object.entries(RULES)) {
    const value = valueOf(options[name as 'epochs'], stage);
    if (value === undefined) continue;
    if (!isGood(value))
      throw new ConfigError(`${WHERE}: expected ${expected} for \`${name}\`, got ${value}; correct it.`);
    values[name] = value;
  }
  return values;
}

function stagePlan(preset: RrgPreset, json: unknown, stage: RrgStage, given: Given): StagePlan {
  const {
    share = preset.shares[stage].train,
    validShare = preset.shares[stage].valid,
    firstRows,
    ...own
  } = given;
  const settings = { ...preset.stages[stage], ...own };
  const { trainShare, ...origins } = presetOrigins(json, stage);
  const theirs = { share: trainShare!, ...origins };
  const ours = Object.fromEntries(Object.keys(given).map((name) => [name, 'this run']));
  return {
    stage,
    settings: settings as StagePlan['settings'],
    share,
    validShare,
    firstRows,
    origins: { ...theirs, ...ours },
  };
}

/** Whether the stages come in their order, without a gap. */
function checkStages(stages: readonly RrgStage[]): void {
  const first = RRG_STAGES.indexOf(stages[0]!);
  const expected = RRG_STAGES.slice(first, first + stages.length);
  if (stages.length > 0 && first >= 0 && stages.join() === expected.join()) return;
  throw new ConfigError(
    `${WHERE}: expected \`stages\` that follow each other of ${RRG_STAGES.join(', ')}, got ${stages.join(', ') || 'none'}; name one or several.`,
  );
}

/** @throws {ConfigError} for a preset that is not there or not complete, and for options that are not valid */
export async function rrgPlanOf(options: RrgPlanOptions): Promise<RrgPlan> {
  const { preset: name = 'rrg-base', stages = RRG_STAGES, onBadBatch = 'stop' } = options;
  checkStages(stages);
  const json = isName(name) ? RRG_PRESET_FILES[name] : await readPresetFile(name);
  const preset = parseRrgPreset(json);
  return {
    preset,
    stages: stages.map((stage) => stagePlan(preset, json, stage, givenFor(options, stage))),
    onBadBatch,
  };
}

/** How the training function is told of {@link RrgPlan.onBadBatch}. */
export const badBatchRules = (onBadBatch: OnBadBatch) =>
  onBadBatch === 'skip' ? ({ onNonFinite: 'skip', skipOnError: () => true } as const) : {};

/**
 * The studies that a stage uses: the first rows of a split, `floor(share * n)` of them, as the reference takes the first rows of its tables.
 * @throws {ConfigError} where a split has none
 */
export function entriesOf(entries: readonly RegionEntry[], plan: StagePlan): TrainingEntries {
  const take = (split: 'train' | 'valid', option: string, count: (all: number) => number) => {
    const all = entries.filter(({ study }) => study.split === split);
    const taken = all.slice(0, count(all.length));
    if (taken.length > 0) return taken;
    throw new ConfigError(
      `${WHERE}: expected at least one study of the split ${split} for the stage ${plan.stage}, got none of ${all.length}; give studies or a larger \`${option}\`.`,
    );
  };
  return {
    train: take('train', 'share', (all) => plan.firstRows ?? Math.floor(plan.share * all)),
    valid: take('valid', 'validShare', (all) => Math.floor(plan.validShare * all)),
  };
}
