import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { studyKindOf } from './study-kind.js';
import { writeReports } from './write-reports.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-own-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const REPORT = { id: 'a', image: 'a.png', text: 'Clear.' };

describe('reports of a baseline', () => {
  it('replace their own kind and nothing else', async () => {
    const file = await writeReports(folder, [REPORT]);
    await writeReports(folder, [{ ...REPORT, id: 'b' }]);
    expect(await readFile(file, 'utf8')).toBe('{"id":"b","image":"a.png","text":"Clear."}\n');
    await writeFile(file, '{"schema":"crrg/report/1","text":"Clear."}\n');
    await expect(writeReports(folder, [REPORT])).rejects.toThrow('a file of another origin');
    expect(await readFile(file, 'utf8')).toContain('crrg/report/1');
  });

  it('are not there where one of them could not be written', async () => {
    await rm(path.join(folder, 'reports.jsonl'));
    const failing = (function* () {
      yield REPORT;
      throw new Error('no more');
    })();
    await expect(writeReports(folder, failing)).rejects.toThrow('no more');
    await expect(readFile(path.join(folder, 'reports.jsonl'))).rejects.toThrow('ENOENT');
  });
});

describe('the kind of studies', () => {
  it.each([
    ['{"id": "s", "images": []}', 'rclip'],
    ['\n{"image": "a.png"}', 'region'],
    ['no JSON', 'region'],
    ['', 'region'],
  ])('of %j is %s', async (text, kind) => {
    const file = path.join(folder, 'studies.jsonl');
    await writeFile(file, text);
    expect(await studyKindOf(file)).toBe(kind);
  });
});
