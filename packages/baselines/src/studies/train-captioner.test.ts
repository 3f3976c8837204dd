import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseSafetensors } from '@crrg/checkpoints';
import { writeBundle } from '@crrg/checkpoints/node';
import { createRandom } from '@crrg/core';
import { parseRclipConfig, rclipSpecs } from '@crrg/rclip';
import { initializeParameters } from '@crrg/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseReports, regionStudies, reportOf, writeRegionStudies } from '../__fixtures__/region-studies.js';
import { loadCaptionerModel } from '../captioner/bundle.js';
import { CAPTIONER_PRESETS, type CaptionerPreset } from '../captioner/presets.js';
import type { BaselineEvent } from './events.js';
import { trainCaptioner, type TrainCaptionerOptions } from './train-captioner.js';
import { writeCaptions } from './write-captions.js';

let folder: string;
let studies: string;
const inside = (...names: readonly string[]) => path.join(folder, ...names);
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-captioner-'));
  studies = await writeRegionStudies(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const TRUNK = { stemWidth: 4, planes: [4, 4, 4, 8], blocks: [1, 1, 1, 1] };

function small(kind: 'show-and-tell' | 'ada-att', epochs: number): CaptionerPreset {
  const preset = CAPTIONER_PRESETS[kind];
  const sizes = { ...TRUNK, imageSize: 32, embeddingDim: 16, width: 16, attentionDim: 4, maxLength: 12 };
  return {
    ...preset,
    architecture: { ...preset.architecture, ...sizes },
    settings: {
      ...preset.settings,
      ...{
        epochs,
        batchSize: 4,
        learningRate: 0.02,
        trunkLearningRateScale: 1,
        decayPerEpoch: 1,
        dropout: 0.1,
      },
    },
    minCount: 1,
    numBeams: 2,
  };
}

const train = (out: string, options: Partial<TrainCaptionerOptions> = {}) =>
  trainCaptioner(studies, { preset: small('show-and-tell', 2), threads: 1, out: inside(out), ...options });

const reports = async (out: string) => parseReports(await readFile(inside(out, 'reports.jsonl'), 'utf8'));
const weightsOf = async (out: string) =>
  parseSafetensors(await readFile(inside(out, 'model', 'weights.safetensors')));

describe.each(['show-and-tell', 'ada-att'] as const)('%s on studies', (kind) => {
  it('learns to tell the two kinds of films apart, on films that it never saw', async () => {
    const events: BaselineEvent[] = [];
    const result = await train(kind, {
      preset: small(kind, 25),
      onProgress: (event) => void events.push(event),
    });
    expect(result).toMatchObject({ counts: { train: 8, valid: 4 }, numWords: 12 });
    expect(result.loss).toBeLessThan(0.5);
    expect(events.find(({ type }) => type === 'texts-end')).toEqual({
      ...{ type: 'texts-end', fromReport: 4, fromRegions: 8, withoutText: 0 },
    });
    expect(events.filter(({ type }) => type === 'film-read').at(-1)).toMatchObject({ done: 12, total: 12 });
    const written = await writeCaptions(studies, {
      model: result.bundle,
      out: inside(kind),
      numBeams: 2,
      threads: 1,
    });
    expect(written).toBe(inside(kind, 'reports.jsonl'));
    expect(await reports(kind)).toEqual(
      [12, 13, 14, 15].map((index) => ({
        id: `f${index}`,
        image: `films/${index}.png`,
        text: reportOf(index),
      })),
    );
    expect((await readdir(inside(kind))).sort().filter((name) => !name.startsWith('events.'))).toEqual([
      ...['losses.jsonl', 'losses.svg', 'model', 'reports.jsonl', 'run.json', 'training'],
    ]);
  });
});

describe('training a captioner on studies', () => {
  it('ends, stopped and called again, with the weights of a run that was not stopped', async () => {
    await train('whole');
    const controller = new AbortController();
    const stop = (event: BaselineEvent) => {
      if (
        event.type === 'training' &&
        event.event.type === 'batch-end' &&
        event.event.position.batchesDone === 3
      )
        controller.abort(new Error('interrupted'));
    };
    const { signal } = controller;
    await expect(train('stopped', { signal, onProgress: stop })).rejects.toThrow('interrupted');
    await train('stopped');
    expect(await weightsOf('stopped')).toEqual(await weightsOf('whole'));
    await expect(train('stopped', { seed: 9 })).rejects.toThrow(
      'expected seed 1 of the run in this folder, got seed 9',
    );
  });

  it('starts the trunk from an imported image encoder, with its sizes', async () => {
    const config = parseRclipConfig({
      imageEncoder: { imageSize: 64, ...TRUNK, planes: [2, 2, 2, 4] },
      textEncoder: null,
    });
    const weights = initializeParameters(rclipSpecs(config), createRandom(3));
    await writeBundle(inside('encoder'), {
      ...{ name: 'encoder', version: '1', licence: 'MIT', trainingData: 'none', source: 'test' },
      config: { part: 'image-encoder', rclip: { ...config } },
      ...{ preprocessing: {}, labels: [], thresholds: {}, tokenizer: null, modelCard: null, weights },
    });
    const preset = small('show-and-tell', 1);
    const frozen = { ...preset, settings: { ...preset.settings, trunkLearningRateScale: 0 } };
    const { bundle } = await train('from-encoder', { preset: frozen, imageEncoder: inside('encoder') });
    const model = await loadCaptionerModel(bundle);
    expect(model.config).toMatchObject({ imageSize: 32, planes: [2, 2, 2, 4] });
    expect(model.weights.get('imageEncoder.conv1.weight')).toEqual(weights.get('imageEncoder.conv1.weight'));
    expect(await readFile(path.join(bundle, 'MODEL_CARD.md'), 'utf8')).toMatch(
      /trunk started from \| encoder \(sha256/,
    );
  });

  it('never opens a film that is held out, and leaves films out of which nothing is said', async () => {
    const changed = regionStudies().map((study, index) => ({
      ...study,
      ...(study.split === 'test' && { image: 'absent.png' }),
      ...(index === 0 && { regions: [] }),
    }));
    const file = await writeRegionStudies(inside('changed'), changed);
    const options = { preset: small('show-and-tell', 1), threads: 1, out: inside('changed', 'run') };
    const { counts } = await trainCaptioner(file, options);
    expect(counts).toEqual({ train: 7, valid: 4 });
    await expect(
      writeCaptions(file, { model: path.join(options.out, 'model'), out: options.out }),
    ).rejects.toThrow('absent.png');
    expect(await readdir(options.out)).not.toContain('reports.jsonl');
  });

  it('refuses a folder of another run, too few films, a file without studies, and a bundle of another kind', async () => {
    await expect(train('few', { batchSize: 9 })).rejects.toThrow('at least one batch of 9 samples, got 8');
    await writeFile(inside('empty.jsonl'), '\n');
    await expect(trainCaptioner(inside('empty.jsonl'), { out: inside('empty') })).rejects.toThrow(
      'expected studies',
    );
    const other = { model: inside('encoder'), out: inside('other') };
    await expect(writeCaptions(studies, other)).rejects.toThrow('expected a captioner');
    const trainOnly = regionStudies().filter(({ split }) => split !== 'test');
    const file = await writeRegionStudies(inside('train-only'), trainOnly);
    await expect(writeCaptions(file, { ...other, model: inside('whole', 'model') })).rejects.toThrow(
      'of the split test, got none',
    );
  });
});
