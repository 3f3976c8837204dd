import { ConfigError, DataError, createRandom, type AbortOptions, type Random } from '@crrg/core';
import type { RunInput } from '@crrg/tensor';
import { upcoming, type BatchSource } from './batch-source.js';
import {
  isJsonObject,
  savedNumber,
  type CheckpointStore,
  type Json,
  type SavedState,
} from './checkpoint-store.js';
import { createTimeEstimate, type TrainListener, type TrainPosition } from './progress.js';
import type { Schedule, ScheduleState } from './schedules.js';
import type { StepResult, TrainStep } from './step-contract.js';

/** The tensors of one batch by input name. */
export type BatchInputs = Readonly<Record<string, RunInput>>;

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

/** How {@link train} runs. */
export interface TrainOptions<Batch> extends AbortOptions {
  /** Borrowed: not disposed. */
  readonly step: TrainStep;
  /** The batches of one epoch in order. Must give the same ones whenever called with the same epoch and generator. */
  readonly data: (
    epoch: number,
    random: Random,
  ) => AsyncIterable<BatchSource<Batch>> | Iterable<BatchSource<Batch>>;
  /** Host work between batch and graph, such as choosing samples; undefined skips the batch. */
  readonly prepare: (
    batch: Batch,
    context: BatchContext,
  ) => BatchInputs | undefined | Promise<BatchInputs | undefined>;
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

/** Everything of a run that is not in the step or the schedule; plain JSON. */
interface Progress {
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

/**
 * Trains for some epochs: batches, evaluations, schedule, checkpoints. Knows nothing of the model. Gradients that wait for an
 * update are dropped after each evaluation, as in the reference training. A run that was stopped and resumed from its store
 * gives the same losses as one that was not, bit for bit.
 *
 * On abort the running batch or evaluation is finished, `last` is saved and the call rejects with `signal.reason`.
 *
 * @throws {ConfigError} for a resumed state of another seed or schedule
 * @throws {DataError} for a loss that is not finite, unless the step skips those; for an epoch without a batch, and for a run without
 * an update, which would have trained nothing
 * @example
 * ```ts
 * const { best } = await train({
 *   step, schedule: reduceOnPlateau({ learningRate: 1e-3 }), epochs: 10, seed: 41,
 *   data: (epoch, random) => batchesOf(random.shuffle(rows)),
 *   prepare: (batch) => ({ x: batch.pixels, y: batch.targets }),
 * });
 * ```
 */
export async function train<Batch>(options: TrainOptions<Batch>): Promise<TrainResult> {
  const run = new Run(options);
  if (options.resume) await run.restore();
  try {
    while (run.progress.epoch < options.epochs) await run.epoch();
  } catch (error) {
    if (options.signal?.aborted) await run.save();
    throw error;
  }
  await run.save();
  run.requireUpdates();
  const { epoch, batchesSkipped, best } = run.progress;
  return { epochs: epoch, steps: options.step.steps, batchesSkipped, best: best ?? undefined };
}

class Run<Batch> {
  progress: Progress = {
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
  readonly #options: TrainOptions<Batch>;
  readonly #random: Random;
  readonly #clock: () => number;
  readonly #estimate: ReturnType<typeof createTimeEstimate>;

  constructor(options: TrainOptions<Batch>) {
    this.#options = options;
    this.#random = createRandom(options.seed);
    this.#clock = options.clock ?? Date.now;
    this.#estimate = createTimeEstimate(this.#clock);
  }

  async epoch(): Promise<void> {
    const { data, epochs, onProgress } = this.#options;
    const started = this.#clock();
    const { epoch } = this.progress;
    this.#options.signal?.throwIfAborted();
    onProgress?.({ type: 'epoch-start', position: this.position() });
    if (this.#evaluationDue()) await this.#evaluate();
    for await (const source of upcoming(
      data(epoch, this.#random.fork(`epoch ${epoch}`)),
      this.progress.batch,
    )) {
      this.#options.signal?.throwIfAborted();
      await this.#batch(await source());
      this.#options.signal?.throwIfAborted();
      if (this.#evaluationDue()) await this.#evaluate();
      else if (this.progress.batch % (this.#options.saveEvery ?? Infinity) === 0) await this.save();
    }
    this.#requireBatches();
    if (this.progress.evaluatedAt !== this.progress.batch) await this.#evaluate();
    const { lossSum, lossCount, batch } = this.progress;
    const meanLoss = lossCount > 0 ? lossSum / lossCount : undefined;
    onProgress?.({
      type: 'epoch-end',
      position: this.position(),
      meanLoss,
      durationMs: this.#clock() - started,
    });
    this.progress = {
      ...this.progress,
      epoch: epoch + 1,
      batch: 0,
      evaluatedAt: 0,
      lossSum: 0,
      lossCount: 0,
      batchesPerEpoch: batch,
    };
    if (epoch + 1 < epochs) await this.save();
  }

  #requireBatches(): void {
    const { epoch, batch } = this.progress;
    if (batch === 0)
      throw new DataError(
        `train: expected at least one batch in epoch ${epoch}, got none; give more data or smaller batches.`,
      );
  }

  /** @throws {DataError} where batches were trained on and no parameter moved */
  requireUpdates(): void {
    const { batchesDone, batchesSkipped } = this.progress;
    if (batchesDone === 0 || this.#options.step.steps > 0) return;
    throw new DataError(
      `train: expected at least one update, got none from ${batchesDone} batches, of which ${batchesSkipped} were skipped; check the batches, and accumulate fewer between evaluations.`,
      { details: { batchesDone, batchesSkipped } },
    );
  }

  position(): TrainPosition {
    const { epoch, batch, batchesDone } = this.progress;
    return { epoch, batch, batchesDone, steps: this.#options.step.steps };
  }

  async save(): Promise<void> {
    const { store, step, schedule, seed, onProgress } = this.#options;
    if (!store) return;
    const { tensors, steps, accumulated } = await step.exportState();
    const values = {
      seed,
      steps,
      accumulated,
      scheduleName: schedule.name,
      schedule: schedule.state(),
      progress: { ...this.progress },
    };
    await store.save('last', { tensors, values: values as unknown as Json });
    onProgress?.({ type: 'checkpoint-save', position: this.position(), name: 'last' });
  }

  async restore(): Promise<void> {
    const saved = await this.#options.store?.load('last');
    if (!saved) return;
    const { step, schedule, seed } = this.#options;
    checkResumable(saved, seed, schedule.name);
    const {
      steps,
      accumulated,
      schedule: state,
      progress,
    } = saved.values as unknown as {
      readonly steps: number;
      readonly accumulated: number;
      readonly schedule: ScheduleState;
      readonly progress: Progress;
    };
    step.restoreState({ tensors: saved.tensors, steps, accumulated });
    schedule.restore(state);
    this.progress = { ...this.progress, ...progress };
  }

  async #batch(batch: Batch): Promise<void> {
    const { step, prepare, schedule, skipOnError, signal, onProgress } = this.#options;
    const started = this.#clock();
    const position = this.position();
    const random = this.#random.fork(`epoch ${position.epoch} batch ${position.batch}`);
    const learningRate = schedule.learningRate();
    let result: StepResult | string;
    try {
      const inputs = await prepare(batch, { position, random, parameters: step.parameters, signal });
      result = inputs ? await step.run(inputs, { learningRate }) : 'nothing to train on';
    } catch (error) {
      if (signal?.aborted || !skipOnError?.(error)) throw error;
      result = String(error);
    }
    this.progress.batch += 1;
    this.progress.batchesDone += 1;
    this.#estimate.batchDone();
    if (typeof result === 'string' || result.skipped) {
      this.progress.batchesSkipped += 1;
      const reason = typeof result === 'string' ? result : `loss ${result.loss}`;
      onProgress?.({ type: 'batch-skip', position: this.position(), reason });
      return;
    }
    if (result.updated) schedule.stepped();
    this.progress.lossSum += result.loss;
    this.progress.lossCount += 1;
    const { loss, metrics } = result;
    const secondsLeft = this.#estimate.secondsLeft(this.#batchesLeft());
    onProgress?.({
      type: 'batch-end',
      position: this.position(),
      loss,
      metrics,
      learningRate,
      durationMs: this.#clock() - started,
      secondsLeft,
    });
  }

  #batchesLeft(): number | undefined {
    const perEpoch = this.progress.batchesPerEpoch ?? this.#options.batchesPerEpoch;
    return perEpoch === undefined
      ? undefined
      : (this.#options.epochs - this.progress.epoch) * perEpoch - this.progress.batch;
  }

  #evaluationDue(): boolean {
    const { batch, evaluatedAt } = this.progress;
    return batch > 0 && batch % (this.#options.evaluateEvery ?? Infinity) === 0 && evaluatedAt !== batch;
  }

  async #evaluate(): Promise<void> {
    const { evaluate, step, schedule, signal, onProgress } = this.#options;
    if (!evaluate) return;
    const started = this.#clock();
    const position = this.position();
    onProgress?.({ type: 'evaluation-start', position });
    const random = this.#random.fork('evaluation');
    const { loss, metrics = {} } = await evaluate({ position, random, parameters: step.parameters, signal });
    step.resetGradients();
    schedule.evaluated(loss);
    const isBest = loss < (this.progress.best?.loss ?? Infinity);
    if (isBest) this.progress.best = { loss, position };
    this.progress.evaluatedAt = this.progress.batch;
    onProgress?.({
      type: 'evaluation-end',
      position,
      loss,
      metrics,
      isBest,
      durationMs: this.#clock() - started,
    });
    if (isBest) await this.#saveBest(loss, metrics);
    await this.save();
  }

  async #saveBest(loss: number, metrics: Record<string, number>): Promise<void> {
    const { store, step, onProgress } = this.#options;
    if (!store) return;
    const position = this.position();
    await store.save('best', {
      tensors: await step.exportParameters(),
      values: { loss, metrics, position: { ...position } },
    });
    onProgress?.({ type: 'checkpoint-save', position, name: 'best' });
  }
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
