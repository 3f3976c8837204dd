import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../__fixtures__/run.js';
import { writeFilms } from '../__fixtures__/training-studies.js';

let folder: string;
const inFolder = (name: string) => path.join(folder, name);

const study = (index: number, image = `films/${index}.png`) => ({
  ...{ image, id: `s${index}`, patient: `p${index}`, study: null, split: 'test', view: 'PA' },
  regions: [
    {
      region: 'left lung',
      box: { x1: 30, y1: 5, x2: 55, y2: 40 },
      text: 'The left lung is clear.',
      abnormal: false,
    },
  ],
  report: 'The left lung is clear.',
});

const write = (name: string, lines: readonly object[]) =>
  writeFile(inFolder(name), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-cli-evaluate-'));
  await writeFilms(folder);
  await write('studies.jsonl', [study(0), study(1)]);
});
afterAll(() => rm(folder, { recursive: true }));

const QUICK = ['--resamples', '20', '--quiet'];
const rrg = (studies: string, out: string, ...options: string[]) =>
  run([
    'evaluate',
    'rrg',
    'tiny',
    inFolder(studies),
    '--out',
    inFolder(out),
    '--beams',
    '1',
    ...QUICK,
    ...options,
  ]);

describe('crrg evaluate rrg', () => {
  it('prints its tables, and the notes that a reader needs', async () => {
    const { code, stdout, stderr } = await rrg('studies.jsonl', 'out');
    expect(stderr.replace(/.*in doubt.*|crrg: s\d: doubt.*/g, '').trim()).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain('Regions found\n');
    expect(stdout).toContain('2 annotated boxes of 2 films.');
    expect(stdout).toContain('Research software, not a medical device.');
  });

  it('prints the evaluation that is in the folder, whose predictions crrg score reads', async () => {
    const { stdout } = await rrg('studies.jsonl', 'out', '--format', 'json');
    expect(stdout).toBe(await readFile(inFolder('out/evaluation.json'), 'utf8'));
    const labels = [
      'score',
      '--labels',
      inFolder('out/predictions.csv'),
      '--resamples',
      '0',
      '--format',
      'json',
    ];
    const { conditions } = JSON.parse((await run(labels)).stdout) as { conditions: { condition: string }[] };
    expect(conditions.map(({ condition }) => condition)).toEqual(['region selection', 'region abnormality']);
  });

  it('says which film failed, goes on, and ends with 1', async () => {
    await write('bad.jsonl', [study(7, 'films/none.png'), study(1)]);
    const { code, stderr, stdout } = await rrg('bad.jsonl', 'bad');
    expect(code).toBe(1);
    expect(stderr).toContain('crrg: s7: ');
    expect(stdout).toContain('1 annotated boxes of 1 films.');
  });

  it('names options as the command line does', async () => {
    const { code, stderr } = await rrg('studies.jsonl', 'out', '--beams', '2');
    expect(code).toBe(2);
    expect(stderr).toContain('got one with another search; choose another folder');
    expect((await rrg('studies.jsonl', 'x', '--first-rows', '0')).stderr).toContain("'--first-rows <n>'");
  });
});

describe('crrg evaluate reports', () => {
  it('scores the reports of any system', async () => {
    await write('reports.jsonl', [
      { id: 's0', text: 'The left lung is clear.' },
      { id: 's1', text: '' },
    ]);
    const { code, stdout } = await run([
      ...['evaluate', 'reports', inFolder('reports.jsonl'), inFolder('studies.jsonl')],
      ...['--out', inFolder('reports'), ...QUICK],
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/BLEU-1 +1\.000 \(1\.000 to 1\.000\)/);
    expect(stdout).toContain('1 films without a generated report');
  });
});
