import { cp, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatRegionStudy, type RegionStudy } from '@crrg/datasets';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chest } from '../__fixtures__/chest.js';
import { evaluateRrg, type EvaluateRrgOptions } from './evaluate-rrg.js';
import type { EvaluationEvent } from './events.js';

let folder: string;
let studies: string;
let out: string;
let number = 0;

const study = (id: string, fields: Partial<RegionStudy> = {}): RegionStudy => ({
  image: `${id}.png`,
  id,
  patient: `p${id}`,
  study: null,
  split: 'test',
  view: 'PA',
  regions: [
    {
      region: 'right lung',
      box: { x1: 8, y1: 8, x2: 26, y2: 38 },
      text: 'The right lung is clear.',
      abnormal: false,
    },
  ],
  report: 'The right lung is clear.',
  ...fields,
});

const FILMS = [study('1'), study('2'), study('3'), study('4', { split: 'train' })];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-evaluate-'));
  studies = path.join(folder, 'studies.jsonl');
  for (const id of [1, 2, 3]) await writeFile(path.join(folder, `${id}.png`), chest(id));
  await writeFile(studies, FILMS.map(formatRegionStudy).join(''));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => (out = path.join(folder, `out${(number += 1)}`)));

const evaluate = (options: Partial<EvaluateRrgOptions> = {}, file = studies) =>
  evaluateRrg(file, { model: 'tiny', out, numBeams: 1, threads: 1, numResamples: 20, ...options });
const text = (name: string) => readFile(path.join(out, name), 'utf8');

describe('an evaluation of a report model on a file of studies', () => {
  it('writes a line a film of its split, predictions, texts for CheXbert, the evaluation and its page', async () => {
    const { evaluation, failed } = await evaluate();
    expect(failed).toEqual([]);
    expect(JSON.parse(await text('evaluation.json'))).toEqual(evaluation);
    expect(evaluation).toMatchObject({
      schema: 'crrg/evaluation/rrg/1',
      model: { name: 'crrg-tiny' },
      studies: { file: 'studies.jsonl', split: 'test', numStudies: 3, numFailed: 0 },
      counts: { films: 3, patients: 3 },
      withReferenceLeak: null,
    });
    expect(evaluation.detection!.numBoxes).toBe(3);
    const lines = (await text('films.jsonl')).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(['1', '2', '3']);
    expect((await text('predictions.csv')).split('\n').slice(0, 2)).toEqual([
      'id,patient,region,condition,label,score',
      expect.stringMatching(/^1,p1,right lung,region selection,1,0\.\d+$/),
    ]);
    expect(await text('chexbert-input.csv')).toMatch(/^Report Impression\n/);
    expect(await text('index.html')).toContain('crrg-tiny on studies.jsonl');
  });

  it('goes on where it was stopped, also in the middle of a line, to the same files', async () => {
    await evaluate();
    const [films, evaluation] = [await text('films.jsonl'), await text('evaluation.json')];
    await truncate(path.join(out, 'films.jsonl'), films.indexOf('\n') + 40);
    const events: EvaluationEvent[] = [];
    await evaluate({ onProgress: (event) => events.push(event) });
    expect(events.filter(({ type }) => type === 'film-start')).toHaveLength(2);
    expect(events).toContainEqual({ type: 'films-kept', count: 1, total: 3 });
    expect(await text('films.jsonl')).toBe(films);
    expect(await text('evaluation.json')).toBe(evaluation);
  });

  it('keeps what is done on Ctrl+C', async () => {
    const controller = new AbortController();
    const stop = (event: EvaluationEvent) => {
      if (event.type === 'film-end') controller.abort(new Error('stopped'));
    };
    await expect(evaluate({ signal: controller.signal, onProgress: stop })).rejects.toThrow('stopped');
    expect((await text('films.jsonl')).trimEnd().split('\n')).toHaveLength(1);
    await expect(text('evaluation.json')).rejects.toThrow(/ENOENT/);
    expect((await evaluate()).films).toHaveLength(3);
  });

  it('refuses a folder of an evaluation with other settings, and says which', async () => {
    await evaluate({ firstRows: 1 });
    await expect(evaluate({ numBeams: 2 })).rejects.toThrow(
      /got one with another search; choose another folder/,
    );
    expect((await evaluate()).films).toHaveLength(3);
  });

  it('goes on after a film that cannot be read, counts it, and tries it again', async () => {
    const file = path.join(folder, 'bad.jsonl');
    await writeFile(file, [study('1'), study('9'), study('2')].map(formatRegionStudy).join(''));
    const { evaluation, failed } = await evaluate({}, file);
    expect(failed.map(({ id }) => id)).toEqual(['9']);
    expect(evaluation.studies).toMatchObject({ numStudies: 3, numFailed: 1 });
    expect(evaluation.counts.films).toBe(2);
    await writeFile(path.join(folder, '9.png'), chest(9));
    const again = await evaluate({}, file);
    expect(again.films.map(({ id }) => id)).toEqual(['1', '9', '2']);
  });

  it('scores findings of a labels file by id', async () => {
    const labels = path.join(folder, 'labels.csv');
    await writeFile(labels, 'id,Pneumonia,No Finding\n1,1,0\n2,0,1\n3,,1\n');
    const { evaluation } = await evaluate({ labels });
    const [all] = evaluation.films!.groups;
    expect(all).toMatchObject({ name: 'all films', largestAbnormality: { numFilms: 3, numPositive: 1 } });
    expect(all!.findings.Pneumonia).toMatchObject({ numFilms: 2, numPositive: 1 });
  });

  it('adds the flattered figures under their own name where they are asked for', async () => {
    const { evaluation } = await evaluate({ withReferenceLeak: true, firstRows: 1 });
    const { withReferenceLeak, detection } = evaluation;
    expect(withReferenceLeak!.detection!.numBoxes).toBe(1);
    expect(detection!.scores.meanIou).toBeDefined();
    expect(evaluation.notes.join()).toContain('flatter');
  });

  it('shows the losses of the training that the model came out of', async () => {
    const run = path.join(folder, 'run');
    const tiny = path.dirname(fileURLToPath(import.meta.resolve('@crrg/model-tiny/package.json')));
    await cp(path.join(tiny, 'weights'), path.join(run, 'model'), { recursive: true });
    await mkdir(path.join(run, 'detector'));
    const losses = [1, 2].map((batchesDone) =>
      JSON.stringify({ type: 'train', batchesDone, loss: 1 / batchesDone }),
    );
    await writeFile(path.join(run, 'detector/losses.jsonl'), losses.join('\n'));
    await evaluate({ model: path.join(run, 'model'), firstRows: 1 });
    expect(await text('index.html')).toContain('Losses of run / detector.');
  });

  it('refuses a split without studies', async () => {
    await expect(evaluate({ split: 'valid' })).rejects.toThrow(/split valid, got those of test, train/);
  });
});
