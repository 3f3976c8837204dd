import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createRadiographClassifier, loadClassifierModel } from '@crrg/pipeline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chest } from '../__fixtures__/chest.js';
import { evaluateRclip, type EvaluateRclipOptions } from './evaluate-rclip.js';

let folder: string;
const inFolder = (name: string) => path.join(folder, name);
const study = (id: string, fields: object = {}) => ({
  ...{ id, patient: `p${id}`, split: 'test', images: [`${id}.png`], labels: { Pneumonia: Number(id) % 2 } },
  sections: [`Finding ${id}.`, 'Chest film.'],
  ...fields,
});
const write = (name: string, lines: readonly object[]) =>
  writeFile(inFolder(name), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-evaluate-rclip-'));
  for (const id of [1, 2, 3]) await writeFile(inFolder(`${id}.png`), chest(id));
  await write('studies.jsonl', [study('1'), study('2', { images: ['2.png', '3.png'] })]);
});
afterAll(() => rm(folder, { recursive: true }));

const evaluate = (out: string, options: Partial<EvaluateRclipOptions> = {}) =>
  evaluateRclip(inFolder('studies.jsonl'), { out: inFolder(out), threads: 1, numResamples: 20, ...options });

describe('an evaluation of a contrastive model on a file of studies', () => {
  it('asks the probe as crrg classify does, by every image', async () => {
    const { evaluation, films } = await evaluate('out');
    expect(films.map(({ id }) => id)).toEqual(['1', '2', '2/2']);
    const classifier = await createRadiographClassifier({ threads: 1 });
    const { classification } = await classifier.classify(inFolder('3.png'));
    classifier.dispose();
    const { probability, threshold } = classification[0]!;
    expect(films[2]!.probe).toMatchObject({ Pneumonia: { probability, threshold } });
    expect(evaluation.probe!['Pneumonia']).toMatchObject({ numFilms: 3, numPositive: 1 });
  });

  it('says of a model without a probe that it has none, and nothing of its labels', async () => {
    const whole = await loadClassifierModel('tiny');
    const weights = new Map([...whole.weights].filter(([name]) => !name.startsWith('probe.')));
    const model = { ...whole, weights, config: { ...whole.config, probe: null } };
    const { evaluation } = await evaluate('no-probe', { model });
    expect(evaluation.probe).toBeNull();
    expect(evaluation.notes.filter((note) => note.includes('probe'))).toEqual(['The model has no probe.']);
  });

  it('has zero-shot scores of the published prompts, and retrieval by the first image of a study', async () => {
    const { evaluation, films } = await evaluate('out');
    expect(evaluation.prompts).toEqual({
      Pneumonia: ['No evidence of pneumonia', 'Findings suggesting pneumonia.'],
    });
    expect(evaluation.zeroShot!['Pneumonia']!.numFilms).toBe(3);
    expect(films.map(({ text }) => text)).toEqual([
      'Finding 1. Chest film.',
      'Finding 2. Chest film.',
      undefined,
    ]);
    expect(evaluation.retrieval!.imageToText).toMatchObject({ numQueries: 2, numCandidates: 2 });
  });

  it('goes on in the middle of a line to the same files, and refuses other prompts', async () => {
    await evaluate('again');
    const names = ['again/films.jsonl', 'again/evaluation.json', 'again/predictions.csv'];
    const read = () => Promise.all(names.map((name) => readFile(inFolder(name), 'utf8')));
    const before = await read();
    expect(before[2]).toMatch(
      /^id,patient,region,condition,label,score\n1,p1,,Pneumonia \(probe\),1,0\.\d+\n1,p1,,Pneumonia \(zero-shot\),1,/,
    );
    await truncate(inFolder('again/films.jsonl'), before[0]!.indexOf('\n') + 9);
    await evaluate('again');
    expect(await read()).toEqual(before);
    await writeFile(inFolder('prompts.json'), '{"Pneumonia": ["Clear lungs.", "Pneumonia."]}');
    const other = evaluate('again', { prompts: inFolder('prompts.json') });
    await expect(other).rejects.toThrow(/another prompts; choose another folder/);
    await writeFile(inFolder('bad.json'), '{"Pneumonia": ["One"]}');
    const bad = evaluate('x', { prompts: inFolder('bad.json') });
    await expect(bad).rejects.toThrow(/bad\.json: expected .* got something else for Pneumonia/);
  });

  it('asks about classes with the mean over their prompts', async () => {
    const file = inFolder('classes.json');
    await writeFile(file, '{"Pneumonia": ["Pneumonia.", "An opacity."], "Normal": ["Clear lungs."]}');
    const { evaluation, films } = await evaluate('classes', { classPrompts: file, firstRows: 1 });
    const single = inFolder('single.json');
    await writeFile(
      single,
      '{"first": ["Pneumonia."], "second": ["An opacity."], "third": ["Clear lungs."]}',
    );
    const alone = (await evaluate('single', { classPrompts: single, firstRows: 1 })).films[0]!.classes!;
    const { Pneumonia, Normal } = films[0]!.classes!;
    expect(Pneumonia).toBeCloseTo((alone['first']! + alone['second']!) / 2, 6);
    expect(Normal).toBeCloseTo(alone['third']!, 6);
    expect(evaluation.classes).toMatchObject({ classes: ['Pneumonia', 'Normal'], numFilms: 1 });
    await writeFile(file, '{"Pneumonia": ["Pneumonia."]}');
    await expect(evaluate('x', { classPrompts: file })).rejects.toThrow(
      /at least two classes, got 1 entries/,
    );
  });
});
