import { DataError, DisposedError, disposeSymbol } from '@crrg/core';
import {
  checkStateDict,
  float32,
  type Backend,
  type BackendTensor,
  type HostTensor,
  type InputSpec,
  type Ops,
  type Parameters,
  type ParameterSpecs,
  type RunInput,
  type StateDict,
  type Tensor,
} from '@crrg/tensor';
import type { Optimizer } from './optimizers.js';
import { selectTrainable, type NamePattern, type ParameterGroup } from './parameter-groups.js';
import {
  GRADIENT,
  SCALAR,
  parameterKey,
  traceGradients,
  traceUpdate,
  traceWholeStep,
  type StepPlan,
} from './step-graphs.js';
import { ValueTable, checkState, readInput, sharedZeros } from './value-table.js';

/** What a loss function computes from one batch. */
export interface LossResult {
  /** The scalar that training lowers. */
  readonly loss: Tensor;
  /** Scalars to report, such as the parts of the loss. */
  readonly metrics?: Readonly<Record<string, Tensor>> | undefined;
  /** New values of buffers by parameter name, such as running statistics. */
  readonly updates?: Readonly<Record<string, Tensor>> | undefined;
}

/** A forward pass with its loss: a pure function over graph operations. */
export type LossFunction = (
  ops: Ops,
  context: { readonly inputs: Readonly<Record<string, Tensor>>; readonly parameters: Parameters },
) => LossResult;

/** How to make a {@link TrainStep}. */
export interface TrainStepOptions {
  /** Borrowed: not disposed with the step. */
  readonly backend: Backend;
  /** All parameters and buffers that `loss` reads. */
  readonly specs: ParameterSpecs;
  /** Starting values of all of them. */
  readonly weights: StateDict;
  /** The tensors of a batch; a string in a shape is a size that may differ from batch to batch. */
  readonly inputs: Readonly<Record<string, InputSpec>>;
  readonly loss: LossFunction;
  readonly optimizer: Optimizer;
  /** Batches whose gradients are summed (not averaged) before each update. @defaultValue 1 */
  readonly accumulate?: number | undefined;
  /** Parameters that keep their values. @defaultValue none */
  readonly frozen?: readonly NamePattern[] | undefined;
  /** @defaultValue one group */
  readonly groups?: readonly ParameterGroup[] | undefined;
  /** Largest joint norm of the gradients of an update. @defaultValue no limit */
  readonly maxGradientNorm?: number | undefined;
  /** What a loss that is not finite does: `throw` a {@link DataError}, or `skip` the batch. @defaultValue 'throw' */
  readonly onNonFinite?: 'throw' | 'skip' | undefined;
  /** Stops the compilation. */
  readonly signal?: AbortSignal | undefined;
}

/** What one batch gave. */
export interface StepResult {
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** True where the parameters moved. */
  readonly updated: boolean;
  /** True where the loss was not finite and the batch had no effect. */
  readonly skipped: boolean;
}

/** Everything needed to go on with a training step elsewhere. */
export interface TrainStepState {
  /** `parameters/NAME`, `SLOT/NAME` and, between updates, `gradients/NAME`. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
  /** Optimizer updates made. */
  readonly steps: number;
  /** Batches whose gradients wait for the next update. */
  readonly accumulated: number;
}

/** Forward, backward and update of one model on one backend. Owns the training state; runs must not overlap. */
export interface TrainStep {
  /** Optimizer updates made so far. */
  readonly steps: number;
  /** The current values, to run other graphs with. Valid until the next `run`, `restoreState` or `dispose`; not to be disposed. */
  readonly parameters: Readonly<Record<string, RunInput>>;
  /**
   * Trains on one batch: one graph run, in which the state stays on the backend.
   * @throws {DataError} for a loss that is not finite, unless the step skips those, or a learning rate that is no number from 0
   * @throws {ShapeError} for an input that is missing or mis-shaped
   */
  run(
    inputs: Readonly<Record<string, RunInput>>,
    options: { readonly learningRate: number },
  ): Promise<StepResult>;
  /** Drops gradients that wait for an update. */
  resetGradients(): void;
  /** The parameters and buffers in JavaScript memory. */
  exportParameters(): Promise<Map<string, HostTensor>>;
  exportState(): Promise<TrainStepState>;
  /** @throws {CheckpointError} that lists every key that does not fit */
  restoreState(state: TrainStepState): void;
  dispose(): void;
  [Symbol.dispose](): void;
}

/**
 * Traces and compiles the training of one model. Without accumulation, forward, gradients and update are one graph; with it,
 * one graph adds gradients up and another applies them. Values that change each step are inputs, so nothing is compiled twice.
 *
 * @throws {CheckpointError} for weights that do not fit the specifications
 * @throws {ConfigError} where nothing is left to train
 * @example
 * ```ts
 * const step = await createTrainStep({
 *   backend, specs, weights, optimizer: adamw(),
 *   inputs: { x: { shape: ['batch', 3] }, y: { shape: ['batch', 1] } },
 *   loss: (ops, { inputs, parameters }) => ({
 *     loss: ops.mean(ops.square(ops.sub(linear(ops, parameters, inputs.x!), inputs.y!))),
 *   }),
 * });
 * const { loss } = await step.run({ x, y }, { learningRate: 1e-3 });
 * ```
 */
export async function createTrainStep(options: TrainStepOptions): Promise<TrainStep> {
  const { backend, specs, optimizer, accumulate = 1, onNonFinite = 'throw', signal } = options;
  checkStateDict(specs, options.weights, 'train.createTrainStep');
  if (!(Number.isInteger(accumulate) && accumulate >= 1)) {
    throw new DataError(
      `train.createTrainStep: accumulate must be a whole number of at least 1, got ${accumulate}; use 1 for none.`,
    );
  }
  const trainable = selectTrainable(specs, {
    weightDecay: optimizer.weightDecay,
    groups: options.groups,
    frozen: options.frozen,
  });
  const plan: StepPlan = { ...options, trainable };
  const gradientGraph = accumulate === 1 ? traceWholeStep(plan) : traceGradients(plan);
  const updateGraph = accumulate === 1 ? undefined : traceUpdate(plan);
  const forward = await backend.compile(gradientGraph, { name: 'train-step', signal });
  const apply =
    updateGraph &&
    (await backend.compile(updateGraph, { name: 'train-update', signal }).catch((error: unknown) => {
      forward.dispose();
      throw error;
    }));

  const values = new ValueTable();
  for (const [name, tensor] of options.weights) values.set(parameterKey(name), tensor);
  const zeroOf = sharedZeros([...trainable.keys()].map((name) => specs[name]!.shape));
  const fillZeros = (prefix: string) => {
    for (const name of trainable.keys()) values.set(`${prefix}/${name}`, zeroOf(specs[name]!.shape));
  };
  for (const slot of optimizer.slots) fillZeros(slot);
  if (apply) fillZeros(GRADIENT);
  let steps = 0;
  let accumulated = 0;
  let disposed = false;

  const requireAlive = () => {
    if (disposed) throw new DisposedError('train.TrainStep');
  };
  const resetGradients = () => {
    requireAlive();
    if (accumulated > 0) fillZeros(GRADIENT);
    accumulated = 0;
  };
  const scalarInputs = (learningRate: number) => {
    const scalars = Object.entries(optimizer.scalars({ step: steps + 1, learningRate }));
    return Object.fromEntries(scalars.map(([name, value]) => [`${SCALAR}/${name}`, float32([], [value])]));
  };
  const update = async (learningRate: number) => {
    const outputs = await apply!.run(values.inputsOf(apply!, scalarInputs(learningRate)));
    values.take(outputs);
    steps += 1;
    resetGradients();
  };

  const dispose = () => {
    if (disposed) return;
    disposed = true;
    values.dispose();
    forward.dispose();
    apply?.dispose();
  };

  return {
    get steps() {
      return steps;
    },
    get parameters() {
      requireAlive();
      return Object.fromEntries(Object.keys(specs).map((name) => [name, values.get(parameterKey(name))]));
    },
    async run(inputs, { learningRate }) {
      requireAlive();
      if (!(Number.isFinite(learningRate) && learningRate >= 0))
        throw new DataError(
          `train.step: expected a learning rate of at least 0, got ${learningRate}; check the schedule.`,
        );
      const outputs = await forward.run(
        values.inputsOf(forward, { ...inputs, ...(apply ? {} : scalarInputs(learningRate)) }),
      );
      const { loss, metrics } = await readScalars(outputs);
      if (!Number.isFinite(loss)) {
        for (const tensor of Object.values(outputs)) tensor.dispose();
        if (onNonFinite === 'skip') return { loss, metrics, updated: false, skipped: true };
        throw new DataError(
          `train.step: expected a finite loss, got ${loss} after ${steps} updates; lower the learning rate or check the batch.`,
          {
            details: { loss, metrics, steps },
          },
        );
      }
      values.take(outputs);
      if (!apply) steps += 1;
      else if (++accumulated >= accumulate) await update(learningRate);
      return { loss, metrics, updated: !apply || accumulated === 0, skipped: false };
    },
    resetGradients,
    async exportParameters() {
      requireAlive();
      const exported = new Map<string, HostTensor>();
      for (const name of Object.keys(specs))
        exported.set(name, await readInput(values.get(parameterKey(name))));
      return exported;
    },
    async exportState() {
      requireAlive();
      const tensors = new Map<string, HostTensor>();
      for (const [name, value] of values.entries()) {
        if (accumulated > 0 || !name.startsWith(`${GRADIENT}/`)) tensors.set(name, await readInput(value));
      }
      return { tensors, steps, accumulated };
    },
    restoreState(state) {
      requireAlive();
      checkState(values, state, Boolean(apply));
      for (const [name, tensor] of state.tensors) values.set(name, tensor);
      if (apply && state.accumulated === 0) fillZeros(GRADIENT);
      steps = state.steps;
      accumulated = state.accumulated;
    },
    dispose,
    [disposeSymbol]: dispose,
  };
}

async function readScalars(outputs: Readonly<Record<string, BackendTensor>>) {
  const loss = Number((await outputs['loss']!.read()).data[0]);
  const metrics: Record<string, number> = {};
  for (const [name, tensor] of Object.entries(outputs)) {
    if (name.startsWith('metric/'))
      metrics[name.slice('metric/'.length)] = Number((await tensor.read()).data[0]);
  }
  return { loss, metrics };
}
