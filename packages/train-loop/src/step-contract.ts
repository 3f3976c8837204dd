import type {
  Backend,
  HostTensor,
  InputSpec,
  Ops,
  Parameters,
  ParameterSpecs,
  RunInput,
  StateDict,
  Tensor,
} from '@crrg/tensor';
import type { Optimizer } from './optimizers.js';
import type { NamePattern, ParameterGroup } from './parameter-groups.js';

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

/** The tensors of one batch by input name. */
export type BatchInputs = Readonly<Record<string, RunInput>>;

/** Shapes and types of {@link BatchInputs}; a string in a shape is a size that may differ from batch to batch. */
export type BatchSpecs = Readonly<Record<string, InputSpec>>;

/** How to make a {@link TrainStep}. */
export interface TrainStepOptions {
  /** Borrowed: not disposed with the step. */
  readonly backend: Backend;
  /** All parameters and buffers that `loss` reads. */
  readonly specs: ParameterSpecs;
  /** Starting values of all of them. */
  readonly weights: StateDict;
  /**
   * The tensors of a batch, or of each of its micro-batches in their order. Several need an {@link EmbeddingLoss}; loss and gradients are those of
   * the whole batch, in the memory of a micro-batch, for one more forward pass.
   */
  readonly inputs: BatchSpecs | readonly BatchSpecs[];
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
   * Trains on one batch: one graph run, in which the state stays on the backend. Of a step of micro-batches it takes as many as the step was made
   * for; a failure among their gradients drops all that wait for an update.
   * @throws {DataError} for a loss that is not finite, unless the step skips those, or a learning rate that is no number from 0
   * @throws {ShapeError} for an input that is missing or mis-shaped, or another number of micro-batches
   */
  run(
    inputs: BatchInputs | readonly BatchInputs[],
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
