import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createOnnxBackend } from '@crrg/backend-onnx';
import { createRandom } from '@crrg/core';
import { computeBleu, computeLabelAgreement, labelReport, tokenizePtb } from '@crrg/metrics';
import { computeMeteor, loadMeteor, type Meteor } from '@crrg/metrics/meteor';
import { createReportPipeline, loadModel, partOf, type Report, type ReportModel } from '@crrg/pipeline';
import {
  languageModel,
  reportGenSpecs,
  weightDTypesOf,
  type ReportGenConfig,
  type ReportGenDType,
} from '@crrg/report-gen';
import {
  float32,
  int32,
  runToHost,
  trace,
  type Backend,
  type HostTensor,
  type StateDict,
} from '@crrg/tensor';
import { describeEngine, median, type Benchmark, type BenchmarkContext } from './framework.js';
import { goldenFolder, hasFullModel, openFullModel } from './full-model.js';

const FILMS = '../shared/data/nih/images';
const DTYPES = ['q8', 'q4'] as const;
const ROWS = 4;
const TOKENS = 16;

/** The kind of weights that `--dtype` names, or all. */
function dtypesOf({ options }: BenchmarkContext): readonly (typeof DTYPES)[number][] {
  const name = options['dtype'];
  const chosen = DTYPES.filter((dtype) => name === undefined || dtype === name);
  if (chosen.length === 0)
    throw new Error(`benchmarks: --dtype must be ${DTYPES.join(' or ')}, got ${name}.`);
  return chosen;
}

/** Logits `[ROWS, TOKENS, V]` of made-up regions and tokens. */
async function logitsOf(
  backend: Backend,
  config: ReportGenConfig,
  weights: StateDict,
  dtype: ReportGenDType,
): Promise<Float32Array> {
  const { regionFeatureDim, vocabSize } = config;
  const graph = trace(
    {
      inputs: {
        tokenIds: { shape: [ROWS, TOKENS], dtype: 'int32' },
        attentionMask: { shape: [ROWS, TOKENS] },
        regionFeatures: { shape: [ROWS, regionFeatureDim] },
      },
      parameters: reportGenSpecs(config),
    },
    (ops, { inputs, parameters }) => ({
      logits: languageModel(
        ops,
        parameters,
        {
          tokenIds: inputs['tokenIds']!,
          attentionMask: inputs['attentionMask']!,
          regionFeatures: inputs['regionFeatures']!,
        },
        config,
      ).logits,
    }),
  );
  const random = createRandom(5);
  const inputs: Record<string, HostTensor> = {
    tokenIds: int32(
      [ROWS, TOKENS],
      Int32Array.from({ length: ROWS * TOKENS }, () => random.integer(vocabSize)),
    ),
    attentionMask: float32([ROWS, TOKENS], new Float32Array(ROWS * TOKENS).fill(1)),
    regionFeatures: float32(
      [ROWS, regionFeatureDim],
      Float32Array.from({ length: ROWS * regionFeatureDim }, () => random.normal()),
    ),
  };
  const executable = await backend.compile(graph, { weights, weightDType: weightDTypesOf(dtype) });
  const { logits } = await runToHost(executable, inputs);
  executable.dispose();
  return logits!.data as Float32Array;
}

/** Cosine of each row to the same row of another list. */
function cosines(a: Float32Array, b: Float32Array, width: number): number[] {
  return Array.from({ length: a.length / width }, (_, row) => {
    let [dot, lengthA, lengthB] = [0, 0, 0];
    for (let at = row * width; at < (row + 1) * width; at++) {
      dot += a[at]! * b[at]!;
      lengthA += a[at]! ** 2;
      lengthB += b[at]! ** 2;
    }
    return dot / Math.sqrt(lengthA * lengthB);
  });
}

async function reportLogits(
  context: BenchmarkContext,
  backend: Backend,
  label: string,
  { config, weights }: Pick<ReportModel, 'config' | 'weights'>,
): Promise<void> {
  const part = partOf(weights, 'reportGen');
  const exact = await logitsOf(backend, config.reportGen, part, 'fp32');
  for (const dtype of dtypesOf(context)) {
    const rounded = await logitsOf(backend, config.reportGen, part, dtype);
    const found = cosines(exact, rounded, config.reportGen.vocabSize);
    context.report({
      name: `${label}/${dtype}/logits-smallest-cosine`,
      value: Math.min(...found),
      unit: 'cosine to fp32',
    });
    context.report({
      name: `${label}/${dtype}/logits-median-cosine`,
      value: median(found),
      unit: 'cosine to fp32',
    });
  }
}

async function filmNames(): Promise<string[]> {
  const names = (await readdir(FILMS)).filter((name) => /\.(png|jpe?g)$/i.test(name)).sort();
  return names.map((name) => join(FILMS, name));
}

async function writeReports(
  model: ReportModel,
  films: readonly string[],
  numBeams: number,
  dtype: ReportGenDType,
  maxLength?: number,
) {
  const pipeline = await createReportPipeline({ model, dtype });
  const reports: Report[] = [];
  for await (const { report, error } of pipeline.generateReports(films, { numBeams, maxLength })) {
    if (error) throw error;
    reports.push(report);
  }
  pipeline.dispose();
  return reports;
}

/** The share of `exact` that is found again, at the same place. */
function shareOf(exact: readonly (readonly string[])[], found: readonly (readonly string[])[]): number {
  const [same, all] = exact.reduce(
    ([equal, total], words, at) => [
      equal + words.filter((word, place) => word === found[at]?.[place]).length,
      total + words.length,
    ],
    [0, 0],
  );
  return same / all;
}

/** How far reports say what others say, which ought to be the same. */
function scoreReports(
  meteor: Meteor,
  found: readonly Report[],
  exact: readonly Report[],
): Readonly<Record<string, number>> {
  const sentencesOf = (reports: readonly Report[]) =>
    reports.map(({ findings }) => findings.map(({ sentence }) => sentence));
  const wordsOf = (reports: readonly Report[]) =>
    sentencesOf(reports).flatMap((sentences) => sentences.map((sentence) => sentence.split(' ')));
  const tokensOf = (reports: readonly Report[]) => reports.map(({ text }) => tokenizePtb(text));
  const labelsOf = (reports: readonly Report[]) => reports.map(({ text }) => labelReport(text).labels);
  const { f1 } = computeLabelAgreement(labelsOf(found), labelsOf(exact)).micro14;
  const { items } = computeMeteor(meteor, tokensOf(found), tokensOf(exact));
  return {
    'same words': shareOf(wordsOf(exact), wordsOf(found)),
    'same sentences': shareOf(sentencesOf(exact), sentencesOf(found)),
    'BLEU-4 to fp32': computeBleu(tokensOf(found), tokensOf(exact)).corpus[3],
    // Of all reports at once, as `aggregate` has it, METEOR counts a break after each and calls nearly equal lists unlike.
    'mean METEOR to fp32': items.reduce((sum, { score }) => sum + score, 0) / items.length,
    // Undefined only where neither kind states a finding, nor that there is none.
    ...(f1 !== undefined && { 'label F1 to fp32': f1 }),
  };
}

/** How far the boxes of regions move, in pixels of the films, and how many regions keep their status. */
function reportBoxes(
  context: BenchmarkContext,
  label: string,
  found: readonly Report[],
  exact: readonly Report[],
): void {
  const regionsOf = (reports: readonly Report[]) => reports.flatMap(({ regions }) => regions);
  const [rounded, plain] = [regionsOf(found), regionsOf(exact)];
  const shifts = plain.flatMap(({ box }, at) => {
    const other = rounded[at]!.box;
    if (!box || !other) return [];
    return Math.max(...(['x1', 'y1', 'x2', 'y2'] as const).map((side) => Math.abs(box[side] - other[side])));
  });
  const statuses = (regions: typeof plain) => [regions.map(({ status }) => status)];
  const same = shareOf(statuses(plain), statuses(rounded));
  context.report({ name: `${label}/same region status`, value: same, unit: 'share' });
  context.report({ name: `${label}/median box shift`, value: median(shifts), unit: 'px' });
  const moved = shifts.filter((shift) => shift > 1).length / shifts.length;
  context.report({ name: `${label}/boxes that move more than a pixel`, value: moved, unit: 'share' });
}

/** Boxes of the full-size model with generated weights, on a few films. */
async function reportFullBoxes(context: BenchmarkContext, model: ReportModel): Promise<void> {
  if (!existsSync(FILMS)) return;
  const films = (await filmNames()).slice(0, 4);
  const exact = await writeReports(model, films, 1, 'fp32', 2);
  for (const dtype of dtypesOf(context))
    reportBoxes(context, `rrg-full/${dtype}`, await writeReports(model, films, 1, dtype, 2), exact);
}

/** Reports of the demonstration model with quantised weights beside those in float32. */
async function reportTexts(context: BenchmarkContext, model: ReportModel): Promise<void> {
  if (!existsSync(FILMS)) return context.note(`skipped the reports: ${FILMS} is not here.`);
  const count = Number(context.options['films'] ?? 32);
  const films = (await filmNames()).slice(0, count);
  const meteor = await loadMeteor();
  for (const numBeams of [1, 4]) {
    const exact = await writeReports(model, films, numBeams, 'fp32');
    for (const dtype of dtypesOf(context)) {
      const found = await writeReports(model, films, numBeams, dtype);
      const label = `rrg-tiny/${dtype}/${numBeams === 1 ? 'greedy' : `${numBeams} beams`}`;
      const figures = scoreReports(meteor, found, exact);
      for (const [name, value] of Object.entries(figures))
        context.report({ name: `${label}/${name}`, value, unit: 'share' });
      if (numBeams === 1) reportBoxes(context, `rrg-tiny/${dtype}`, found, exact);
    }
  }
}

/** What quantised weights change: no clock, so that any processor and any load will do. */
export const quantizedBenchmark: Benchmark = {
  name: 'quantized',
  async run(context) {
    const backend = await createOnnxBackend();
    context.note(`engine ${describeEngine(backend)}`);
    const { size } = context.options;
    if (size !== 'full') {
      const tiny = await loadModel('tiny');
      await reportLogits(context, backend, 'rrg-tiny', tiny);
      await reportTexts(context, tiny);
    }
    const golden = goldenFolder(context.options);
    if (size !== 'tiny' && hasFullModel(golden)) {
      const full = await openFullModel(golden);
      await reportLogits(context, backend, 'rrg-full', full);
      await reportFullBoxes(context, full);
    }
    backend.dispose();
  },
};
