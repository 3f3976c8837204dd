import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadClassifierModel } from '@crrg/pipeline/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeStudyFilms } from '../__fixtures__/study-films.js';
import type { TrainingStudy } from './read-studies.js';
import { loadStartEncoder } from './start-model.js';
import { trainProbeOnStudies, type ProbeOnStudiesOptions } from './train-probe-on-studies.js';
import { probeResultRows } from './trained-bundle.js';

let folder: string;
let studies: TrainingStudy[];
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-probe-on-'));
  studies = await writeStudyFilms(path.join(folder, 'films'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const START = {
  start: ['random'],
  config: {
    imageEncoder: { imageSize: 32, stemWidth: 4, planes: [2, 2, 2, 4], blocks: [1, 1, 1, 1] },
  },
} as const;

const train = (out: string, more: Partial<ProbeOnStudiesOptions> = {}) =>
  trainProbeOnStudies(studies, {
    ...{ ...START, epochs: 2, batchSize: 2, learningRate: 0.05, threads: 1 },
    out: path.join(folder, out),
    ...more,
  });

describe('a probe on a frozen encoder', () => {
  it('is a bundle that classifies, whose encoder is as it was, with its losses drawn beside', async () => {
    const { bundle, plan, probe } = await train('random');
    expect(probe.films).toEqual({ train: 8, valid: 4 });
    expect(plan.probe).toMatchObject({ epochs: 2, batchSize: 2, learningRate: 0.05 });
    const { config, weights } = await loadClassifierModel(bundle);
    expect([config.probe!.labels, config.textEncoder]).toEqual([['Pneumonia'], null]);
    const start = await loadStartEncoder(START, 'test', { seed: plan.seed });
    for (const [name, { data }] of start.weights) expect(weights.get(name)!.data, name).toEqual(data);
    const card = await readFile(path.join(bundle, 'MODEL_CARD.md'), 'utf8');
    expect(card).toMatch(/\| image encoder \| random 1234 \(sha256 [0-9a-f]{64}\) \|/);
    expect(await readdir(path.join(folder, 'random'))).toEqual(
      expect.arrayContaining(['losses.jsonl', 'losses.svg', 'model', 'run.json']),
    );
  });

  it('of a share of the labelled films is trained on those, and says so', async () => {
    const result = await train('share', { share: 0.5 });
    expect(result.probe.films).toEqual({ train: 4, valid: 4 });
    expect(probeResultRows(result)[0]).toEqual(['share of the labelled films', '0.5']);
    await expect(train('small', { share: 0.1 })).rejects.toThrow(
      'expected at least 2 labelled films in the split train, one batch, got 1',
    );
  });

  it('is the same from the same settings, and refuses others in its folder', async () => {
    const weightsOf = async (out: string) => (await train(out)).probe.weights.get('probe.weight')!.data;
    const first = await weightsOf('again');
    expect(await weightsOf('again')).toEqual(first);
    await expect(train('again', { seed: 5 })).rejects.toThrow('expected seed 1234');
  });

  it('needs labels', async () => {
    const without = studies.map((study) => ({ ...study, labels: new Map<string, 0 | 1>() }));
    const training = trainProbeOnStudies(without, { ...START, out: path.join(folder, 'none') });
    await expect(training).rejects.toThrow('expected studies with labels');
  });
});
