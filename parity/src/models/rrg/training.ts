import { lowestIndexSampler } from '@crrg/detector';
import { rrgSpecs } from '@crrg/pipeline';
import {
  createProposalPass,
  packRrgBatch,
  rrgBatchInputs,
  rrgLossFunction,
  rrgLosses,
  type RrgSample,
} from '@crrg/train';
import { gradients, trace, type HostTensor } from '@crrg/tensor';
import { adamw, createTrainStep, type AdamWOptions, type TrainStep } from '@crrg/train-loop';
import type { ParityContext } from '../../framework/context.js';
import { runGraph } from '../../framework/run-graph.js';
import { adamwSettings } from '../../golden/statements.js';
import type { RrgCase } from './case.js';
import { STAGE, checkStepLosses, type GoldenLosses } from './losses.js';
import { ourRrgName } from './setup.js';

const GRADIENT = 'train.grad0.';
const AFTER = /^train\.(?:param|buffer)_after_(\d+)_steps\.(.+)$/;

function namesWith(context: ParityContext, prefix: string): string[] {
  const names = [...context.tensors.keys()].filter((name) => name.startsWith(prefix));
  return names.map((name) => name.slice(prefix.length));
}

async function checkFirstGradients(
  { context, config, weights }: RrgCase,
  inputs: Readonly<Record<string, HostTensor>>,
  batch: number,
): Promise<void> {
  const names = namesWith(context, GRADIENT);
  const signature = { inputs: rrgBatchInputs(config, STAGE, batch), parameters: rrgSpecs(config) };
  const graph = trace(signature, (ops, scope) => {
    const { loss } = rrgLosses(ops, scope.parameters, scope.inputs, config, { stage: STAGE, training: true });
    const found = gradients(
      ops,
      loss,
      names.map((name) => scope.parameters.get(ourRrgName(name))),
    );
    return Object.fromEntries(names.map((name, index) => [name, found[index]!]));
  });
  const outputs = await runGraph(context, graph, inputs, weights);
  for (const name of names) {
    // Units of the trunk that rounding turns on or off move single elements.
    if (name.startsWith('object_detector.backbone.'))
      context.checkRelativeL2(`${GRADIENT}${name}`, outputs[name]!.data);
    else context.check(`${GRADIENT}${name}`, outputs[name]!.data);
  }
}

async function createStep(
  { context, config, weights }: RrgCase,
  batch: number,
  options: AdamWOptions,
): Promise<TrainStep> {
  return createTrainStep({
    backend: await context.backend(),
    specs: rrgSpecs(config),
    weights,
    inputs: rrgBatchInputs(config, STAGE, batch),
    loss: rrgLossFunction(config, { stage: STAGE, training: true }),
    optimizer: adamw(options),
  });
}

/** Training as a sidecar states it. */
export interface GoldenTraining {
  /** As in `AdamW lr 5e-5, betas .9/.999, eps 1e-8, weight decay 0.01 on every trainable parameter`. */
  readonly optimizer: string;
  readonly steps: readonly GoldenLosses[];
}

/** A few steps on one batch: losses of every step, then parameters and running statistics. */
export async function checkTraining(
  setup: RrgCase,
  samples: readonly RrgSample[],
  { steps, optimizer }: GoldenTraining,
) {
  const { context, config } = setup;
  const { learningRate, options } = adamwSettings(optimizer);
  const pass = await createProposalPass({
    backend: await context.backend(),
    config,
    batch: samples.length,
    training: true,
  });
  const step = await createStep(setup, samples.length, options);
  for (const [index, golden] of steps.entries()) {
    const targets = await pass.targets(samples, step.parameters, lowestIndexSampler);
    const inputs = packRrgBatch(samples, targets, config, { stage: STAGE, training: true });
    if (index === 0) await checkFirstGradients(setup, inputs, samples.length);
    const { loss, metrics } = await step.run(inputs, { learningRate });
    const numBoxes = targets.reduce((sum, { roi }) => sum + roi.labels.length, 0);
    checkStepLosses(context, index, { ...metrics, loss }, golden, numBoxes);
  }
  const after = await step.exportParameters();
  for (const name of context.tensors.keys()) {
    const [, count, parameter] = AFTER.exec(name) ?? [];
    if (parameter === undefined) continue;
    if (Number(count) !== steps.length) throw new Error(`${name}: the case has ${steps.length} steps`);
    context.check(name, after.get(ourRrgName(parameter))!.data);
  }
  pass.dispose();
  step.dispose();
}
