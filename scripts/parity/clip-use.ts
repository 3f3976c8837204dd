import { computeRetrieval, probeLogits, scorePrompts, toProbability, type Embeddings } from '@crrg/rclip';
import {
  binaryCrossEntropyWithLogits,
  float32,
  linearSpecs,
  prefixSpecs,
  runToHost,
  trace,
  type HostTensor,
} from '@crrg/tensor';
import { adamw, createTrainStep, warmupCosine } from '@crrg/train';
import { binaryScores, multiclassScores, type BinaryScores } from './clip-scores.js';
import type { ParityContext } from './framework.js';

/** Scores are ratios of counts in float64. */
const SCORE_TOLERANCE = 1e-12;

type GoldenScores = Readonly<Record<string, { AUROC: number; Accuracy: number; F1: number } | number>>;

const embeddings = (context: ParityContext, name: string) => context.tensor(name) as Embeddings;

function column({ shape, data }: HostTensor, index: number): number[] {
  const width = shape[1] ?? 1;
  return Array.from({ length: shape[0]! }, (_, row) => data[row * width + index]!);
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
  reportScores(context, 'Pneumonia', actual, context.sidecar['zero_shot_binary'] as GoldenScores);
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
  const names = {
    'Recall@1': scores.recallAt1,
    'Recall@5': scores.recallAt5,
    'Recall@10': scores.recallAt10,
    MeanRank: scores.meanRank,
  };
  for (const [name, value] of Object.entries(names))
    context.report(`retrieval.${name}`, Math.abs(value - result[name]!), SCORE_TOLERANCE);
}

/** Several labels at threshold 0.5, and the best of several classes. */
function checkLabelScores(context: ParityContext): void {
  const multilabel = context.sidecar['multilabel'] as GoldenScores;
  const multiclass = context.sidecar['multiclass'] as Readonly<Record<string, number>>;
  const [scores, labels] = [context.tensor('ml.pred'), context.tensor('ml.label')];
  const names = Object.keys(multilabel).filter((name) => !name.includes('('));
  names.forEach((name, index) => {
    const given = column(scores, index);
    const positive = given.map((score) => score > 0.5);
    reportScores(context, name, binaryScores(given, positive, column(labels, index)), multilabel);
  });
  const { perClass, macro, micro } = multiclassScores(scores, context.tensor('mc.label'));
  names.forEach((name, index) =>
    context.report(`multiclass.${name}`, Math.abs(perClass[index]! - multiclass[name]!), SCORE_TOLERANCE),
  );
  context.report('multiclass.macro', Math.abs(macro - multiclass['Accuracy(Macro)']!), SCORE_TOLERANCE);
  context.report('multiclass.micro', Math.abs(micro - multiclass['Accuracy(Micro)']!), SCORE_TOLERANCE);
}

interface ProbeRun {
  readonly batch: number;
  readonly lr: readonly number[];
  readonly loss: readonly number[];
  readonly loss_fp32_err: number;
}

const PROBE = { prefix: 'probe/classification_head', scale: 0.1 };

/** 24 steps of AdamW on given features, with the probe's own forward pass and loss. */
async function checkProbe(context: ParityContext): Promise<void> {
  const golden = context.sidecar['probe'] as ProbeRun;
  const [features, targets] = [context.tensor('probe.features'), context.tensor('probe.targets')];
  const width = features.shape[1]!;
  const specs = prefixSpecs('probe', linearSpecs(width, 1));
  const backend = await context.backend();
  const step = await createTrainStep({
    backend,
    specs,
    weights: new Map([
      ['probe.weight', context.input(`${PROBE.prefix}.weight`, [1, width], 0, PROBE.scale)],
      ['probe.bias', context.input(`${PROBE.prefix}.bias`, [1], 0, PROBE.scale)],
    ]),
    inputs: { features: { shape: [golden.batch, width] }, targets: { shape: [golden.batch, 1] } },
    loss: (ops, { inputs, parameters }) => ({
      loss: ops.mean(
        binaryCrossEntropyWithLogits(
          ops,
          probeLogits(ops, parameters, inputs['features']!),
          ops.maximum(inputs['targets']!, 0),
        ),
      ),
    }),
    optimizer: adamw({ weightDecay: 1e-4 }),
  });
  const schedule = warmupCosine({ learningRate: 0.01, totalSteps: 24, warmupSteps: 5 });
  const losses: number[] = [];
  for (const [index, rate] of golden.lr.entries()) {
    context.report(`probe.lr.${index}`, Math.abs(schedule.learningRate() - rate), 1e-12);
    const rows = (tensor: HostTensor, columns: number) =>
      float32(
        [golden.batch, columns],
        tensor.data.slice(
          index * golden.batch * columns,
          (index + 1) * golden.batch * columns,
        ) as Float32Array,
      );
    const inputs = { features: rows(features, width), targets: rows(targets, 1) };
    losses.push((await step.run(inputs, { learningRate: schedule.learningRate() })).loss);
    schedule.stepped();
  }
  context.check('probe.loss', losses, golden.loss, { tolerance: Math.max(10 * golden.loss_fp32_err, 2e-6) });
  const trained = await step.exportParameters();
  step.dispose();
  for (const part of ['weight', 'bias'])
    context.check(`probe.final.classification_head.${part}`, trained.get(`probe.${part}`)!.data);
  await checkProbeProbabilities(context, trained);
}

async function checkProbeProbabilities(
  context: ParityContext,
  trained: ReadonlyMap<string, HostTensor>,
): Promise<void> {
  const name = 'probe.sigmoid_first16';
  const { shape, data } = context.tensor('probe.features');
  const [count, width] = [context.tensor(name).shape[0]!, shape[1]!];
  const specs = prefixSpecs('probe', linearSpecs(width, 1));
  const graph = trace(
    { inputs: { features: { shape: [count, width] } }, parameters: specs },
    (ops, scope) => ({
      logits: probeLogits(ops, scope.parameters, scope.inputs['features']!),
    }),
  );
  const executable = await (await context.backend()).compile(graph, { weights: trained });
  const features = float32([count, width], data.slice(0, count * width) as Float32Array);
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
