import { DataError, createRandom, type Random } from '@crrg/core';
import { upcoming } from './batch-source.js';
import { createTimeEstimate, type TrainPosition } from './progress.js';
import { exportRun, NOTHING_DONE, restoreRun, type RunProgress } from './run-state.js';
import type { TrainOptions, TrainResult } from './train-options.js';
import type { StepResult } from './step-contract.js';

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

/** A run on its way: what is done, and how one batch, evaluation or epoch is. */
class Run<Batch> {
  progress: RunProgress = { ...NOTHING_DONE };
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
    const { store, onProgress } = this.#options;
    if (!store) return;
    await store.save('last', await exportRun(this.#options, this.progress));
    onProgress?.({ type: 'checkpoint-save', position: this.position(), name: 'last' });
  }

  async restore(): Promise<void> {
    const saved = await this.#options.store?.load('last');
    if (saved) this.progress = restoreRun(this.#options, saved);
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
