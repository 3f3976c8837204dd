import { applyKeyMap, renameKey } from '@crrg/checkpoints';
import {
  CLASSIFIERS,
  RGRG_REGION_SELECTOR_KEY_MAP,
  classifierLoss,
  createRegionSelector,
  decideRegions,
  classifyRegions,
  parseRegionSelectorConfig,
  regionSelectorSpecs,
  type Classifier,
  type RegionSelectorConfig,
} from '@crrg/region-selector';
import { gradients, trace, type Graph, type HostTensor, type StateDict } from '@crrg/tensor';
import type { ParityContext, ParitySuite } from '../framework/context.js';
import { runGraph, toFloat } from '../framework/run-graph.js';
import type { GoldenValue } from '../golden/cases.js';
import { factorOf } from '../golden/statements.js';

const PREFIX = 'binary_classifier_region_';
const THEIR_NAME: Readonly<Record<Classifier, string>> = { selection: 'selection', abnormality: 'abnormal' };
const TARGETS: Readonly<Record<Classifier, string>> = {
  selection: 'region_has_sentence',
  abnormality: 'region_is_abnormal',
};

interface ClassifierSidecar {
  readonly config: string;
  readonly pos_weight: { readonly selection: number; readonly abnormal: number };
  readonly threshold_logit: number;
  readonly features?: {
    readonly generator_name: string;
    readonly shape: number[];
    readonly mean: number;
    readonly scale: number;
  };
  /** Says of which sum the gradients are, as in `5*selection + 5*abnormal`. */
  readonly note: string;
  readonly losses: { readonly selection: GoldenValue; readonly abnormal: GoldenValue };
}

async function readConfig(context: ParityContext, sidecar: ClassifierSidecar): Promise<RegionSelectorConfig> {
  const { dim, h1, h2 } = (await context.settings(sidecar.config)) as { dim: number; h1: number; h2: number };
  return parseRegionSelectorConfig({
    inputDim: dim,
    hidden: [h1, h2],
    selectionPosWeight: sidecar.pos_weight.selection,
    abnormalityPosWeight: sidecar.pos_weight.abnormal,
    thresholdLogit: sidecar.threshold_logit,
  });
}

function readFeatures(context: ParityContext, { features }: ClassifierSidecar): HostTensor {
  if (!features) return context.tensor('features');
  return context.input(features.generator_name, features.shape, features.mean, features.scale);
}

function traceLosses(
  config: RegionSelectorConfig,
  [images, regions]: readonly [number, number],
  sum: string,
): Graph {
  const shape = [images, regions];
  const inputs = {
    features: { shape: [...shape, config.inputDim] },
    isDetected: { shape },
    region_has_sentence: { shape },
    region_is_abnormal: { shape },
  };
  const posWeight = { selection: config.selectionPosWeight, abnormality: config.abnormalityPosWeight };
  const specs = regionSelectorSpecs(config);
  return trace({ inputs, parameters: specs }, (ops, scope) => {
    const losses = CLASSIFIERS.map((classifier) =>
      classifierLoss(ops, classifyRegions(ops, scope.parameters, scope.inputs['features']!, classifier), {
        targets: scope.inputs[TARGETS[classifier]]!,
        isDetected: scope.inputs['isDetected']!,
        posWeight: posWeight[classifier],
      }),
    );
    const weighted = CLASSIFIERS.map((classifier, index) =>
      ops.mul(losses[index]!, factorOf(sum, THEIR_NAME[classifier])),
    );
    const total = ops.add(weighted[0]!, weighted[1]!);
    const names = ['features', ...Object.keys(specs)];
    const wrt = names.map((name) => (name === 'features' ? scope.inputs[name]! : scope.parameters.get(name)));
    const found = gradients(ops, total, wrt);
    return {
      'loss.selection': losses[0]!,
      'loss.abnormality': losses[1]!,
      ...Object.fromEntries(names.map((name, index) => [`grad.${name}`, found[index]!])),
    };
  });
}

async function checkDecisions(
  context: ParityContext,
  config: RegionSelectorConfig,
  weights: StateDict,
  features: HostTensor,
): Promise<void> {
  const selector = await createRegionSelector({ config, weights, backend: await context.backend() });
  const isDetected = context.tensor('class_detected').data as Uint8Array;
  const result = await selector.select(features.data as Float32Array, isDetected);
  selector.dispose();
  context.check('selection.logits', result.selectionLogits);
  context.check('abnormal.logits', result.abnormalityLogits);
  context.checkEqual('selection.selected_regions', result.isSelected);
  context.checkEqual('abnormal.predicted', result.isAbnormal);
  const exact = context.tensor('selection.logits').data as Float32Array;
  context.checkEqual(
    'selection.selected_regions from golden logits',
    decideRegions(exact, config.thresholdLogit, isDetected),
    'selection.selected_regions',
  );
}

async function checkLosses(
  context: ParityContext,
  config: RegionSelectorConfig,
  weights: StateDict,
  features: HostTensor,
): Promise<void> {
  const [images, regions] = features.shape as [number, number];
  const { losses, note } = context.sidecar as unknown as ClassifierSidecar;
  const inputs = {
    features,
    isDetected: toFloat(context.tensor('class_detected')),
    region_has_sentence: toFloat(context.tensor('region_has_sentence')),
    region_is_abnormal: toFloat(context.tensor('region_is_abnormal')),
  };
  const graph = traceLosses(config, [images, regions], note);
  const outputs = await runGraph(context, graph, inputs, weights);
  context.checkValue('loss.selection', outputs['loss.selection']!.data[0]!, losses.selection);
  context.checkValue('loss.abnormal', outputs['loss.abnormality']!.data[0]!, losses.abnormal);
  context.check('grad.features', outputs['grad.features']!.data);
  for (const classifier of CLASSIFIERS) {
    for (const [layer, part] of [0, 2, 4].flatMap((index) => [
      [index, 'weight'] as const,
      [index, 'bias'] as const,
    ])) {
      const theirs = `${THEIR_NAME[classifier]}.classifier.${layer}.${part}`;
      const ours = renameKey(`${PREFIX}${theirs}`, RGRG_REGION_SELECTOR_KEY_MAP);
      context.check(`grad.${theirs}`, outputs[`grad.${ours}`]!.data);
    }
  }
}

/** Region selection and abnormality: logits, decisions, losses and their gradients. */
export const classifierSuite: ParitySuite = {
  name: 'classifiers',
  matches: (caseName) => caseName.startsWith('classifiers/'),
  run: async (context) => {
    const sidecar = context.sidecar as unknown as ClassifierSidecar;
    const config = await readConfig(context, sidecar);
    const reference = await context.weights(sidecar.config, { prefix: PREFIX });
    const weights = applyKeyMap(reference, RGRG_REGION_SELECTOR_KEY_MAP, regionSelectorSpecs(config));
    const features = readFeatures(context, sidecar);
    await checkDecisions(context, config, weights, features);
    await checkLosses(context, config, weights, features);
  },
};
