import { cpSync, rmSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createOnnxBackend } from '@crrg/backend-onnx';
import { parseSafetensors } from '@crrg/checkpoints';
import type { RegionStudy } from '@crrg/datasets';
import { loadModel, loadPart } from '@crrg/pipeline/node';
import type { Backend } from '@crrg/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  lungsOnly,
  SMALL_CONFIG,
  writeRegionFilms,
  writeStudiesFile,
} from '../__fixtures__/region-studies.js';
import { hashWeights } from './frozen-store.js';
import { trainRrgOnStudies, type RrgOnStudiesOptions } from './train-rrg-on-studies.js';
import type { RegionTrainingEvent } from './training-events.js';

let folder: string;
let studies: RegionStudy[];
let file: string;
let backend: Backend;
const inside = (...names: readonly string[]) => path.join(folder, ...names);
const bytesOf = (...names: readonly string[]) => readFile(inside(...names));

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-rrg-studies-'));
  studies = await writeRegionFilms(inside('films'));
  file = await writeStudiesFile(inside('studies.jsonl'), studies);
  backend = await createOnnxBackend({ threads: 1 });
});
afterAll(async () => {
  backend.dispose();
  await rm(folder, { recursive: true, force: true });
});

const SETTINGS = { epochs: 2, batchSize: 2, learningRate: 0.003, validShare: 1 } as const;

async function train(
  out: string,
  options: Partial<RrgOnStudiesOptions> = {},
  given: typeof studies | string = file,
) {
  const events: RegionTrainingEvent[] = [];
  const result = await trainRrgOnStudies(given, {
    ...{ ...SETTINGS, config: SMALL_CONFIG, vocabularySize: 270, backend, out: inside(out) },
    ...options,
    onProgress: (event) => {
      events.push(event);
      options.onProgress?.(event);
    },
  });
  return { result, events };
}

const trainedStages = (events: readonly RegionTrainingEvent[]) => [
  ...new Set(events.flatMap((event) => (event.type === 'training' ? [event.stage] : []))),
];

const lossesOf = async (...names: readonly string[]) =>
  (await readFile(inside(...names, 'losses.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => ({ ...(JSON.parse(line) as object), durationMs: 0 }));

describe('training the report model on region studies', () => {
  it('chains the three stages from nothing but studies, and writes a report model that loads, with its card', async () => {
    const { result, events } = await train('whole');
    expect(result.bundle).toBe(inside('whole', 'model'));
    expect(trainedStages(events)).toEqual(['detector', 'classifiers', 'full']);
    const { config, tokenizer, name } = await loadModel(result.bundle);
    expect(name).toBe('whole');
    expect(config.reportGen).toMatchObject({
      width: 8,
      positionTable: 'position',
      vocabSize: tokenizer.vocabSize,
    });
    expect(tokenizer.decode(tokenizer.encode('The right lung is clear.'))).toBe('The right lung is clear.');
    const start = events.find((event) => event.type === 'start-model');
    expect(start).toMatchObject({ name: 'nothing', seed: 41, trainLanguageModel: true });
    for (const stage of ['detector', 'classifiers', 'full']) {
      const names = await readdir(inside('whole', stage));
      for (const wanted of ['best.safetensors', 'last.safetensors', 'losses.jsonl', 'losses.svg', 'run.json'])
        expect(names).toContain(wanted);
    }
    const fresh = [...result.start.weights].filter(([name]) => name.startsWith('regionSelector.'));
    const { settings } = JSON.parse(await readFile(inside('whole', 'classifiers', 'run.json'), 'utf8')) as {
      settings: { weights: string };
    };
    expect(settings.weights).toBe(hashWeights(new Map([...result.stages[0]!.weights, ...fresh])));
    const card = await readFile(inside('whole', 'model', 'MODEL_CARD.md'), 'utf8');
    expect(card).toContain('| detector | learningRate | 0.003 | this run |');
    expect(card).toContain('| generator | dropout | 0.1 | code |');
    expect(card).toContain('| detector | share | 1 | ours |');
    expect(card).toContain('The language model itself was trained');
    expect(card).toMatch(/selector: best validation loss \| \d+\.\d{4} \(epoch \d, \d batches\)/);
  });

  it('goes on after a stop anywhere, repeats no finished stage, and ends with the same bytes', async () => {
    const controller = new AbortController();
    let batches = 0;
    const stopped = train('stopped', {
      signal: controller.signal,
      onProgress: (event) => {
        const isBatch = event.type === 'training' && event.event.type === 'batch-end';
        if (isBatch && event.stage === 'classifiers' && ++batches === 3) controller.abort(new Error('stop'));
      },
    });
    await expect(stopped).rejects.toThrow('stop');
    expect(await readdir(inside('stopped'))).not.toContain('model');
    const { events } = await train('stopped');
    expect(trainedStages(events)).toEqual(['classifiers', 'full']);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'training-end', stage: 'detector', isKept: true }),
    );
    for (const name of ['weights.safetensors', 'MODEL_CARD.md', 'vocab.json'])
      expect(await bytesOf('stopped', 'model', name), name).toEqual(
        Buffer.from(
          (await bytesOf('whole', 'model', name)).toString('latin1').replaceAll('whole', 'stopped'),
          'latin1',
        ),
      );
    expect(await lossesOf('stopped', 'classifiers')).toEqual(await lossesOf('whole', 'classifiers'));
    expect(trainedStages((await train('stopped')).events)).toEqual([]);
  });

  it('goes on from what lies on the disk when it is killed, and ends with the same bytes and losses', async () => {
    await train('living', {
      onProgress: (event) => {
        if (event.type !== 'training' || event.stage !== 'full' || event.event.type !== 'batch-end') return;
        if (event.event.position.batchesDone !== 3) return;
        cpSync(inside('living'), inside('killed'), { recursive: true });
        rmSync(inside('killed', 'run.lock'));
      },
    });
    const lines = (await lossesOf('killed', 'full')).length;
    expect(await readdir(inside('killed', 'full'))).not.toContain('outcome.json');
    expect(trainedStages((await train('killed')).events)).toEqual(['full']);
    for (const name of ['weights.safetensors', 'merges.txt'])
      expect(await bytesOf('killed', 'model', name), name).toEqual(await bytesOf('whole', 'model', name));
    expect(await lossesOf('killed', 'full')).toEqual(await lossesOf('whole', 'full'));
    expect(await bytesOf('killed', 'full', 'losses.svg')).toEqual(
      await bytesOf('whole', 'full', 'losses.svg'),
    );
    expect(lines).toBe(4);
  });

  it('refuses to go on under other settings or with other studies', async () => {
    await expect(train('whole', { epochs: { detector: 3, classifiers: 2, full: 2 } })).rejects.toThrow(
      'expected epochs 2 of the run in this folder, got epochs 3;',
    );
    const changed = studies.map((study, index) => (index === 1 ? { ...study, regions: [] } : study));
    await expect(train('whole', {}, changed)).rejects.toThrow(/expected studies [0-9a-f]{64} of the run/);
  });

  it('writes parts after the first stages, which the next command starts from', async () => {
    const one = await train('one', { stages: ['detector'], vocabularySize: undefined });
    expect((await loadPart(one.result.bundle, ['detector'])).config['part']).toBe('detector');
    expect(one.result.start.fresh.every((name) => name.startsWith('detector.'))).toBe(true);
    const two = await train('two', {
      ...{
        stages: ['classifiers'],
        vocabularySize: undefined,
        config: { regionSelector: SMALL_CONFIG.regionSelector },
      },
      start: [one.result.bundle],
    });
    const selector = await loadPart(two.result.bundle, ['selector']);
    expect([...selector.weights.keys()].some((name) => name.startsWith('regionSelector.'))).toBe(true);
    const three = await train('three', {
      ...{ stages: ['full'], config: { reportGen: SMALL_CONFIG.reportGen } },
      start: [two.result.bundle],
    });
    expect((await loadModel(three.result.bundle)).config.detector).toEqual(selector.config['detector']);
    expect(three.result.start.name).toBe('two 1');
  });

  it('saves the frozen language model of the start in no state, and puts it into the bundle', async () => {
    const start = [inside('whole', 'model')];
    await train('frozen', {
      stages: ['full'],
      vocabularySize: undefined,
      config: undefined,
      start,
      epochs: 1,
    });
    const names = async (state: string) => [
      ...parseSafetensors(await bytesOf('frozen', 'full', `${state}.safetensors`)).keys(),
    ];
    for (const state of ['last', 'best']) {
      expect((await names(state)).filter((name) => /tokenTable|attention\.qkv/.test(name))).toEqual([]);
      expect((await names(state)).some((name) => name.endsWith('attention.imageKey.weight'))).toBe(true);
    }
    const [before, after] = await Promise.all(
      ['whole', 'frozen'].map(async (run) =>
        parseSafetensors(await bytesOf(run, 'model', 'weights.safetensors')),
      ),
    );
    const table = 'reportGen.tokenTable.weight';
    expect(after!.get(table)).toEqual(before!.get(table));
    const key = 'reportGen.layers.0.attention.imageKey.weight';
    expect(after!.get(key)).not.toEqual(before!.get(key));
    const again = await train('frozen', {
      stages: ['full'],
      vocabularySize: undefined,
      config: undefined,
      start,
      epochs: 1,
    });
    expect(again.result.stages[0]!.isKept).toBe(true);
  });

  it('trains on films of which only the lungs are known, and says how many there are', async () => {
    const { events, result } = await train(
      'lungs',
      { stages: ['detector'], vocabularySize: undefined, epochs: 1 },
      lungsOnly(studies),
    );
    expect(events).toContainEqual({
      type: 'training-start',
      stage: 'detector',
      train: 4,
      valid: 2,
      partial: 6,
    });
    expect(result.stages[0]!.partial).toBe(true);
    expect(await readFile(inside('lungs', 'model', 'MODEL_CARD.md'), 'utf8')).toContain(
      'were ignored in training',
    );
  });

  it('stops at a batch that fails, and goes on over it where it is told to skip', async () => {
    let runs = 0;
    const compile: Backend['compile'] = async (graph, options) => {
      const executable = await backend.compile(graph, options);
      if (options?.name !== 'train-step') return executable;
      const run: typeof executable.run = (...args) => {
        if (++runs === 3 || runs === 4) throw new Error('out of memory');
        return executable.run(...args);
      };
      return new Proxy(executable, {
        get: (target, name) => (name === 'run' ? run : Reflect.get(target, name)),
      });
    };
    const failing = Object.create(backend, { compile: { value: compile } }) as Backend;
    const options = { stages: ['detector'], vocabularySize: undefined, backend: failing } as const;
    await expect(train('failing', options)).rejects.toThrow('out of memory');
    const { result } = await train('failing', { ...options, onBadBatch: 'skip' });
    expect(result.stages[0]!.batchesSkipped).toBe(1);
    expect(await readFile(inside('failing', 'detector', 'losses.jsonl'), 'utf8')).toContain('out of memory');
    expect(await readFile(inside('failing', 'model', 'MODEL_CARD.md'), 'utf8')).toContain(
      'batches skipped | 1',
    );
  });

  it('tells of studies of the split test, of phrases that are cut, and of a patient in two splits', async () => {
    const held = studies.map((study, index) => ({
      ...study,
      split: index === 3 ? ('test' as const) : study.split,
    }));
    const short = { ...SMALL_CONFIG, reportGen: { ...SMALL_CONFIG.reportGen, numPositions: 5 } };
    const { events } = await train('held', { stages: ['full'], config: short, epochs: 1 }, held);
    expect(events[0]).toEqual({ type: 'test-studies', count: 1, total: 6 });
    expect(events).toContainEqual({ type: 'phrases-cut', count: 5, maxLength: 5 });
    const twice = studies.map((study) => ({ ...study, patient: 'secret' }));
    await expect(train('twice', {}, twice)).rejects.toThrow(
      'study 5: expected a patient in one split, got it in valid here and in train in study 1; move one of the studies.',
    );
  });

  it('refuses starts and options that do not go together', async () => {
    const tiny = { start: ['tiny'], config: undefined };
    await expect(train('refused', tiny)).rejects.toThrow(
      'expected `vocabularySize` only where a language model',
    );
    const both = { ...tiny, start: ['tiny', 'tiny'], vocabularySize: undefined };
    await expect(train('refused', both)).rejects.toThrow(
      'expected one whole report model to `start` from, got 2;',
    );
    await expect(train('refused', { stages: ['detector', 'full'] })).rejects.toThrow(
      'that follow each other',
    );
    await expect(train('refused', { preset: 'rrg-best' })).rejects.toThrow(
      'expected `preset` of rrg-base, rrg-opt, rgrg or a file, got "rrg-best"',
    );
    await writeFile(inside('preset.json'), '{"schema": "crrg/rrg-preset/1"}');
    await expect(train('refused', { preset: inside('preset.json') })).rejects.toThrow('stages is missing');
  });
});
