import { DataError, DisposedError, disposeSymbol } from '@crrg/core';
import { checkStateDict, float32, type HostTensor } from '@crrg/tensor';
import { createEmbeddingGradientPass } from './embedding-gradients.js';
import { requireEmbeddingLoss } from './embedding-loss.js';
import { createGradientPass, type GradientPass } from './gradient-pass.js';
import { asBatches, requireBatches } from './micro-batches.js';
import { selectTrainable } from './parameter-groups.js';
import type { TrainStep, TrainStepOptions } from './step-contract.js';
import {
  GRADIENT,
  SCALAR,
  parameterKey,
  traceGradients,
  traceWholeStep,
  type StepPlan,
} from './step-graphs.js';
import { createStateUpdate } from './update-state.js';
import { ValueTable, checkState, sharedZeros } from './value-table.js';

/**
 * Traces and compiles the training of one model. Forward, gradients and update are one graph. With accumulation, one graph adds gradients up
 * and another applies them; so too on a backend that reuses memory, where the second writes the new state over the old one. Values that
 * change each step are inputs, so nothing is compiled twice. A batch in several micro-batches has graphs of its own: see
 * {@link TrainStepOptions.inputs}.
 *
 * @throws {CheckpointError} for weights that do not fit the specifications
 * @throws {ConfigError} where nothing is left to train, or for several micro-batches of a loss whose halves are not known
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
  const { backend, specs, optimizer, accumulate = 1, onNonFinite = 'throw' } = options;
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
  const batches = asBatches(options.inputs, 'train.createTrainStep');
  const plan: StepPlan = { ...options, batches, trainable };
  const { reusesMemory = false } = backend;
  const isCut = batches.length > 1;
  const accumulates = accumulate > 1 || isCut;
  const isWhole = !accumulates && !reusesMemory;
  const pass = await (isCut ? cutPass(plan) : uncutPass(plan, isWhole));
  const apply = isWhole
    ? undefined
    : await createStateUpdate(plan).catch((error: unknown) => {
        pass.dispose();
        throw error;
      });

  const values = new ValueTable(reusesMemory, pass.reads);
  for (const [name, tensor] of options.weights) values.set(parameterKey(name), tensor);
  const zeroOf = sharedZeros([...trainable.keys()].map((name) => specs[name]!.shape));
  const fillZeros = (prefix: string) => {
    for (const name of trainable.keys()) values.set(`${prefix}/${name}`, zeroOf(specs[name]!.shape));
  };
  for (const slot of optimizer.slots) fillZeros(slot);
  if (accumulates) fillZeros(GRADIENT);
  let steps = 0;
  let accumulated = 0;
  let disposed = false;

  const requireAlive = () => {
    if (disposed) throw new DisposedError('train.TrainStep');
  };
  const dropGradients = () => {
    if (accumulates) fillZeros(GRADIENT);
    accumulated = 0;
  };
  const resetGradients = () => {
    requireAlive();
    if (accumulated > 0) dropGradients();
  };
  const scalarInputs = (learningRate: number) => {
    const scalars = Object.entries(optimizer.scalars({ step: steps + 1, learningRate }));
    return Object.fromEntries(scalars.map(([name, value]) => [`${SCALAR}/${name}`, float32([], [value])]));
  };
  const update = async (learningRate: number) => {
    try {
      await apply!.run(values, scalarInputs(learningRate));
    } catch (error) {
      // Nobody knows which values are new.
      if (reusesMemory) dispose();
      throw error;
    }
    steps += 1;
    resetGradients();
  };

  const dispose = () => {
    if (disposed) return;
    disposed = true;
    values.dispose();
    pass.dispose();
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
      const given = requireBatches(asBatches(inputs, 'train.step'), batches.length);
      const result = await pass.run(values, given, apply ? {} : scalarInputs(learningRate));
      const { loss, metrics } = result;
      if (!Number.isFinite(loss)) {
        result.refuse();
        if (onNonFinite === 'skip') return { loss, metrics, updated: false, skipped: true };
        throw new DataError(
          `train.step: expected a finite loss, got ${loss} after ${steps} updates; lower the learning rate or check the batch.`,
          {
            details: { loss, metrics, steps },
          },
        );
      }
      try {
        await result.accept();
      } catch (error) {
        // Nobody knows which gradients are whole.
        dropGradients();
        throw error;
      }
      if (!apply) steps += 1;
      else if (++accumulated >= accumulate) await update(learningRate);
      return { loss, metrics, updated: !apply || accumulated === 0, skipped: false };
    },
    resetGradients,
    async exportParameters() {
      requireAlive();
      const exported = new Map<string, HostTensor>();
      for (const name of Object.keys(specs)) exported.set(name, await values.read(parameterKey(name)));
      return exported;
    },
    async exportState() {
      requireAlive();
      const tensors = new Map<string, HostTensor>();
      for (const [name] of values.entries()) {
        if (accumulated > 0 || !name.startsWith(`${GRADIENT}/`)) tensors.set(name, await values.read(name));
      }
      return { tensors, steps, accumulated };
    },
    restoreState(state) {
      requireAlive();
      checkState(values, state, accumulate > 1);
      for (const [name, tensor] of state.tensors) values.set(name, tensor);
      if (accumulates && state.accumulated === 0) fillZeros(GRADIENT);
      steps = state.steps;
      accumulated = state.accumulated;
    },
    dispose,
    [disposeSymbol]: dispose,
  };
}

/** Forward pass and gradients of a batch in one graph, in a whole step with the update. */
async function uncutPass(plan: StepPlan, isWhole: boolean): Promise<GradientPass> {
  const graph = isWhole ? traceWholeStep(plan) : traceGradients(plan);
  return createGradientPass(await plan.backend.compile(graph, { name: 'train-step', signal: plan.signal }));
}

function cutPass(plan: StepPlan): Promise<GradientPass> {
  const loss = requireEmbeddingLoss('train.createTrainStep', plan.loss, plan.batches.length);
  return createEmbeddingGradientPass({ ...plan, loss });
}
