import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { formatRegionStudy, type RegionStudy } from '@crrg/datasets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluateReports } from './evaluate-reports.js';
import { writeResultsPage } from './write-results-page.js';

let folder: string;
const inFolder = (name: string) => path.join(folder, name);
const study = (id: string, report: string | null): RegionStudy => ({
  ...{ image: `${id}.png`, id, patient: null, study: null, split: 'test', view: null, regions: [], report },
});
const write = (name: string, lines: readonly object[]) =>
  writeFile(inFolder(name), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-reports-'));
  const studies = [study('a', 'The heart is large.'), study('b', 'Clear lungs.'), study('c', 'Normal.')];
  await writeFile(inFolder('studies.jsonl'), studies.map(formatRegionStudy).join(''));
});
afterAll(() => rm(folder, { recursive: true }));

const evaluate = (reports: string, chexbert?: string) =>
  evaluateReports(inFolder(reports), {
    studies: inFolder('studies.jsonl'),
    out: inFolder(`out-${reports}`),
    numResamples: 20,
    chexbert,
  });

describe('reports of any system', () => {
  it('are paired by id, with what is missing, empty or of no study counted', async () => {
    await write('some.jsonl', [
      { id: 'b', text: 'Clear lungs.' },
      { id: 'a', text: '' },
      { id: 'z', text: 'Strange.' },
    ]);
    const { evaluation } = await evaluate('some.jsonl');
    expect(evaluation.reports.written!.scores.bleu1!.estimate).toBeCloseTo(1, 6);
    expect(evaluation.reports).toMatchObject({ numWithoutReport: 1, written: { numReports: 1 } });
    expect(evaluation.notes).toEqual([
      '1 of 3 studies have no line in the reports; they enter no score.',
      '1 reports are of no study of this split; they are left out.',
    ]);
    expect(evaluation).toMatchObject({ schema: 'crrg/evaluation/reports/1', system: { name: 'some.jsonl' } });
  });

  it('may have the labels of CheXbert, by text, and not those of other texts', async () => {
    await write(
      'all.jsonl',
      ['a', 'b', 'c'].map((id) => ({ id, text: 'The  heart is large.' })),
    );
    await evaluate('all.jsonl');
    const input = await readFile(inFolder('out-all.jsonl/chexbert-input.csv'), 'utf8');
    expect(input).toBe('Report Impression\nThe heart is large.\nClear lungs.\nNormal.\n');
    const findings =
      'Enlarged Cardiomediastinum,Cardiomegaly,Lung Opacity,Lung Lesion,Edema,Consolidation,Pneumonia,Atelectasis,Pneumothorax,Pleural Effusion,Pleural Other,Fracture,Support Devices,No Finding';
    const rows = ['The heart is large.,,1.0', 'Clear lungs.,,', 'Normal.,,'].map(
      (row) => `${row}${','.repeat(12)}`,
    );
    await writeFile(inFolder('labels.csv'), `Report Impression,${findings}\n${rows.join('\n')}\n`);
    const { evaluation } = await evaluate('all.jsonl', inFolder('labels.csv'));
    expect(evaluation.reports.clinical[1]!.findings.Cardiomegaly).toMatchObject({
      support: 1,
      precision: { estimate: 1 / 3 },
    });
    await writeFile(inFolder('few.csv'), `Report Impression,${findings}\n${rows[0]}\n`);
    await expect(evaluate('all.jsonl', inFolder('few.csv'))).rejects.toThrow(/all 3 texts, got none for 2/);
  });

  it('are refused with file and line, without what they say', async () => {
    await writeFile(
      inFolder('bad.jsonl'),
      '{"id": "a", "text": 7}\nsecret\n{"id": "b", "text": "x"}\n{"id": "b", "text": "y"}\n',
    );
    const error = (await evaluate('bad.jsonl').catch((reason: unknown) => reason)) as Error;
    expect(error.message).toMatch(/bad.jsonl: line 1: .*\n.*bad.jsonl: line 2: .*\n.*bad.jsonl: line 4: /);
    expect(error.message).not.toContain('secret');
    await write('none.jsonl', [{ id: 'z', text: 'x' }]);
    await expect(evaluate('none.jsonl')).rejects.toThrow(/got none of theirs/);
  });

  it('replace nothing of another evaluation, or of another origin', async () => {
    await write('mine.jsonl', [{ id: 'a', text: 'Clear.' }]);
    await evaluate('mine.jsonl');
    await write('mine.jsonl', [{ id: 'a', text: 'Changed.' }]);
    await expect(evaluate('mine.jsonl')).rejects.toThrow(
      /got one with another reports; choose another folder/,
    );
    await mkdir(inFolder('out-page.jsonl'));
    await writeFile(inFolder('out-page.jsonl/index.html'), '<p>of somebody</p>');
    await write('page.jsonl', [{ id: 'a', text: 'Clear.' }]);
    await expect(evaluate('page.jsonl')).rejects.toThrow(
      /with index\.html and no run\.json; choose another folder/,
    );
    expect(await readFile(inFolder('out-page.jsonl/index.html'), 'utf8')).toBe('<p>of somebody</p>');
    const page = writeResultsPage(inFolder('out-page.jsonl'), [{ folder: inFolder('out-mine.jsonl') }]);
    await expect(page).rejects.toThrow(/expected a new page or one of crrg/);
  });
});
