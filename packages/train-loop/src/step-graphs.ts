import { ShapeError } from '@crrg/core';
import {
  gradients as gradientsOf,
  trace,
  type InputSpec,
  type Ops,
  type Parameters,
  type Tensor,
} from '@crrg/tensor';
import { clipGradients, type Optimizer } from './optimizers.js';
import type { ParameterSettings } from './parameter-groups.js';
import { prefixed } from './prefixes.js';
import type { BatchSpecs, LossResult, TrainStepOptions } from './step-contract.js';
import { updateTogether } from './update-together.js';

/** Prefix of parameters in the state. */
const PARAMETER = 'parameters';
/** Prefix of metrics among the outputs. */
export const METRIC = 'metric';
/** Prefix of gradients that wait for an update, in the state and among the inputs. */
export const GRADIENT = 'gradients';
/** Prefix of the optimizer's numbers among the inputs. */
export const SCALAR = 'optimizer';
/** Prefix of the outputs that replace a value of the state. */
export const NEXT = 'next/';

/** What the graphs of a training step are made of. */
export interface StepPlan extends Omit<TrainStepOptions, 'inputs'> {
  /** Of each micro-batch. */
  readonly batches: readonly BatchSpecs[];
  readonly trainable: ReadonlyMap<string, ParameterSettings>;
}

/** Forward pass, gradients and update. */
export function traceWholeStep(plan: StepPlan) {
  const inputs = { ...plan.batches[0], ...slotInputs(plan), ...scalarSpecs(plan.optimizer) };
  return trace({ inputs, parameters: plan.specs }, (ops, traced) => {
    const { report, gradients } = traceLoss(ops, plan, traced);
    return { ...report, ...applyOptimizer(ops, plan, traced, gradients) };
  });
}

/** Forward pass, and gradients; of several batches, added to those that wait. */
export function traceGradients(plan: StepPlan) {
  const accumulates = (plan.accumulate ?? 1) > 1;
  const inputs = { ...plan.batches[0], ...(accumulates && gradientInputs(plan)) };
  return trace({ inputs, parameters: plan.specs }, (ops, traced) => {
    const { report, gradients } = traceLoss(ops, plan, traced);
    return { ...report, ...addToWaiting(ops, traced, gradients) };
  });
}

/** Gradients as outputs; added to those that wait, where these are inputs. */
export function addToWaiting(
  ops: Ops,
  { inputs }: Pick<Traced, 'inputs'>,
  gradients: ReadonlyMap<string, Tensor>,
): Record<string, Tensor> {
  const sums = [...gradients].map(([name, gradient]) => {
    const waiting = inputs[`${GRADIENT}/${name}`];
    return [`${NEXT}${GRADIENT}/${name}`, waiting ? ops.add(waiting, gradient) : gradient] as const;
  });
  return Object.fromEntries(sums);
}

/** The update from gradients that wait. */
export function traceUpdate(plan: StepPlan) {
  const inputs = { ...gradientInputs(plan), ...slotInputs(plan), ...scalarSpecs(plan.optimizer) };
  const parameters = Object.fromEntries([...plan.trainable.keys()].map((name) => [name, plan.specs[name]!]));
  return trace({ inputs, parameters }, (ops, traced) => {
    const gradients = [...plan.trainable.keys()].map(
      (name) => [name, traced.inputs[`${GRADIENT}/${name}`]!] as const,
    );
    return applyOptimizer(ops, plan, traced, new Map(gradients));
  });
}

/**
 * The update of some values of a parameter: one graph for any number of values, of any parameter with these settings. Inputs and outputs have the
 * names that values of the state begin with.
 */
export function tracePiece(optimizer: Optimizer, settings: ParameterSettings) {
  const values = [PARAMETER, GRADIENT, ...optimizer.slots];
  const inputs = Object.fromEntries(values.map((name) => [name, { shape: ['values'] }]));
  return trace({ inputs: { ...inputs, ...scalarSpecs(optimizer) } }, (ops, traced) => {
    const moved = optimizer.update(ops, {
      ...settings,
      parameter: traced.inputs[PARAMETER]!,
      gradient: traced.inputs[GRADIENT]!,
      slots: Object.fromEntries(optimizer.slots.map((slot) => [slot, traced.inputs[slot]!])),
      scalars: scalarsOf(optimizer, traced),
    });
    const results = Object.entries({ ...moved.slots, [PARAMETER]: moved.parameter });
    return Object.fromEntries(results.map(([name, value]) => [NEXT + name, value]));
  });
}

interface Traced {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly parameters: Parameters;
}

function traceLoss(ops: Ops, plan: StepPlan, traced: Traced) {
  const result = plan.loss(ops, traced);
  const names = [...plan.trainable.keys()];
  const report = reportOf(result);
  const found = gradientsOf(
    ops,
    result.loss,
    names.map((name) => traced.parameters.get(name)),
  );
  return {
    report: { ...report, ...bufferUpdates(ops, plan, result.updates) },
    gradients: new Map(names.map((name, index) => [name, found[index]!])),
  };
}

/** Loss and metrics as outputs. */
export function reportOf({ loss, metrics = {} }: LossResult): Record<string, Tensor> {
  if (loss.shape.length !== 0 || loss.dtype !== 'float32') {
    throw new ShapeError(
      `train.createTrainStep: the loss must be a float32 scalar, got ${loss.dtype} of rank ${loss.shape.length}; sum or average it.`,
    );
  }
  return { loss, ...prefixed(METRIC, metrics) };
}

/** New values of buffers as outputs. */
export function bufferUpdates(
  ops: Ops,
  plan: StepPlan,
  updates: LossResult['updates'] = {},
): Record<string, Tensor> {
  const outputs: Record<string, Tensor> = {};
  for (const [name, value] of Object.entries(updates)) {
    if (!Object.hasOwn(plan.specs, name) || plan.trainable.has(name)) {
      throw new ShapeError(
        `train.createTrainStep: expected an update of a buffer, got "${name}"; return updates for parameters with trainable: false.`,
      );
    }
    outputs[NEXT + parameterKey(name)] = ops.stopGradient(value);
  }
  return outputs;
}

function applyOptimizer(
  ops: Ops,
  plan: StepPlan,
  traced: Traced,
  gradients: ReadonlyMap<string, Tensor>,
): Record<string, Tensor> {
  const { optimizer, trainable, maxGradientNorm } = plan;
  const names = [...trainable.keys()];
  const raw = names.map((name) => gradients.get(name)!);
  const limited = maxGradientNorm === undefined ? raw : clipGradients(ops, raw, maxGradientNorm);
  const scalars = scalarsOf(optimizer, traced);
  const updates = names.map((name, index) => ({
    ...trainable.get(name)!,
    parameter: traced.parameters.get(name),
    gradient: limited[index]!,
    slots: Object.fromEntries(optimizer.slots.map((slot) => [slot, traced.inputs[`${slot}/${name}`]!])),
    scalars,
  }));
  const outputs: Record<string, Tensor> = {};
  updateTogether(ops, optimizer, updates).forEach((moved, index) => {
    const name = names[index]!;
    outputs[NEXT + parameterKey(name)] = moved.parameter;
    for (const [slot, value] of Object.entries(moved.slots)) outputs[`${NEXT}${slot}/${name}`] = value;
  });
  return outputs;
}

function slotInputs(plan: StepPlan): Record<string, InputSpec> {
  return Object.assign({}, ...plan.optimizer.slots.map((slot) => likeParameters(plan, slot))) as Record<
    string,
    InputSpec
  >;
}

/** The gradients that wait, as inputs. */
export function gradientInputs(plan: Pick<StepPlan, 'specs' | 'trainable'>): Record<string, InputSpec> {
  return likeParameters(plan, GRADIENT);
}

function likeParameters(
  plan: Pick<StepPlan, 'specs' | 'trainable'>,
  prefix: string,
): Record<string, InputSpec> {
  return Object.fromEntries(
    [...plan.trainable.keys()].map((name) => [`${prefix}/${name}`, { shape: plan.specs[name]!.shape }]),
  );
}

function scalarSpecs(optimizer: Optimizer): Record<string, InputSpec> {
  return Object.fromEntries(scalarNames(optimizer).map((name) => [`${SCALAR}/${name}`, { shape: [] }]));
}

function scalarsOf(optimizer: Optimizer, { inputs }: Pick<Traced, 'inputs'>): Record<string, Tensor> {
  return Object.fromEntries(scalarNames(optimizer).map((name) => [name, inputs[`${SCALAR}/${name}`]!]));
}

function scalarNames(optimizer: Optimizer): string[] {
  return Object.keys(optimizer.scalars({ step: 1, learningRate: 0 }));
}

/** Where the state keeps a parameter. */
export function parameterKey(name: string): string {
  return `${PARAMETER}/${name}`;
}
