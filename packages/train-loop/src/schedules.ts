import { ConfigError } from '@crrg/core';

/** JSON-serialisable state of a {@link Schedule}. */
export type ScheduleState = Readonly<Record<string, number | null>>;

/** Gives the learning rate; told of every optimizer step and every evaluation. */
export interface Schedule {
  readonly name: string;
  /** The rate of the next optimizer step. */
  learningRate(): number;
  /** After an optimizer step. */
  stepped(): void;
  /** After an evaluation with this validation loss. */
  evaluated(loss: number): void;
  state(): ScheduleState;
  /** @throws {ConfigError} for a state of another kind of schedule */
  restore(state: ScheduleState): void;
}

/** The same rate throughout. */
export function constantSchedule(learningRate: number): Schedule {
  return {
    name: 'constant',
    learningRate: () => learningRate,
    stepped: () => undefined,
    evaluated: () => undefined,
    state: () => ({}),
    restore: () => undefined,
  };
}

function requireRate(where: string, learningRate: number): void {
  if (Number.isFinite(learningRate) && learningRate >= 0) return;
  throw new ConfigError(
    `train.${where}: expected a learning rate of at least 0, got ${learningRate}; give a number.`,
  );
}

/** Settings of {@link reduceOnPlateau}. */
export interface PlateauOptions {
  readonly learningRate: number;
  /** @defaultValue 0.5 */ readonly factor?: number | undefined;
  /** Evaluations without improvement that are borne before a reduction. @defaultValue 5 */ readonly patience?:
    number | undefined;
  /** Evaluations after a reduction during which none counts as bad. @defaultValue 5 */ readonly cooldown?:
    number | undefined;
  /** A loss improves when it is below `best * (1 - threshold)`. @defaultValue 1e-3 */ readonly threshold?:
    number | undefined;
  /** @defaultValue 0 */ readonly minLearningRate?: number | undefined;
}

/** A reduction smaller than this is not made. */
const SMALLEST_REDUCTION = 1e-8;

/**
 * Reduces the rate when the validation loss stops falling: minimum mode, relative threshold, one step per evaluation;
 * NaN counts as no improvement. Source: `torch.optim.lr_scheduler.ReduceLROnPlateau`.
 * @throws {ConfigError} for a factor outside (0, 1), or a rate that is no number from 0
 */
export function reduceOnPlateau(options: PlateauOptions): Schedule {
  const { factor = 0.5, patience = 5, cooldown = 5, threshold = 1e-3, minLearningRate = 0 } = options;
  requireRate('reduceOnPlateau', options.learningRate);
  if (!(factor > 0 && factor < 1))
    throw new ConfigError(`train.reduceOnPlateau: factor must be in (0, 1), got ${factor}; use 0.5.`);
  let state = { learningRate: options.learningRate, best: Infinity, badEvaluations: 0, cooldownLeft: 0 };
  const reduced = () => {
    const next = Math.max(state.learningRate * factor, minLearningRate);
    return state.learningRate - next > SMALLEST_REDUCTION ? next : state.learningRate;
  };
  return {
    name: 'reduce-on-plateau',
    learningRate: () => state.learningRate,
    stepped: () => undefined,
    evaluated: (loss) => {
      const improved = loss < state.best * (1 - threshold);
      state = {
        ...state,
        best: improved ? loss : state.best,
        badEvaluations: improved ? 0 : state.badEvaluations + 1,
      };
      if (state.cooldownLeft > 0)
        state = { ...state, cooldownLeft: state.cooldownLeft - 1, badEvaluations: 0 };
      if (state.badEvaluations > patience)
        state = { ...state, learningRate: reduced(), cooldownLeft: cooldown, badEvaluations: 0 };
    },
    state: () => ({ ...state, best: Number.isFinite(state.best) ? state.best : null }),
    restore: (saved) => {
      state = {
        learningRate: numberOf(saved, 'learningRate'),
        best: saved['best'] === null ? Infinity : numberOf(saved, 'best'),
        badEvaluations: numberOf(saved, 'badEvaluations'),
        cooldownLeft: numberOf(saved, 'cooldownLeft'),
      };
    },
  };
}

/** Settings of {@link stepDecay}. */
export interface StepDecayOptions {
  readonly learningRate: number;
  /** The rate is multiplied by this each time. */
  readonly factor: number;
  /** Optimizer steps between decays; those of an epoch for one each epoch. */
  readonly everySteps: number;
}

/**
 * The rate times `factor` after every so many steps. Source: `torch.optim.lr_scheduler.StepLR`.
 * @throws {ConfigError} for a factor outside (0, 1], steps that are none, a rate that is no number from 0, or a saved state of a run of
 * other settings
 */
export function stepDecay(options: StepDecayOptions): Schedule {
  const { learningRate, factor, everySteps } = options;
  requireRate('stepDecay', learningRate);
  if (!(factor > 0 && factor <= 1 && Number.isSafeInteger(everySteps) && everySteps >= 1))
    throw new ConfigError(
      `train.stepDecay: expected a factor in (0, 1] after at least 1 step, got ${factor} and ${everySteps}; use 0.8 and the steps of an epoch.`,
    );
  const shape = { learningRate, factor, everySteps };
  let step = 0;
  return {
    name: 'step-decay',
    learningRate: () => learningRate * factor ** Math.floor(step / everySteps),
    stepped: () => void step++,
    evaluated: () => undefined,
    state: () => ({ ...shape, step }),
    restore: (saved) => {
      requireSameShape('stepDecay', saved, shape);
      step = numberOf(saved, 'step');
    },
  };
}

/** Settings of {@link warmupCosine}. */
export interface WarmupCosineOptions {
  /** The rate at the end of the warm-up. */
  readonly learningRate: number;
  readonly totalSteps: number;
  /** Steps of the linear rise from 0; a number that is not whole is a fraction of `totalSteps`, rounded up. @defaultValue 0 */
  readonly warmupSteps?: number | undefined;
}

/**
 * Linear rise from 0, then `cos²` to 0 at `totalSteps`; the first step of a warm-up has rate 0.
 * Source: the schedule of CXR-CLIP (You et al., MICCAI 2023), which the CRRG-CLIP paper's contrastive training keeps.
 * @throws {ConfigError} for numbers of steps that are none, a rate that is no number from 0, or a saved state of a run of other settings
 */
export function warmupCosine(options: WarmupCosineOptions): Schedule {
  const { learningRate, totalSteps, warmupSteps = 0 } = options;
  requireRate('warmupCosine', learningRate);
  if (!(Number.isFinite(totalSteps) && totalSteps >= 1 && Number.isFinite(warmupSteps) && warmupSteps >= 0))
    throw new ConfigError(
      `train.warmupCosine: expected at least 1 step in total and 0 of warm-up, got ${totalSteps} and ${warmupSteps}; give the steps of the run.`,
    );
  const warmup = Number.isInteger(warmupSteps) ? warmupSteps : Math.ceil(warmupSteps * totalSteps);
  const shape = { learningRate, totalSteps, warmup };
  let step = 0;
  const multiplier = () => {
    if (step < warmup) return step / warmup;
    return Math.cos(((step - warmup) / (totalSteps - warmup)) * (Math.PI / 2)) ** 2;
  };
  return {
    name: 'warmup-cosine',
    learningRate: () => learningRate * multiplier(),
    stepped: () => void step++,
    evaluated: () => undefined,
    state: () => ({ ...shape, step }),
    restore: (saved) => {
      requireSameShape('warmupCosine', saved, shape);
      step = numberOf(saved, 'step');
    },
  };
}

/** @throws {ConfigError} where a saved schedule was made with other settings */
function requireSameShape(name: string, saved: ScheduleState, shape: Readonly<Record<string, number>>): void {
  for (const [field, value] of Object.entries(shape))
    if (saved[field] !== undefined && saved[field] !== value)
      throw new ConfigError(
        `train.${name}: expected ${field} ${saved[field]} of the saved run, got ${value}; repeat its settings or start anew.`,
      );
}

function numberOf(state: ScheduleState, field: string): number {
  const value = state[field];
  if (typeof value === 'number') return value;
  throw new ConfigError(
    `train.schedule: expected a saved number "${field}", got ${String(value)}; resume with the schedule that the run started with.`,
  );
}
