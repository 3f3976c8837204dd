import { computeRetrieval, probeLogits, scorePrompts, toProbability, type Embeddings } from '@crrg/rclip';
import {
  binaryCrossEntropyWithLogits,
  float32,
  linearSpecs,
  prefixSpecs,
  runToHost,
  trace,
  type HostTensor,
  type ParameterSpecs,
} from '@crrg/tensor';
import { adamw, createTrainStep, warmupCosine } from '@crrg/train-loop';
import { binaryScores, multiclassScores, type BinaryScores } from './scores.js';
import type { ParityContext } from '../../framework/context.js';
import { adamwSettings, generatedValues, requireNumberAfter } from '../../golden/statements.js';

/** Scores are ratios of counts in float64. */
const SCORE_TOLERANCE = 1e-12;

type GoldenScores = Readonly<Record<string, { AUROC: number; Accuracy: number; F1: number } | number>>;

const embeddings = (context: ParityContext, name: string) => context.tensor(name) as Embeddings;

function column({ shape, data }: HostTensor, index: number): number[] {
  const width = shape[1] ?? 1;
  return Array.from({ length: shape[0]! }, (_, row) => data[row * width + index]!);
}

/** The labels of a table of scores, without its averages. */
const labelsOf = (scores: GoldenScores): string[] =>
  Object.keys(scores).filter((name) => !name.includes('('));

/** The averages of a table of scores. */
function reportAverages(context: ParityContext, scores: readonly BinaryScores[], golden: GoldenScores): void {
  const mean = (name: keyof BinaryScores) =>
    scores.reduce((sum, score) => sum + score[name], 0) / scores.length;
  for (const [theirs, ours] of [
    ['AUROC(Avg)', 'auroc'],
    ['Accuracy(Avg)', 'accuracy'],
    ['F1(Avg)', 'f1'],
  ] as const)
    if (typeof golden[theirs] === 'number')
      context.report(`multilabel.${theirs}`, Math.abs(mean(ours) - golden[theirs]), SCORE_TOLERANCE);
}

function reportScores(
  context: ParityContext,
  name: string,
  actual: BinaryScores,
  golden: GoldenScores,
): void {
  const { AUROC, Accuracy, F1 } = golden[name] as { AUROC: number; Accuracy: number; F1: number };
  context.report(`${name}.AUROC`, Math.abs(actual.auroc - AUROC), SCORE_TOLERANCE);
  context.report(`${name}.Accuracy`, Math.abs(actual.accuracy - Accuracy), SCORE_TOLERANCE);
  context.report(`${name}.F1`, Math.abs(actual.f1 - F1), SCORE_TOLERANCE);
}

function checkZeroShot(context: ParityContext): void {
  const scores = scorePrompts(
    embeddings(context, 'zs.image_embeddings'),
    embeddings(context, 'zs.prompt_embeddings'),
  );
  const golden = context.tensor('zs.probability');
  context.check('zs.probability', scores.probabilities, 'zs.probability', { tolerance: 5e-7 });
  const ours = float32(golden.shape, scores.probabilities);
  const actual = binaryScores(
    column(ours, 1),
    scores.best.map((best) => best === 1),
    context.tensor('zs.labels').data,
  );
  const stated = context.sidecar['zero_shot_binary'] as GoldenScores;
  const [label, ...others] = labelsOf(stated);
  if (label === undefined || others.length > 0)
    throw new Error(`expected one label of the two prompts, got ${labelsOf(stated).join(', ')}`);
  reportScores(context, label, actual, stated);
}

function checkRetrieval(context: ParityContext): void {
  const { text_ids: keys, result } = context.sidecar['retrieval'] as {
    readonly text_ids: number[];
    readonly result: Readonly<Record<string, number>>;
  };
  const scores = computeRetrieval({
    images: embeddings(context, 'ret.image_embeddings'),
    texts: embeddings(context, 'ret.text_embeddings'),
    keys,
  });
  const ours: Readonly<Record<string, number>> = {
    'Recall@1': scores.recallAt1,
    'Recall@5': scores.recallAt5,
    'Recall@10': scores.recallAt10,
    MeanRank: scores.meanRank,
  };
  for (const [name, value] of Object.entries(result))
    context.report(`retrieval.${name}`, Math.abs((ours[name] ?? NaN) - value), SCORE_TOLERANCE);
}

/** Several labels at threshold 0.5, and the best of several classes. */
function checkLabelScores(context: ParityContext): void {
  const multilabel = context.sidecar['multilabel'] as GoldenScores;
  const multiclass = context.sidecar['multiclass'] as Readonly<Record<string, number>>;
  const [scores, labels] = [context.tensor('ml.pred'), context.tensor('ml.label')];
  const all = labelsOf(multilabel).map((name, index) => {
    const given = column(scores, index);
    const positive = given.map((score) => score > 0.5);
    const found = binaryScores(given, positive, column(labels, index));
    reportScores(context, name, found, multilabel);
    return found;
  });
  reportAverages(context, all, multilabel);
  const { perClass, macro, micro } = multiclassScores(scores, context.tensor('mc.label'));
  labelsOf(multiclass).forEach((name, index) =>
    context.report(`multiclass.${name}`, Math.abs(perClass[index]! - multiclass[name]!), SCORE_TOLERANCE),
  );
  context.report('multiclass.macro', Math.abs(macro - multiclass['Accuracy(Macro)']!), SCORE_TOLERANCE);
  context.report('multiclass.micro', Math.abs(micro - multiclass['Accuracy(Micro)']!), SCORE_TOLERANCE);
}

interface ProbeRun {
  /** As in `AdamW lr 0.01 wd 1e-4`. */
  readonly optimizer: string;
  /** As in `linear warm-up 5, cosine^2 to 0, total 24`. */
  readonly scheduler: string;
  readonly initial_weights: string;
  readonly batch: number;
  readonly lr: readonly number[];
  readonly loss: readonly number[];
  readonly loss_fp32_err: number;
}

const FINAL = /^probe\.final\.(.+)\.weight$/;
const PROBABILITIES = /^probe\.sigmoid_first(\d+)$/;

/** The tensor of this case whose name matches. */
function findName(context: ParityContext, pattern: RegExp): RegExpExecArray {
  const found = [...context.tensors.keys()].map((name) => pattern.exec(name)).find(Boolean);
  if (!found) throw new Error(`${context.name}: no tensor like ${String(pattern)}`);
  return found;
}

/** Steps of AdamW on given features, with the probe's own forward pass and loss. */
async function checkProbe(context: ParityContext): Promise<void> {
  const golden = context.sidecar['probe'] as ProbeRun;
  const [features, targets] = [context.tensor('probe.features'), context.tensor('probe.targets')];
  const [, head] = findName(context, FINAL);
  const [labels, width] = context.tensor(`probe.final.${head}.weight`).shape as [number, number];
  const specs = prefixSpecs('probe', linearSpecs(width, labels));
  // The names of the values are those of the parameters: the text gives the first in full.
  const initial = generatedValues(golden.initial_weights);
  const start = (part: 'weight' | 'bias', shape: readonly number[]) =>
    context.input(initial.name.replace(/\.weight$/, `.${part}`), shape, initial.mean, initial.scale);
  const { learningRate, options } = adamwSettings(golden.optimizer);
  const step = await createTrainStep({
    backend: await context.backend(),
    specs,
    weights: new Map([
      ['probe.weight', start('weight', [labels, width])],
      ['probe.bias', start('bias', [labels])],
    ]),
    inputs: { features: { shape: [golden.batch, width] }, targets: { shape: [golden.batch, labels] } },
    loss: (ops, { inputs, parameters }) => ({
      loss: ops.mean(
        binaryCrossEntropyWithLogits(
          ops,
          probeLogits(ops, parameters, inputs['features']!),
          ops.maximum(inputs['targets']!, 0),
        ),
      ),
    }),
    optimizer: adamw(options),
  });
  const schedule = warmupCosine({
    learningRate,
    totalSteps: requireNumberAfter(golden.scheduler, 'total'),
    warmupSteps: requireNumberAfter(golden.scheduler, 'warm-up', 'warmup'),
  });
  const losses: number[] = [];
  for (const [index, rate] of golden.lr.entries()) {
    context.report(`probe.lr.${index}`, Math.abs(schedule.learningRate() - rate), 1e-10 * learningRate);
    const inputs = {
      features: rowsOf(features, index * golden.batch, golden.batch),
      targets: rowsOf(targets, index * golden.batch, golden.batch),
    };
    losses.push((await step.run(inputs, { learningRate: schedule.learningRate() })).loss);
    schedule.stepped();
  }
  context.check('probe.loss', losses, golden.loss, { tolerance: Math.max(10 * golden.loss_fp32_err, 2e-6) });
  const trained = await step.exportParameters();
  step.dispose();
  for (const part of ['weight', 'bias'])
    context.check(`probe.final.${head}.${part}`, trained.get(`probe.${part}`)!.data);
  await checkProbeProbabilities(context, specs, trained);
}

/** Some rows of `[N, C]`, or of `[N]` as one column. */
function rowsOf({ shape, data }: HostTensor, from: number, count: number): HostTensor {
  const columns = shape[1] ?? 1;
  return float32(
    [count, columns],
    Float32Array.from(data.subarray(from * columns, (from + count) * columns), Number),
  );
}

async function checkProbeProbabilities(
  context: ParityContext,
  specs: ParameterSpecs,
  trained: ReadonlyMap<string, HostTensor>,
): Promise<void> {
  const [name, first] = findName(context, PROBABILITIES);
  const features = rowsOf(context.tensor('probe.features'), 0, Number(first));
  const graph = trace(
    { inputs: { features: { shape: features.shape } }, parameters: specs },
    (ops, scope) => ({
      logits: probeLogits(ops, scope.parameters, scope.inputs['features']!),
    }),
  );
  const executable = await (await context.backend()).compile(graph, { weights: trained });
  const { logits } = await runToHost(executable, { features });
  executable.dispose();
  context.check(
    name,
    Array.from(logits!.data, (logit) => toProbability(logit, 1)),
  );
}

/** Zero-shot scores, retrieval, label scores and the linear probe. */
export async function checkUse(context: ParityContext): Promise<void> {
  checkZeroShot(context);
  checkRetrieval(context);
  checkLabelScores(context);
  await checkProbe(context);
}
