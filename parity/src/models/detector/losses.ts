import { renameKey } from '@crrg/checkpoints';
import {
  assignTargets,
  backboneAndRpn,
  createDetector,
  detectorSpecs,
  detectorTraining,
  lowestIndexSampler,
  packTargets,
  regionProjection,
  gatherRows,
  targetInputShapes,
  topRegions,
  totalDetectorLoss,
  RGRG_DETECTOR_STAGE1_KEY_MAP,
  type DetectorConfig,
  type GroundTruth,
  type ImageTargets,
} from '@crrg/detector';
import { detectWithReference } from '@crrg/evaluate';
import {
  gradients,
  trace,
  type BufferUpdates,
  type HostTensor,
  type NormalizationMode,
  type Tensor,
} from '@crrg/tensor';
import { checkBoxes } from './boxes.js';
import { GraphCache, inputImage, openDetector, sizeOfImage, type DetectorSetup } from './setup.js';
import type { ParityContext } from '../../framework/context.js';
import type { GoldenValue } from '../../golden/cases.js';

type LossMode = 'eval_with_targets' | 'train_bn_eval' | 'train';

/** Our name of each loss of the reference. */
const LOSS_NAMES = {
  loss_classifier: 'classifier',
  loss_box_reg: 'boxRegression',
  loss_objectness: 'objectness',
  loss_rpn_box_reg: 'rpnBoxRegression',
} as const;

function groundTruthOf(context: ParityContext, batch: number): GroundTruth[] {
  return Array.from({ length: batch }, (_, image) => ({
    boxes: context.tensor(`gt_boxes_${image}`).data as Float32Array,
    regions: Int32Array.from(context.tensor(`gt_labels_${image}`).data, (label) => label - 1),
  }));
}

const ourName = (name: string) => renameKey(name, RGRG_DETECTOR_STAGE1_KEY_MAP)!;

const batchNormMode = (mode: LossMode, updates: BufferUpdates): NormalizationMode =>
  mode === 'train' ? { training: true, updates } : { training: false };

/** Names of reference tensors with the given prefix in this case, whole or sampled. */
function namesWith(context: ParityContext, prefix: string): string[] {
  const names = [...context.tensors.keys()].filter(
    (name) => name.startsWith(prefix) && !name.endsWith('.idx'),
  );
  return names.map((name) => name.slice(prefix.length).replace(/\.val$/, ''));
}

async function assign(
  graphs: GraphCache,
  setup: DetectorSetup,
  image: HostTensor,
  truth: GroundTruth[],
  mode: LossMode,
) {
  const { config } = setup;
  const signature = { inputs: { image: { shape: image.shape } }, parameters: detectorSpecs(config) };
  const key = `first stage, ${mode === 'train' ? 'batch' : 'running'} statistics`;
  const output = await graphs.run(key, { image }, () =>
    trace(signature, (ops, { inputs, parameters }) => {
      const options = { mode: batchNormMode(mode, new Map()) };
      const { objectness, boxDeltas } = backboneAndRpn(ops, parameters, inputs['image']!, config, options);
      return { objectness, boxDeltas };
    }),
  );
  return assignTargets(
    {
      objectness: output['objectness']!.data as Float32Array,
      boxDeltas: output['boxDeltas']!.data as Float32Array,
    },
    truth,
    {
      config,
      inputSize: sizeOfImage(image),
      mode: mode === 'eval_with_targets' ? 'evaluation' : 'training',
      sampler: lowestIndexSampler,
    },
  );
}

/** True where every sampled box has the place that it has in the reference. */
function checkTargets(context: ParityContext, targets: readonly ImageTargets[], mode: LossMode): boolean {
  let sameOrder = true;
  targets.forEach(({ rpn, roi }, image) => {
    context.checkEqual(`${mode}.rpn_pos_idx_${image}`, rpn.positives);
    context.checkEqual(`${mode}.rpn_neg_idx_${image}`, rpn.negatives);
    const [boxes, labels] = [`${mode}.roi_boxes_${image}`, `${mode}.roi_labels_${image}`];
    context.covers(boxes, labels);
    const inOrder = checkBoxes(context, boxes, roi.boxes, context.tensor(boxes).data);
    sameOrder &&= inOrder;
    // Where two proposals swapped, the labels are compared as a multiset, like the boxes.
    const sorted = (values: ArrayLike<number>) =>
      inOrder ? Array.from(values) : Array.from(values).sort((a, b) => a - b);
    context.checkEqual(labels, sorted(roi.labels), sorted(context.tensor(labels).data));
  });
  return sameOrder;
}

async function runMode(
  context: ParityContext,
  graphs: GraphCache,
  setup: DetectorSetup,
  image: HostTensor<'float32'>,
  mode: LossMode,
): Promise<void> {
  const { config } = setup;
  const truth = groundTruthOf(context, image.shape[0]!);
  const targets = await assign(graphs, setup, image, truth, mode);
  const sameOrder = checkTargets(context, targets, mode);
  const gradientNames = namesWith(context, `${mode}.grad.`);
  const updateNames = namesWith(context, `${mode}.updated.`);

  const signature = {
    inputs: { image: { shape: image.shape }, ...targetInputShapes(config, image.shape[0]!) },
    parameters: detectorSpecs(config),
  };
  const inputs = { image, ...packTargets(targets, config) };
  const key = `losses, ${mode === 'train'}, ${gradientNames.join()}, ${updateNames.join()}`;
  const outputs = await graphs.run(key, inputs, () =>
    trace(signature, (ops, { inputs, parameters }) => {
      const updates: BufferUpdates = new Map();
      const options = { mode: batchNormMode(mode, updates) };
      const { losses, roi, boxMask } = detectorTraining(ops, parameters, inputs, config, options);
      const top = topRegions(ops, roi.classLogits, boxMask);
      const wrt = gradientNames.map((name) => parameters.get(ourName(name)));
      const found = wrt.length > 0 ? gradients(ops, totalDetectorLoss(ops, losses), wrt) : [];
      const updated = updateNames.map((name) => updates.get(ourName(name))!);
      return {
        ...losses,
        ...byName('grad.', gradientNames, found),
        ...byName('updated.', updateNames, updated),
        isDetected: top.isDetected,
        scores: top.scores,
        regionFeatures: regionProjection(ops, parameters, gatherRows(ops, roi.pooledFeatures, top.indices)),
      };
    }),
  );

  const expected = (
    context.sidecar['losses'] as Record<LossMode, Record<keyof typeof LOSS_NAMES, GoldenValue>>
  )[mode];
  for (const [theirs, ours] of Object.entries(LOSS_NAMES)) {
    const golden = expected[theirs as keyof typeof LOSS_NAMES];
    const tolerance = sameOrder ? undefined : 1e-4 * Math.abs(golden.value);
    context.checkValue(`${mode}.${theirs}`, outputs[ours]!.data[0]!, golden, { tolerance });
  }
  for (const name of gradientNames) checkGradient(context, mode, name, outputs[`grad.${name}`]!.data);
  for (const name of updateNames) context.check(`${mode}.updated.${name}`, outputs[`updated.${name}`]!.data);
  const has = (name: string) => context.tensors.has(`${mode}.${name}`);
  if (has('class_detected')) context.checkEqual(`${mode}.class_detected`, outputs['isDetected']!.data);
  if (has('top_scores')) context.check(`${mode}.top_scores`, outputs['scores']!.data);
  if (has('region_features')) context.check(`${mode}.region_features`, outputs['regionFeatures']!.data);
}

/**
 * Layers below a ReLU are compared by relative L2 error: where rounding turns one unit of one box on or off, the elements of that unit
 * jump. The others are compared element by element.
 */
function checkGradient(
  context: ParityContext,
  mode: LossMode,
  name: string,
  actual: ArrayLike<number>,
): void {
  const key = `${mode}.grad.${name}`;
  if (name.startsWith('backbone.')) context.checkRelativeL2(key, actual);
  else if (/^(rpn\.head\.conv|roi_heads\.box_head)\./.test(name))
    context.checkRelativeL2(key, actual, key, { tolerance: 2e-3 });
  else context.check(key, actual);
}

function byName(
  prefix: string,
  names: readonly string[],
  tensors: readonly Tensor[],
): Record<string, Tensor> {
  return Object.fromEntries(names.map((name, i) => [`${prefix}${name}`, tensors[i]!]));
}

/** The detector's own validation with the annotated boxes among the proposals (docs/reference/traps.md#t1). */
async function runReferenceEvaluation(
  context: ParityContext,
  setup: DetectorSetup,
  image: HostTensor<'float32'>,
): Promise<void> {
  const detector = createDetector({ ...setup, backend: await context.backend() });
  try {
    const groundTruth = groundTruthOf(context, image.shape[0]!);
    const detections = await detectWithReference(detector, image, {
      groundTruth,
      sampler: lowestIndexSampler,
    });
    const isDetected = detections.flatMap((found) => found.isDetected);
    context.checkEqual(
      'detect with reference boxes: class_detected',
      isDetected,
      'eval_with_targets.class_detected',
    );
    const scores = detections.flatMap((found) => [...found.scores]);
    context.check('detect with reference boxes: top_scores', scores, 'eval_with_targets.top_scores', {});
  } finally {
    detector.dispose();
  }
}

/** Numbers of proposals and sampled boxes as the sidecar says them: `2000/2000` before and after suppression, `512 sampled`. */
function withStatedLimits({ sidecar }: ParityContext, config: DetectorConfig): DetectorConfig {
  const modes = (sidecar['modes'] ?? {}) as Readonly<Record<string, string>>;
  const limits = (text = '') => {
    const [, preNms, postNms] = /(\d+)\/(\d+)/.exec(text) ?? [];
    return preNms === undefined ? {} : { preNms: Number(preNms), postNms: Number(postNms) };
  };
  const { rpn, roi } = config;
  const sampled = /(\d+) sampled/.exec(modes['eval_with_targets'] ?? '')?.[1];
  return {
    ...config,
    rpn: {
      ...rpn,
      evaluation: { ...rpn.evaluation, ...limits(modes['eval_with_targets']) },
      training: { ...rpn.training, ...limits(modes['train_bn_eval']) },
    },
    roi: { ...roi, sampleSize: sampled === undefined ? roi.sampleSize : Number(sampled) },
  };
}

/** Targets, losses, gradients and running statistics in the modes that the case has. */
export async function runLosses(context: ParityContext): Promise<void> {
  const opened = await openDetector(context);
  const setup = { ...opened, config: withStatedLimits(context, opened.config) };
  const image = await inputImage(context);
  const modes = Object.keys(context.sidecar['losses'] as object) as LossMode[];
  const graphs = new GraphCache(context, setup.weights);
  try {
    for (const mode of modes) await runMode(context, graphs, setup, image, mode);
  } finally {
    graphs.dispose();
  }
  if (modes.includes('eval_with_targets')) await runReferenceEvaluation(context, setup, image);
}
