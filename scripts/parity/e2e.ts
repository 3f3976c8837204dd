import { createDetector, lowestIndexSampler, type RegionDetections } from '@crrg/detector';
import { preprocessRadiograph } from '@crrg/image';
import { partOf, rrgSpecs, type RrgConfig } from '@crrg/pipeline';
import {
  createProposalPass,
  packRrgBatch,
  rrgBatchInputs,
  rrgLossFunction,
  rrgLosses,
  type RrgSample,
} from '@crrg/train';
import { createRegionSelector, type RegionSelection } from '@crrg/region-selector';
import { createReportGenerator, type Hypothesis } from '@crrg/report-gen';
import { float32, gradients, runToHost, trace, type HostTensor, type StateDict } from '@crrg/tensor';
import {
  adamw,
  createLossEvaluation,
  createTrainStep,
  type AdamWOptions,
  type TrainStep,
} from '@crrg/train-loop';
import type { GoldenValue, ParityContext, ParitySuite } from './framework.js';
import { numberTokenizer, padRows } from './lm.js';
import { readPicture } from './detector-setup.js';
import { ourRrgName, rrgConfigOf, toRrgWeights } from './rrg-setup.js';
import { adamwSettings } from './statements.js';

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

const STAGE = 'full';

/** A case with its model. */
interface Setup {
  readonly context: ParityContext;
  readonly config: RrgConfig;
  readonly weights: StateDict;
  readonly images: HostTensor<'float32'>;
}

type Values = Readonly<Record<string, number>>;
type GoldenLosses = Readonly<Record<string, GoldenValue>>;

async function openSetup(context: ParityContext): Promise<Setup> {
  const name = context.sidecar['config'] as string;
  const config = rrgConfigOf(await context.weightSource(name));
  const weights = toRrgWeights(await context.weights(name), config);
  return { context, config, weights, images: await inputImages(context, config) };
}

/** The network input of a case: stored, or a picture to preprocess. */
async function inputImages(context: ParityContext, config: RrgConfig): Promise<HostTensor<'float32'>> {
  const stored = context.tensors.get('images');
  if (stored) return stored as HostTensor<'float32'>;
  const size = config.detector.imageSize;
  const image = await readPicture(context);
  return float32([1, 1, size, size], preprocessRadiograph(image, { size }).data);
}

/** The annotated images of a forward case. */
function samplesOf({ context, config, images }: Setup): RrgSample[] {
  const batch = images.shape[0]!;
  const regions = config.detector.numRegions;
  const [tokens, mask] = [context.tensor('input_ids'), context.tensor('attention_mask')];
  const width = tokens.shape[1]!;
  const row = (index: number) => {
    const start = index * width;
    let length = 0;
    for (let i = start; i < start + width; i++) length += Number(mask.data[i]);
    return Array.from(tokens.data.slice(start, start + length));
  };
  const flags = (name: string, image: number) =>
    Array.from({ length: regions }, (_, region) => context.tensor(name).data[image * regions + region] !== 0);
  const pixels = images.data.length / batch;
  return Array.from({ length: batch }, (_, image) => ({
    image: images.data.slice(image * pixels, (image + 1) * pixels),
    groundTruth: {
      boxes: context.tensor(`gt_boxes_${image}`).data as Float32Array,
      regions: Int32Array.from({ length: regions }, (_, region) => region),
    },
    phrases: flags('region_has_sentence', image).map((hasPhrase, region) =>
      hasPhrase ? row(image * regions + region) : undefined,
    ),
    isAbnormal: flags('region_is_abnormal', image),
  }));
}

function checkLosses(context: ParityContext, prefix: string, found: Values, golden: GoldenLosses): void {
  for (const [theirs, ours] of Object.entries(LOSS_NAMES))
    context.checkValue(`${prefix}${theirs}`, found[ours]!, golden[theirs]!);
}

/**
 * The losses of a training step. After the first update rounding decides now and then which of two near-equal proposals is kept (seen with
 * background boxes only); then the mean over the sampled boxes may move by one box's share, taken as one nat.
 */
function checkStepLosses(
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
async function checkEvaluationLosses(setup: Setup, samples: readonly RrgSample[]): Promise<void> {
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

/** What evaluation with targets finds: the annotated boxes join the proposals (docs/reference/traps.md#t1). */
async function checkReferenceDetections(setup: Setup, samples: readonly RrgSample[]): Promise<void> {
  const { context } = setup;
  const truth = samples.map(({ groundTruth }) => groundTruth);
  const { detections, selection } = await findRegions(setup, {
    groundTruth: truth,
    sampler: lowestIndexSampler,
  });
  const prefix = context.tensors.has('eval.top_scores') ? 'eval.' : '';
  checkRegions(context, prefix, detections, selection);
  context.checkEqual(`${prefix}predicted_abnormal_regions`, selection.isAbnormal);
}

interface FoundRegions {
  readonly detections: readonly RegionDetections[];
  readonly selection: RegionSelection;
  readonly features: Float32Array;
}

async function findRegions(
  { context, config, weights, images }: Setup,
  reference?: NonNullable<Parameters<ReturnType<typeof createDetector>['detect']>[1]>['reference'],
): Promise<FoundRegions> {
  const backend = await context.backend();
  const detector = createDetector({ config: config.detector, weights: partOf(weights, 'detector'), backend });
  const detections = await detector.detect(images, { reference });
  detector.dispose();
  const selector = await createRegionSelector({
    config: config.regionSelector,
    weights: partOf(weights, 'regionSelector'),
    backend,
  });
  const features = Float32Array.from(detections.flatMap(({ regionFeatures }) => Array.from(regionFeatures)));
  const isDetected = Uint8Array.from(detections.flatMap((image) => image.isDetected.map(Number)));
  const selection = await selector.select(features, isDetected);
  selector.dispose();
  return { detections, selection, features };
}

function checkRegions(
  context: ParityContext,
  prefix: string,
  detections: readonly RegionDetections[],
  selection: RegionSelection,
): void {
  context.checkEqual(
    `${prefix}class_detected`,
    detections.flatMap(({ isDetected }) => isDetected),
  );
  context.checkEqual(`${prefix}selected_regions`, selection.isSelected);
  context.check(
    `${prefix}top_scores`,
    detections.flatMap(({ scores }) => Array.from(scores)),
  );
  context.check(
    `${prefix}top_region_boxes`,
    detections.flatMap(({ boxes }) => Array.from(boxes)),
  );
}

const GRADIENT = 'train.grad0.';
const AFTER = /^train\.(?:param|buffer)_after_(\d+)_steps\.(.+)$/;

function namesWith(context: ParityContext, prefix: string): string[] {
  const names = [...context.tensors.keys()].filter((name) => name.startsWith(prefix));
  return names.map((name) => name.slice(prefix.length));
}

async function checkFirstGradients(
  { context, config, weights }: Setup,
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
  const executable = await (await context.backend()).compile(graph, { weights });
  const outputs = await runToHost(executable, inputs);
  executable.dispose();
  for (const name of names) {
    // Units of the trunk that rounding turns on or off move single elements.
    if (name.startsWith('object_detector.backbone.'))
      context.checkRelativeL2(`${GRADIENT}${name}`, outputs[name]!.data);
    else context.check(`${GRADIENT}${name}`, outputs[name]!.data);
  }
}

async function createStep(
  { context, config, weights }: Setup,
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

interface GoldenTraining {
  /** As in `AdamW lr 5e-5, betas .9/.999, eps 1e-8, weight decay 0.01 on every trainable parameter`. */
  readonly optimizer: string;
  readonly steps: readonly GoldenLosses[];
}

/** A few steps on one batch: losses of every step, then parameters and running statistics. */
async function checkTraining(
  setup: Setup,
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

async function runForward(context: ParityContext): Promise<void> {
  const setup = await openSetup(context);
  const samples = samplesOf(setup);
  await checkEvaluationLosses(setup, samples);
  await checkReferenceDetections(setup, samples);
  const training = context.sidecar['train'] as GoldenTraining | undefined;
  if (training) await checkTraining(setup, samples, training);
}

/** Features of the selected regions, image after image. */
function selectedFeatures({ features, selection }: FoundRegions, width: number): Float32Array {
  const rows = [...selection.isSelected.keys()].filter((row) => selection.isSelected[row]);
  return Float32Array.from(
    rows.flatMap((row) => Array.from(features.subarray(row * width, (row + 1) * width))),
  );
}

const OUTPUT = /^beams(\d+)\.max(\d+)\.output_ids$/;

async function runGenerate(context: ParityContext): Promise<void> {
  const setup = await openSetup(context);
  const { config, weights } = setup;
  const found = await findRegions(setup);
  checkRegions(context, '', found.detections, found.selection);
  if (context.tensors.has('selection_logits'))
    context.check('selection_logits', found.selection.selectionLogits);
  if (context.tensors.has('region_features')) context.check('region_features', found.features);

  const generations = [...context.tensors.keys()].flatMap((name) => {
    const [, numBeams, maxLength] = OUTPUT.exec(name) ?? [];
    return numBeams === undefined ? [] : [{ name, numBeams: Number(numBeams), maxLength: Number(maxLength) }];
  });
  const generator = await createReportGenerator({
    config: config.reportGen,
    weights: partOf(weights, 'reportGen'),
    tokenizer: numberTokenizer(config.reportGen),
    backend: await context.backend(),
    maxBeams: Math.max(...generations.map(({ numBeams }) => numBeams)),
  });
  const width = config.reportGen.regionFeatureDim;
  const features = selectedFeatures(found, width);
  for (const { name, numBeams, maxLength } of generations) {
    const [numSentences, numTokens] = context.tensor(name).shape as [number, number];
    if (numSentences * width > features.length)
      throw new Error(`${name}: ${numSentences} sentences of ${features.length / width} selected regions`);
    const rows = await generator.search(features.slice(0, numSentences * width), { numBeams, maxLength });
    const best: Hypothesis[] = rows.map(([first]) => first!);
    context.checkEqual(name, padRows(best, numTokens, config.reportGen.padTokenId));
    const scores = [`beams${numBeams}.max${maxLength}`, `beams${numBeams}`]
      .map((prefix) => `${prefix}.sequence_scores`)
      .find((candidate) => context.tensors.has(candidate));
    if (scores !== undefined)
      context.check(
        scores,
        best.map(({ score }) => score),
      );
  }
  generator.dispose();
}

/** The whole report model: losses, training, and pixels to token ids. */
export const endToEndSuite: ParitySuite = {
  name: 'e2e',
  matches: (caseName) => /^e2e\/.*\.(forward|generate)$/.test(caseName),
  run: (context) => (context.name.endsWith('.forward') ? runForward(context) : runGenerate(context)),
};
