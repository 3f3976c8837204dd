// Trains a full-size stage on random films in a process of its own: node training-run.js STAGE BATCH STEPS WEIGHTS [STUDIES OF A MICRO-BATCH]. Prints one line of JSON.
import { createOnnxBackend } from '@crrg/backend-onnx';
import { parseRrgConfig } from '@crrg/pipeline';
import { parseRclipConfig } from '@crrg/rclip';
import type { StateDict } from '@crrg/tensor';
import {
  RCLIP_PRESETS,
  trainRclip,
  trainRrg,
  type RclipSampleSource,
  type RrgSampleSource,
  type RrgStage,
} from '@crrg/train';
import type { TrainListener } from '@crrg/train-loop';
import { openTrainingWeights } from './training-weights.js';

/** What one run measured. */
export interface TrainingFigures {
  /** Of each step, in order. */
  readonly milliseconds: readonly number[];
  /** Largest resident memory of the process, in bytes. */
  readonly peak: number;
}

/** Regions with a sentence, of 29: what the paper's tables say. */
const PHRASES = 9;
const PHRASE_TOKENS = 24;
const REPORT_TOKENS = 256;
const SEED = 1;

/** What can be measured: the stages of the report model, and contrastive pre-training. */
export const TRAINING_STAGES = ['detector', 'classifiers', 'full', 'rclip'] as const;
export type MeasuredStage = (typeof TRAINING_STAGES)[number];

function rrgSample(imageSize: number, numRegions: number): RrgSampleSource {
  return (random) => {
    const side = (index: number, count: number) => (imageSize * index) / count;
    return {
      image: Float32Array.from({ length: imageSize * imageSize }, () => random.uniform(-1, 1)),
      groundTruth: {
        boxes: Float32Array.from(
          Array.from({ length: numRegions }, (_, region) => {
            const [column, row] = [region % 6, Math.floor(region / 6)];
            return [side(column, 7), side(row, 6), side(column + 1.6, 7), side(row + 1.3, 6)];
          }).flat(),
        ),
        regions: Int32Array.from({ length: numRegions }, (_, region) => region),
      },
      phrases: Array.from({ length: numRegions }, (_, region) =>
        region < PHRASES ? Array.from({ length: PHRASE_TOKENS }, () => random.integer(50_000)) : undefined,
      ),
      isAbnormal: Array.from({ length: numRegions }, (_, region) => region < 3),
    };
  };
}

function rclipSample(imageSize: number): RclipSampleSource {
  return (random) => {
    const film = () => Float32Array.from({ length: 3 * imageSize ** 2 }, () => random.uniform(-1, 1));
    const text = () => Array.from({ length: REPORT_TOKENS }, () => random.integer(28_000));
    return { images: [film(), film()], texts: [text(), text()] };
  };
}

interface Run {
  readonly stage: MeasuredStage;
  readonly batchSize: number;
  readonly microBatchSize: number;
  readonly steps: number;
  readonly weights: StateDict;
}

async function trainStage(run: Run, onProgress: TrainListener): Promise<void> {
  const { stage, batchSize, microBatchSize, steps, weights } = run;
  const backend = await createOnnxBackend();
  const shared = { backend, seed: SEED, onProgress };
  if (stage === 'rclip') {
    const config = parseRclipConfig({});
    const sample = rclipSample(config.imageEncoder.imageSize);
    const { pretraining } = RCLIP_PRESETS['rclip-base'];
    const settings = { ...pretraining, batchSize, microBatchSize, epochs: 1, warmupEpochs: 0 };
    const [train, valid] = [steps * batchSize, 2].map((count) => Array.from({ length: count }, () => sample));
    await trainRclip({ ...shared, config, weights, train: train!, valid: valid!, settings });
    return;
  }
  const config = parseRrgConfig({});
  const sample = rrgSample(config.detector.imageSize, config.detector.numRegions);
  const settings = {
    ...{ epochs: 1, batchSize, accumulate: 1, learningRate: 1e-5, factor: 0.5, patience: 5, cooldown: 5 },
    dropout: 0.1,
  };
  await trainRrg({
    ...shared,
    config,
    stage: stage satisfies RrgStage,
    weights,
    train: Array.from({ length: steps * batchSize }, () => sample),
    valid: [sample],
    settings,
  });
}

/** Memory is taken at the last step, before the validation, which is not what is measured. */
async function main(run: Run): Promise<TrainingFigures> {
  const milliseconds: number[] = [];
  let peak = 0;
  await trainStage(run, (event) => {
    if (event.type !== 'batch-end') return;
    milliseconds.push(event.durationMs);
    peak = process.resourceUsage().maxRSS * 1024;
  });
  return { milliseconds, peak };
}

const [stage, batchSize, steps, path, microBatchSize = batchSize] = process.argv.slice(2);
const run: Run = {
  stage: stage as MeasuredStage,
  batchSize: Number(batchSize),
  microBatchSize: Number(microBatchSize),
  steps: Number(steps),
  weights: await openTrainingWeights(path!),
};
console.log(JSON.stringify(await main(run)));
