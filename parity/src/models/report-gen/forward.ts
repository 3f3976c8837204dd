import {
  languageModel,
  languageModelLoss,
  reportGenSpecs,
  transformRegionFeatures,
  type ReportGenConfig,
} from '@crrg/report-gen';
import { gradients, trace, type Graph, type StateDict } from '@crrg/tensor';
import type { ParityContext } from '../../framework/context.js';
import { runGraph, toFloat } from '../../framework/run-graph.js';
import type { GoldenValue } from '../../golden/cases.js';
import { summarize } from './logits.js';
import { ourLanguageModelName } from './setup.js';

const GRADIENT = /^grad\.(?!image_features$)(.+)$/;
const CACHE = /^past\.(\d+)\.(key|value)$/;

/** Names of the tensors that a sidecar lists, stored whole or sampled. */
function listedNames({ sidecar }: ParityContext): string[] {
  const listed = { ...(sidecar['tensors'] as object), ...(sidecar['sampled'] as object) };
  return Object.keys(listed);
}

/** Logits, features, the listed caches, the loss and the listed gradients, as one graph. */
function traceForward(context: ParityContext, config: ReportGenConfig): Graph {
  const ids = context.tensor('input_ids').shape;
  const inputs = {
    input_ids: { shape: ids, dtype: 'int32' as const },
    attention_mask: { shape: ids },
    image_features: { shape: context.tensor('image_features').shape },
  };
  const names = listedNames(context);
  return trace({ inputs, parameters: reportGenSpecs(config) }, (ops, { inputs: given, parameters }) => {
    const tokenIds = given['input_ids']!;
    const attentionMask = given['attention_mask']!;
    const regionFeatures = given['image_features']!;
    const { logits, kvCache } = languageModel(
      ops,
      parameters,
      { tokenIds, attentionMask, regionFeatures },
      config,
    );
    const loss = languageModelLoss(ops, logits, tokenIds, attentionMask);
    const caches = names.flatMap((name) => {
      const [, layer, part] = CACHE.exec(name) ?? [];
      return part === undefined ? [] : [[name, kvCache[Number(layer)]![part as 'key' | 'value']] as const];
    });
    const learned = names.flatMap((name) => GRADIENT.exec(name)?.[1] ?? []);
    const found = gradients(ops, loss, [
      regionFeatures,
      ...learned.map((name) => parameters.get(ourLanguageModelName(name))),
    ]);
    return {
      logits,
      loss,
      feature_space_transformation: transformRegionFeatures(ops, parameters, regionFeatures),
      ...Object.fromEntries(caches),
      ...Object.fromEntries(
        ['image_features', ...learned].map((name, index) => [`grad.${name}`, found[index]!]),
      ),
    };
  });
}

/** Logits, caches, loss and gradients of whole texts. */
export async function checkForward(
  context: ParityContext,
  config: ReportGenConfig,
  weights: StateDict,
): Promise<void> {
  const inputs = {
    input_ids: context.tensor('input_ids'),
    attention_mask: toFloat(context.tensor('attention_mask')),
    image_features: context.tensor('image_features'),
  };
  const outputs = await runGraph(context, traceForward(context, config), inputs, weights);
  context.checkValue('loss', outputs['loss']!.data[0]!, context.sidecar['loss'] as GoldenValue);
  for (const name of listedNames(context)) {
    const output = outputs[name];
    if (output && name !== 'loss') context.check(name, output.data);
  }
  if (!context.tensors.has('logits_argmax')) return;
  const [top] = [...context.tensors].filter(([name]) => /^logits_top\d+_values$/.test(name));
  const logits = outputs['logits']!.data as Float32Array;
  const { argmax, largest, logSumExp } = summarize(logits, config.vocabSize, top?.[1].shape.at(-1));
  context.checkEqual('logits_argmax', argmax);
  if (top) context.check(top[0], largest);
  context.check('logits_logsumexp', logSumExp, context.tensor('logits_logsumexp').data);
  context.covers('logits_logsumexp');
}

/** Padding on the left, with the position ids that generation would use. */
export async function checkLeftPadding(
  context: ParityContext,
  config: ReportGenConfig,
  weights: StateDict,
): Promise<void> {
  if (!context.tensors.has('leftpad.logits')) return;
  const shape = context.tensor('leftpad.input_ids').shape;
  const features = context.tensor('image_features');
  const inputs = {
    tokenIds: { shape, dtype: 'int32' as const },
    positionIds: { shape, dtype: 'int32' as const },
    attentionMask: { shape },
    regionFeatures: { shape: features.shape },
  };
  const graph = trace({ inputs, parameters: reportGenSpecs(config) }, (ops, scope) => {
    const { tokenIds, positionIds, attentionMask, regionFeatures } = scope.inputs;
    const network = {
      tokenIds: tokenIds!,
      positionIds,
      attentionMask: attentionMask!,
      regionFeatures: regionFeatures!,
    };
    return { logits: languageModel(ops, scope.parameters, network, config).logits };
  });
  const padded = {
    tokenIds: context.tensor('leftpad.input_ids'),
    positionIds: context.tensor('leftpad.position_ids'),
    attentionMask: toFloat(context.tensor('leftpad.attention_mask')),
    regionFeatures: features,
  };
  const { logits } = await runGraph(context, graph, padded, weights);
  context.check('leftpad.logits', logits!.data);
}
