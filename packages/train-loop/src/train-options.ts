import type { AbortOptions, Random } from '@crrg/core';
import type { RunInput } from '@crrg/tensor';
import type { BatchSource } from './batch-source.js';
import type { CheckpointStore } from './checkpoint-store.js';
import type { TrainListener, TrainPosition } from './progress.js';
import type { Schedule } from './schedules.js';
import type { BatchInputs, TrainStep } from './step-contract.js';

/** What {@link TrainOptions.prepare} may use. */
export interface BatchContext extends AbortOptions {
  readonly position: TrainPosition;
  /** Depends only on the seed, the epoch and the batch. */
  readonly random: Random;
  /** Borrowed; see {@link TrainStep.parameters}. */
  readonly parameters: Readonly<Record<string, RunInput>>;
}

/** What {@link TrainOptions.evaluate} may use. */
export interface EvaluationContext extends AbortOptions {
  readonly position: TrainPosition;
  /** The same numbers at every evaluation, so that losses compare. */
  readonly random: Random;
  /** Borrowed; see {@link TrainStep.parameters}. */
  readonly parameters: Readonly<Record<string, RunInput>>;
}

type Prepared = BatchInputs | readonly BatchInputs[] | undefined;

/** How `train` runs. */
export interface TrainOptions<Batch> extends AbortOptions {
  /** Borrowed: not disposed. */
  readonly step: TrainStep;
  /** The batches of one epoch in order. Must give the same ones whenever called with the same epoch and generator. */
  readonly data: (
    epoch: number,
    random: Random,
  ) => AsyncIterable<BatchSource<Batch>> | Iterable<BatchSource<Batch>>;
  /** Host work between batch and graph, such as choosing samples; what {@link TrainStep.run} takes, or undefined, which skips the batch. */
  readonly prepare: (batch: Batch, context: BatchContext) => Prepared | Promise<Prepared>;
  /** The validation loss of the current parameters, with metrics to report. @defaultValue no evaluation */
  readonly evaluate?:
    | ((
        context: EvaluationContext,
      ) => Promise<{ loss: number; metrics?: Record<string, number> | undefined }>)
    | undefined;
  readonly schedule: Schedule;
  readonly epochs: number;
  /** Batches between evaluations; one more comes at the end of each epoch. @defaultValue only at the end of each epoch */
  readonly evaluateEvery?: number | undefined;
  /** For the time left in the first epoch. @defaultValue learned from the first epoch */
  readonly batchesPerEpoch?: number | undefined;
  readonly seed: number;
  /** Gets `last` (everything, to go on from) and `best` (parameters at the lowest validation loss). @defaultValue nothing is saved */
  readonly store?: CheckpointStore | undefined;
  /** Batches between savings of `last`, besides those at evaluations. @defaultValue none */
  readonly saveEvery?: number | undefined;
  /** Goes on from `last` where the store has it. @defaultValue false */
  readonly resume?: boolean | undefined;
  /** Called when a batch fails, for example for want of memory: true skips it. @defaultValue fails */
  readonly skipOnError?: ((error: unknown) => boolean) | undefined;
  readonly onProgress?: TrainListener | undefined;
  /** Milliseconds, for durations. @defaultValue Date.now */
  readonly clock?: (() => number) | undefined;
}

/** How training ended. */
export interface TrainResult {
  readonly epochs: number;
  readonly steps: number;
  /** Batches without effect: nothing to train on, a loss that is not finite, or an error that was to be skipped. */
  readonly batchesSkipped: number;
  /** Undefined where nothing was evaluated. */
  readonly best: { readonly loss: number; readonly position: TrainPosition } | undefined;
}
