import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../__fixtures__/run.js';

let folder: string;
const score = { estimate: 0.3, low: 0.2, high: 0.4 };
const evaluation = {
  schema: 'crrg/evaluation/reports/1',
  system: { name: 'mine', sha256: 'ab' },
  studies: { file: 's.jsonl', sha256: 'cd', split: 'test', firstRows: null, numStudies: 3, numFailed: 0 },
  intervals: { method: 'percentile bootstrap over patients', level: 0.95, numResamples: 10, seed: 0 },
  counts: { films: 3, patients: 3 },
  reports: {
    settings: { meteor: '', signatures: {} },
    written: { numReports: 3, scores: { bleu1: score } },
    allFilms: null,
    clinical: [],
    texts: { distinct: 3, mostCommonShare: 1, meanWords: 2, meanReferenceWords: 2 },
    numWithoutReport: 0,
    numWithoutReference: 0,
  },
  notes: [],
};

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-tables-'));
  for (const name of ['one', 'two']) {
    await mkdir(path.join(folder, name));
    await writeFile(path.join(folder, name, 'evaluation.json'), JSON.stringify(evaluation));
  }
});
afterAll(() => rm(folder, { recursive: true }));

const tables = (...args: string[]) => run(['tables', ...args]);
const both = () => [path.join(folder, 'one'), path.join(folder, 'two')];

describe('crrg tables', () => {
  it('prints published rows, and below them those of folders under their names', async () => {
    const { code, stdout } = await tables(...both());
    expect(code).toBe(0);
    const [, rows] = /Table 1\)\n\n([\s\S]*?)\n\n/.exec(stdout)!;
    expect(rows!.split('\n').map((line) => line.split(/ {2,}/)[0])).toEqual([
      '',
      ...['S&T [1]', 'AdaAtt [1]', 'GPT-4o [2]', 'RRG-base [3]', 'RRG-opt [3]', 'RGRG [4]'],
      ...['one', 'two'],
    ]);
    expect(stdout).toContain('[2] Scored with other tools');
    expect(stdout).not.toMatch(/^ConVIRT/m);
  });

  it('prints Markdown, LaTeX and JSON with names of your own', async () => {
    const named = [...both(), '--name', 'a|b', 'c_d'];
    expect((await tables(...named, '--format', 'markdown')).stdout).toContain(
      '| a\\|b | – | 0.300 (0.200 to 0.400) |',
    );
    expect((await tables(...named, '--format', 'latex')).stdout).toContain(
      'c\\_d & -- & 0.300 (0.200 to 0.400) &',
    );
    const json = JSON.parse((await tables(...named, '--format', 'json')).stdout) as {
      schema: string;
      tables: { rows: { name: string; source: string; values: unknown }[] }[];
    };
    expect(json.schema).toBe('crrg/tables/1');
    expect(json.tables[0]!.rows.at(-1)).toMatchObject({
      name: 'c_d',
      source: 'ours',
      values: { bleu1: score },
    });
  });

  it('prints the published rows alone without a folder', async () => {
    expect((await tables()).stdout).toContain('R-CLIP-opt');
  });

  it('writes one page of all folders, with the tables on top', async () => {
    const page = path.join(folder, 'page');
    const { code, stderr } = await tables(...both(), '--page', page, '--title', 'All of <them>');
    expect([code, stderr]).toEqual([0, `wrote ${path.join(page, 'index.html')}\n`]);
    const html = await readFile(path.join(page, 'index.html'), 'utf8');
    expect(html).toContain('All of &lt;them&gt;');
    expect([...html.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, name]) => name)).toEqual(['one', 'two']);
    expect(html.match(/<tr class="ours">/g)).toHaveLength(2);
    expect((await tables(...both(), '--title', 'x')).stderr).toContain('expected --page');
  });

  it('says which folder has no evaluation, and that names are too few', async () => {
    const { code, stderr } = await tables(path.join(folder, 'none'));
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/none\/evaluation\.json: expected an evaluation/),
    ]);
    expect(await tables(...both(), '--name', 'a')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('expected a name for each of 2 folders, got 1') as string,
    });
  });
});
