import { createOnnxBackend } from '@crrg/backend-onnx';
import { createRandom } from '@crrg/core';
import { parseRclipConfig, probeSpecs, rclipSpecs } from '@crrg/rclip';
import { float32, initializeParameters, type Backend, type HostTensor } from '@crrg/tensor';
import type { TrainEvent } from '@crrg/train-loop';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noteReads } from '../__fixtures__/micro-training.js';
import { RCLIP_PRESETS, type RclipPretrainingSettings, type RclipStageSettings } from './rclip-presets.js';
import { trainProbe, type ProbeData } from '../probe/train-probe.js';
import { trainRclip, type RclipSampleSource, type RclipTrainOptions } from './train-rclip.js';

const SIDE = 32;
const config = parseRclipConfig({
  imageEncoder: { imageSize: SIDE, stemWidth: 4, planes: [2, 2, 2, 2], blocks: [1, 1, 1, 1] },
  textEncoder: {
    vocabSize: 16,
    width: 8,
    numLayers: 1,
    numHeads: 2,
    ffnWidth: 8,
    numPositions: 8,
    maxLength: 8,
  },
  embeddingDim: 4,
  probe: { labels: ['First'] },
});
/** A word that no text has: nothing but decay moves its embedding. */
const UNUSED = 15;

const study =
  (n: number): RclipSampleSource =>
  (random) => {
    const image = () => Float32Array.from({ length: 3 * SIDE * SIDE }, () => n + random.normal());
    return {
      images: [image(), image()],
      texts: [
        [1, 4 + n, 2],
        [1, 4 + n, 9, 2],
      ],
    };
  };
const studies = [0, 1, 2, 3].map(study);
const STAGE: RclipStageSettings = {
  epochs: 1,
  warmupEpochs: 0,
  batchSize: 2,
  learningRate: 0.01,
  weightDecay: 0.5,
};
type Contrastive = Extract<RclipPretrainingSettings, { readonly multiViewWeight: number }>;
const PRETRAINING: Contrastive = {
  ...STAGE,
  multiViewWeight: 1,
  imageWeight: 1,
  textWeight: 0.5,
  dropout: 0,
};

/** Six films whose last feature says nothing: nothing but decay moves its weight. */
const data: ProbeData = {
  features: float32(
    [6, 8],
    Float32Array.from({ length: 48 }, (_, i) => (i % 8 === 7 ? 0 : Math.sin(i))),
  ),
  targets: float32([6, 1], [0, 1, 1, 0, 1, 0]),
};

let backend: Backend;
let weights: Map<string, HostTensor>;
let probe: Map<string, HostTensor>;
beforeAll(async () => {
  backend = await createOnnxBackend({ threads: 1 });
  weights = initializeParameters(rclipSpecs({ ...config, probe: null }), createRandom(1));
  probe = initializeParameters(probeSpecs(config), createRandom(1));
});
afterAll(() => backend.dispose());

function recording() {
  const events: TrainEvent[] = [];
  const batches = () => events.flatMap((event) => (event.type === 'batch-end' ? [event] : []));
  return { onProgress: (event: TrainEvent) => void events.push(event), batches };
}

async function pretrain(more: Partial<Contrastive>, options: Partial<RclipTrainOptions> = {}) {
  const { onProgress, batches } = recording();
  const shared = { backend, config, weights, train: studies, valid: studies, seed: 7, onProgress };
  const result = await trainRclip({ ...shared, settings: { ...PRETRAINING, ...more }, ...options });
  return { result, batches: batches() };
}

async function fit(more: Partial<RclipStageSettings>) {
  const { onProgress, batches } = recording();
  const shared = { backend, config, weights: probe, train: data, valid: data, seed: 7, onProgress };
  const result = await trainProbe({ ...shared, settings: { ...STAGE, ...more } });
  return { result, batches: batches() };
}

/** What is left of a value that nothing but decay moves: `1 - rate x decay` of it at each step. */
const decayed = (value: number, rates: readonly number[], decay: number) =>
  rates.reduce((left, rate) => left * (1 - rate * decay), value);

describe('every value of a preset arrives', () => {
  const presets = Object.entries(RCLIP_PRESETS);
  it.each(presets)('%s: no field of pre-training or probe is passed over', async (_, preset) => {
    const short = { epochs: 1, batchSize: 2 };
    const pretraining = noteReads({ ...preset.pretraining, ...short });
    await pretrain({}, { settings: pretraining.record });
    expect([...pretraining.read]).toEqual(expect.arrayContaining(Object.keys(preset.pretraining)));
    const stage = noteReads({ ...preset.probe, ...short });
    await trainProbe({
      backend,
      config,
      weights: probe,
      train: data,
      valid: data,
      seed: 7,
      settings: stage.record,
    });
    expect([...stage.read]).toEqual(expect.arrayContaining(Object.keys(preset.probe)));
  });

  it('epochs, batch size, warm-up and rate decide the rates of all steps', async () => {
    const quarter = Math.cos(Math.PI / 4) ** 2;
    for (const run of [pretrain, fit]) {
      const rates = async (more: Partial<RclipStageSettings>) =>
        (await run(more)).batches.map(({ learningRate }) => learningRate);
      const batches = run === fit ? 3 : 2;
      expect(await rates({})).toHaveLength(batches);
      expect(await rates({ epochs: 2 })).toHaveLength(2 * batches);
      const size = run === fit ? 3 : 2;
      const [first, second, third] = await rates({
        batchSize: size,
        epochs: 2,
        warmupEpochs: 1,
        learningRate: 0.02,
      });
      expect([first, second, third]).toEqual([0, 0.01, 0.02]);
      expect((await rates({ batchSize: size, learningRate: 0.02 }))[1]).toBeCloseTo(0.02 * quarter, 12);
    }
  });

  it('weight decay moves what no gradient does, by rate times decay of it', async () => {
    for (const weightDecay of [0, 0.5]) {
      const pretrained = await pretrain({ weightDecay });
      const name = 'textEncoder.tokenTable.weight';
      const at = UNUSED * config.textEncoder!.width;
      const rates = (run: { batches: readonly { learningRate: number }[] }) =>
        run.batches.map(({ learningRate }) => learningRate);
      expect(pretrained.result.weights.get(name)!.data[at]).toBeCloseTo(
        decayed(Number(weights.get(name)!.data[at]), rates(pretrained), weightDecay),
        7,
      );
      const fitted = await fit({ weightDecay });
      expect(fitted.result.weights.get('probe.weight')!.data[7]).toBeCloseTo(
        decayed(Number(probe.get('probe.weight')!.data[7]), rates(fitted), weightDecay),
        7,
      );
    }
  });

  it('the weights of the parts make up the loss', async () => {
    const parts = { multiViewWeight: 0.3, imageWeight: 2, textWeight: 5 };
    const { batches } = await pretrain(parts);
    for (const { loss, metrics } of batches)
      expect(loss).toBeCloseTo(
        0.3 * metrics['multiView']! + 2 * metrics['imageContrastive']! + 5 * metrics['textContrastive']!,
        4,
      );
  });
});

describe('the published values', () => {
  it('are those of Tables 5 and 6, the same for both models but for the text', () => {
    const stage = { epochs: 5, warmupEpochs: 1, batchSize: 32, learningRate: 5e-5, weightDecay: 1e-4 };
    const weighted = { ...stage, multiViewWeight: 1, imageWeight: 1, textWeight: 0.5, dropout: 0.1 };
    for (const [name, text] of [
      ['rclip-base', 'original'],
      ['rclip-opt', 'generated'],
    ] as const)
      expect(RCLIP_PRESETS[name]).toEqual({
        source: RCLIP_PRESETS[name].source,
        seed: 1234,
        text,
        pretraining: weighted,
        probe: stage,
      });
  });

  it('of CXR-CLIP are those of its configuration files, a tenth of the labels taking ten times the epochs', () => {
    const stage = { learningRate: 5e-5, weightDecay: 1e-4 };
    const weights = { multiViewWeight: 1, imageWeight: 1, textWeight: 0.5, dropout: 0.1 };
    const { source: _, ...whole } = RCLIP_PRESETS['cxr-clip'];
    const pretraining = { ...stage, ...weights, epochs: 15, warmupEpochs: 1, batchSize: 128 };
    const probe = { ...stage, epochs: 30, warmupEpochs: 3, batchSize: 256 };
    expect(whole).toEqual({ seed: 1234, text: 'original', pretraining, probe });
    const { source: __, ...tenth } = RCLIP_PRESETS['cxr-clip-10'];
    const long = { ...probe, epochs: 300, warmupEpochs: 30 };
    expect(tenth).toEqual({ ...whole, probeShare: 0.1, probe: long });
  });

  it('of ConVIRT are a loss 3 to 1 from image to text at temperature 0.1, six layers frozen', () => {
    expect(RCLIP_PRESETS.convirt.pretraining).toEqual({
      epochs: 15,
      warmupEpochs: 0,
      batchSize: 32,
      learningRate: 1e-4,
      weightDecay: 1e-6,
      loss: 'convirt',
      imageToTextWeight: 0.75,
      temperature: 0.1,
      frozenTextLayers: 6,
      dropout: 0.1,
    });
  });
});

describe('the loss of ConVIRT', () => {
  const settings: RclipPretrainingSettings = {
    ...{ epochs: 1, warmupEpochs: 0, batchSize: 2, learningRate: 0.01, weightDecay: 0.5, dropout: 0 },
    ...{ loss: 'convirt', imageToTextWeight: 0.75, temperature: 0.1, frozenTextLayers: 6 },
  };

  it('is what pre-training goes down, with its temperature in the weights', async () => {
    const { result, batches } = await pretrain({}, { settings });
    for (const { loss, metrics } of batches)
      expect(loss).toBeCloseTo(0.75 * metrics['imageToText']! + 0.25 * metrics['textToImage']!, 5);
    expect(result.weights.get('logitScale')!.data[0]).toBeCloseTo(Math.log(10), 6);
  });

  it('leaves embeddings and the first layers of the text encoder as they were, and moves the rest', async () => {
    const { weights: trained } = (await pretrain({}, { settings })).result;
    const moves = (name: string) =>
      trained.get(name)!.data.some((x, at) => x !== weights.get(name)!.data[at]);
    const frozen = ['tokenTable.weight', 'embeddingNorm.bias', 'layers.0.ffn.expand.weight'];
    expect(frozen.map((name) => moves(`textEncoder.${name}`))).toEqual([false, false, false]);
    expect(['imageEncoder.conv1.weight', 'textProjection.linear.weight'].map(moves)).toEqual([true, true]);
    const free = (await pretrain({}, { settings: { ...settings, frozenTextLayers: 0 } })).result.weights;
    const table = 'textEncoder.tokenTable.weight';
    expect(free.get(table)!.data).not.toEqual(weights.get(table)!.data);
  });
});

describe('gradients that are summed over batches', () => {
  it('make one update of two batches, whose rates span the updates', async () => {
    const { batches } = await pretrain({ accumulate: 2, epochs: 2, learningRate: 0.02 });
    expect(batches.map(({ position }) => position.steps)).toEqual([0, 1, 1, 2]);
    expect(batches.map(({ learningRate }) => learningRate).slice(0, 2)).toEqual([0.02, 0.02]);
    expect(batches[2]!.learningRate).toBeCloseTo(0.02 * Math.cos(Math.PI / 4) ** 2, 12);
  });

  it('are refused where an epoch has fewer batches', async () => {
    await expect(pretrain({ accumulate: 3 })).rejects.toThrow(
      'expected at least 3 batches in an epoch, one update, got 2',
    );
  });
});
