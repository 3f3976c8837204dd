import { ConfigError } from '@crrg/core';
import { isJsonObject, savedNumber, type Json, type SavedState } from './checkpoint-store.js';
import type { TrainPosition } from './progress.js';
import type { ScheduleState } from './schedules.js';
import type { TrainOptions } from './train-options.js';

/** Everything of a run that is not in the step or the schedule; plain JSON. */
export interface RunProgress {
  epoch: number;
  batch: number;
  batchesDone: number;
  batchesSkipped: number;
  /** Batch count of this epoch at its latest evaluation. */
  evaluatedAt: number;
  lossSum: number;
  lossCount: number;
  batchesPerEpoch: number | null;
  best: { readonly loss: number; readonly position: TrainPosition } | null;
}

/** The progress of a run that has not begun. */
export const NOTHING_DONE: Readonly<RunProgress> = {
  epoch: 0,
  batch: 0,
  batchesDone: 0,
  batchesSkipped: 0,
  evaluatedAt: 0,
  lossSum: 0,
  lossCount: 0,
  batchesPerEpoch: null,
  best: null,
};

/** What of a run is saved and restored. */
type Stateful = Pick<TrainOptions<never>, 'step' | 'schedule' | 'seed'>;

/** The JSON half of a saved run. */
interface SavedRun {
  readonly seed: number;
  readonly steps: number;
  readonly accumulated: number;
  readonly scheduleName: string;
  readonly schedule: ScheduleState;
  readonly progress: RunProgress;
}

/** Everything that a run goes on from. */
export async function exportRun(
  { step, schedule, seed }: Stateful,
  progress: RunProgress,
): Promise<SavedState> {
  const { tensors, steps, accumulated } = await step.exportState();
  const values: SavedRun = {
    seed,
    steps,
    accumulated,
    scheduleName: schedule.name,
    schedule: schedule.state(),
    progress: { ...progress },
  };
  return { tensors, values: values as unknown as Json };
}

/**
 * Puts step and schedule where the saved run stood, and gives its progress.
 * @throws {ConfigError} for a run of another seed or schedule
 */
export function restoreRun({ step, schedule, seed }: Stateful, saved: SavedState): RunProgress {
  checkResumable(saved, seed, schedule.name);
  const { steps, accumulated, schedule: state, progress } = saved.values as unknown as SavedRun;
  step.restoreState({ tensors: saved.tensors, steps, accumulated });
  schedule.restore(state);
  return { ...NOTHING_DONE, ...progress };
}

function checkResumable(saved: SavedState, seed: number, scheduleName: string): void {
  const savedSeed = savedNumber(saved.values, 'seed');
  const savedSchedule = isJsonObject(saved.values) ? saved.values['scheduleName'] : undefined;
  if (savedSeed !== seed)
    throw new ConfigError(
      `train.resume: expected seed ${savedSeed} of the saved run, got ${seed}; use the same seed or start anew.`,
    );
  if (savedSchedule === scheduleName) return;
  throw new ConfigError(
    `train.resume: expected the schedule "${String(savedSchedule)}" of the saved run, got "${scheduleName}"; use the same one or start anew.`,
  );
}
