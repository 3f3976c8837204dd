import { applyKeyMap, renameKey } from '@crrg/checkpoints';
import {
  HIDDEN_SCORE,
  createReportGenerator,
  languageModel,
  languageModelLoss,
  parseReportGenConfig,
  reportGenSpecs,
  rgrgReportGenKeyMap,
  traceDecodeStep,
  tracePrefill,
  transformRegionFeatures,
  type Hypothesis,
  type ReportGenConfig,
  type Tokenizer,
} from '@crrg/report-gen';
import {
  float32,
  gradients,
  int32,
  runToHost,
  trace,
  type Graph,
  type HostTensor,
  type StateDict,
} from '@crrg/tensor';
import type { GoldenValue, ParityContext, ParitySuite } from './framework.js';

const PREFIX = 'language_model.';

interface LanguageModelSettings {
  readonly dim: number;
  readonly heads: number;
  readonly layers: number;
  readonly mlp: number;
  readonly vocab: number;
  readonly npos: number;
  readonly bos: number;
}

/** Configuration and weights of a case, under our names. */
export async function openLanguageModel(
  context: ParityContext,
): Promise<{ readonly config: ReportGenConfig; readonly weights: StateDict }> {
  const name = context.sidecar['config'] as string;
  const settings = (await context.settings(name)) as unknown as LanguageModelSettings;
  const config = parseReportGenConfig({
    numLayers: settings.layers,
    numHeads: settings.heads,
    width: settings.dim,
    ffnWidth: settings.mlp,
    vocabSize: settings.vocab,
    numPositions: settings.npos,
    regionFeatureDim: settings.dim,
    bosTokenId: settings.bos,
    eosTokenId: settings.bos,
    padTokenId: settings.bos,
  });
  const reference = await context.weights(name, { prefix: PREFIX });
  return { config, weights: applyKeyMap(reference, rgrgReportGenKeyMap(config), reportGenSpecs(config)) };
}

function ourName(reference: string): string {
  const name = renameKey(`${PREFIX}${reference}`, rgrgReportGenKeyMap({ positionTable: 'token' }));
  if (typeof name !== 'string') throw new Error(`no parameter of ours for ${reference}`);
  return name;
}

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
      ...learned.map((name) => parameters.get(ourName(name))),
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

function toFloat({ shape, data }: HostTensor): HostTensor {
  return float32(shape, Float32Array.from(data));
}

async function runGraph(
  context: ParityContext,
  graph: Graph,
  weights: StateDict,
  inputs: Readonly<Record<string, HostTensor>>,
): Promise<Record<string, HostTensor>> {
  const executable = await (await context.backend()).compile(graph, { weights });
  try {
    return await runToHost(executable, inputs);
  } finally {
    executable.dispose();
  }
}

/** Per row of `[.., V]`: the largest, the `count` largest, and the logarithm of the sum of exponentials. */
function summarize(logits: Float32Array, vocabSize: number, count = 1) {
  const rows = Array.from({ length: logits.length / vocabSize }, (_, row) =>
    logits.subarray(row * vocabSize, (row + 1) * vocabSize),
  );
  const top = rows.map((row) =>
    Array.from(row.keys())
      .sort((a, b) => row[b]! - row[a]!)
      .slice(0, count),
  );
  return {
    argmax: top.map(([best]) => best!),
    largest: top.flatMap((best, row) => best.map((token) => rows[row]![token]!)),
    logSumExp: rows.map((row) => {
      const largest = row.reduce((a, b) => Math.max(a, b));
      return largest + Math.log(row.reduce((sum, value) => sum + Math.exp(value - largest), 0));
    }),
  };
}

async function checkForward(
  context: ParityContext,
  config: ReportGenConfig,
  weights: StateDict,
): Promise<void> {
  const outputs = await runGraph(context, traceForward(context, config), weights, {
    input_ids: context.tensor('input_ids'),
    attention_mask: toFloat(context.tensor('attention_mask')),
    image_features: context.tensor('image_features'),
  });
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
async function checkLeftPadding(
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
  const { logits } = await runGraph(context, graph, weights, {
    tokenIds: context.tensor('leftpad.input_ids'),
    positionIds: context.tensor('leftpad.position_ids'),
    attentionMask: toFloat(context.tensor('leftpad.attention_mask')),
    regionFeatures: features,
  });
  context.check('leftpad.logits', logits!.data);
}

/** The stages of generation, fed the first sequence token by token. */
async function checkCachedStep(
  context: ParityContext,
  config: ReportGenConfig,
  weights: StateDict,
): Promise<void> {
  if (!context.tensors.has('cached_last_step_logits_row0')) return;
  const backend = await context.backend();
  const prefill = await backend.compile(tracePrefill(config), { weights });
  const decodeStep = await backend.compile(traceDecodeStep(config, config.vocabSize), { weights });
  const features = context.tensor('image_features').data.slice(0, config.regionFeatureDim) as Float32Array;
  const isCached = (name: string) => /^(past|recent)/.test(name);
  const cache: Record<string, HostTensor> = {};
  const keep = (outputs: Readonly<Record<string, HostTensor>>) => {
    for (const [name, value] of Object.entries(outputs)) if (isCached(name)) cache[name] = value;
    return outputs;
  };
  let outputs = keep(
    await runToHost(prefill, { regionFeatures: float32([1, config.regionFeatureDim], features) }),
  );
  const length = context.tensor('input_ids').shape[1]!;
  for (let position = 0; position < length; position++) {
    const visibility = new Float32Array(position + 3);
    visibility[1] = HIDDEN_SCORE;
    outputs = keep(
      await runToHost(decodeStep, {
        tokenIds: int32([1, 1], [context.tensor('input_ids').data[position]!]),
        positionId: int32([1, 1], [position]),
        visibility: float32([1, 1, position + 3], visibility),
        ...cache,
      }),
    );
  }
  prefill.dispose();
  decodeStep.dispose();
  const golden = context.tensor('cached_last_step_logits_row0').data as Float32Array;
  const { logSumExp } = summarize(golden, config.vocabSize);
  const logProbs = new Float32Array(config.vocabSize);
  outputs['candidateIds']!.data.forEach((token, rank) => {
    logProbs[token] = outputs['candidateLogProbs']!.data[rank]!;
  });
  context.covers('cached_last_step_logits_row0');
  context.check(
    'cached_last_step_logits_row0 as log-probabilities',
    logProbs,
    golden.map((logit) => logit - logSumExp[0]!),
  );
}

interface Generation {
  readonly settings: {
    readonly max_length: number;
    readonly num_beams: number;
    readonly early_stopping: boolean;
    readonly num_return_sequences: number;
  };
  readonly features: string;
}

/** For models without a vocabulary file: texts are written as numbers. */
export function numberTokenizer({ vocabSize, eosTokenId }: ReportGenConfig): Tokenizer {
  const encode = (text: string) => text.split(' ').filter(Boolean).map(Number);
  return {
    vocabSize,
    endOfTextId: eosTokenId,
    encode,
    encodeSentence: (text) => [eosTokenId, ...encode(text), eosTokenId],
    decode: (tokenIds) =>
      Array.from(tokenIds)
        .filter((id) => id !== eosTokenId)
        .join(' '),
  };
}

/** Rows of token ids, padded to one width. */
export function padRows(hypotheses: readonly Hypothesis[], width: number, padTokenId: number): number[] {
  return hypotheses.flatMap(({ tokenIds }) => [
    ...tokenIds,
    ...new Array<number>(Math.max(0, width - tokenIds.length)).fill(padTokenId),
  ]);
}

async function checkGeneration(
  context: ParityContext,
  config: ReportGenConfig,
  weights: StateDict,
): Promise<void> {
  const generations = Object.entries(context.sidecar['generation'] as Record<string, Generation>);
  const maxBeams = Math.max(...generations.map(([, { settings }]) => settings.num_beams));
  const tokenizer = numberTokenizer(config);
  const generator = await createReportGenerator({
    config,
    weights,
    tokenizer,
    backend: await context.backend(),
    maxBeams,
  });
  for (const [name, { settings, features }] of generations) {
    const found = await generator.search(context.tensor(features).data as Float32Array, {
      numBeams: settings.num_beams,
      maxLength: settings.max_length,
      earlyStopping: settings.early_stopping,
      numReturnSequences: settings.num_return_sequences,
    });
    const hypotheses = found.flat();
    context.checkEqual(name, padRows(hypotheses, context.tensor(name).shape[1]!, config.padTokenId));
    const scores = `${name}.sequence_scores`;
    if (context.tensors.has(scores))
      context.check(
        scores,
        hypotheses.map(({ score }) => score),
      );
  }
  generator.dispose();
}

/** The sentence generator: logits, caches, left padding, loss, gradients, and texts by greedy and beam search. */
export const languageModelSuite: ParitySuite = {
  name: 'lm',
  matches: (caseName) => caseName.startsWith('lm/'),
  run: async (context) => {
    const { config, weights } = await openLanguageModel(context);
    if ('generation' in context.sidecar) return checkGeneration(context, config, weights);
    await checkForward(context, config, weights);
    await checkLeftPadding(context, config, weights);
    await checkCachedStep(context, config, weights);
  },
};
