import { lowestIndexSampler } from '@crrg/detector';
import { rrgSpecs } from '@crrg/pipeline';
import {
  createProposalPass,
  packRrgBatch,
  rrgBatchInputs,
  rrgLossFunction,
  type RrgSample,
} from '@crrg/train';
import { createLossEvaluation } from '@crrg/train-loop';
import type { ParityContext } from '../../framework/context.js';
import type { GoldenValue } from '../../golden/cases.js';
import type { RrgCase } from './case.js';

/** Our name of each loss of the reference. */
const LOSS_NAMES: Readonly<Record<string, string>> = {
  loss_classifier: 'classifier',
  loss_box_reg: 'boxRegression',
  loss_objectness: 'objectness',
  loss_rpn_box_reg: 'rpnBoxRegression',
  selection: 'selection',
  abnormal: 'abnormality',
  language_model: 'languageModel',
};

/** The stage of training whose losses the cases hold. */
export const STAGE = 'full';

/** Losses by our names. */
type Values = Readonly<Record<string, number>>;
/** Losses by the reference's names. */
export type GoldenLosses = Readonly<Record<string, GoldenValue>>;

function checkLosses(context: ParityContext, prefix: string, found: Values, golden: GoldenLosses): void {
  for (const [theirs, ours] of Object.entries(LOSS_NAMES))
    context.checkValue(`${prefix}${theirs}`, found[ours]!, golden[theirs]!);
}

/**
 * The losses of a training step. After the first update rounding decides now and then which of two near-equal proposals is kept (seen with
 * background boxes only); then the mean over the sampled boxes may move by one box's share, taken as one nat.
 */
export function checkStepLosses(
  context: ParityContext,
  index: number,
  found: Values,
  golden: GoldenLosses,
  numBoxes: number,
): void {
  const share = 1 / numBoxes;
  for (const [theirs, ours] of Object.entries({ ...LOSS_NAMES, total: 'loss' })) {
    const { value, torch_fp32_err: error } = golden[theirs]!;
    const strict = Math.max(10 * error, 2e-6 * Math.abs(value));
    const mayMove = index > 0 && (theirs === 'loss_classifier' || theirs === 'total');
    const hasMoved = mayMove && Math.abs(found[ours]! - value) > strict;
    context.checkValue(
      `train.steps.${index}.${theirs}${hasMoved ? ' but for one sampled box' : ''}`,
      found[ours]!,
      golden[theirs]!,
      hasMoved ? { tolerance: share } : {},
    );
  }
}

/** Losses in evaluation mode, by the two graphs that validation runs. */
export async function checkEvaluationLosses(setup: RrgCase, samples: readonly RrgSample[]): Promise<void> {
  const { context, config, weights } = setup;
  const backend = await context.backend();
  const batch = samples.length;
  const parameters = Object.fromEntries(weights);
  const pass = await createProposalPass({ backend, config, batch, training: false });
  const targets = await pass.targets(samples, parameters, lowestIndexSampler);
  pass.dispose();
  const evaluation = await createLossEvaluation({
    backend,
    specs: rrgSpecs(config),
    inputs: rrgBatchInputs(config, STAGE, batch),
    loss: rrgLossFunction(config, { stage: STAGE, training: false }),
  });
  const inputs = packRrgBatch(samples, targets, config, { stage: STAGE, training: false });
  const { loss, metrics } = await evaluation.run(inputs, parameters);
  evaluation.dispose();
  const golden = (context.sidecar['losses'] ?? context.sidecar['eval']) as GoldenLosses;
  checkLosses(context, 'eval.', { ...metrics, loss }, golden);
}
