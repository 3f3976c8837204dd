import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';
import { ANATOMICAL_REGIONS } from '@crrg/core';
import type { Report } from '@crrg/pipeline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeMicroCheckpoint } from '../__fixtures__/micro-checkpoint.js';
import { run } from '../__fixtures__/run.js';

const FILM = fileURLToPath(new URL('../../../../examples/radiographs/nih-00001749_003.jpg', import.meta.url));
let folder: string;
let model: string;
const inFolder = (name: string) => path.join(folder, name);
const report = (...args: string[]) => run(['report', ...args, '--model', model]);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-report-'));
  model = inFolder('model');
  const checkpoint = await writeMicroCheckpoint(folder);
  const imported = [
    'models',
    'import',
    checkpoint,
    '--out',
    model,
    '--config',
    inFolder('config-hints.json'),
  ];
  expect((await run(imported)).code).toBe(0);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A PNG of any stated size with hardly any data. Checksums are left 0 where nobody reads that far. */
function pngHeader(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc(2)))]);
}

describe('crrg report --json', () => {
  it('writes sentences with quantised weights where it is asked to, and refuses kinds that there are not', async () => {
    const { code, stdout } = await report(FILM, '--json', '--beams', '1', '--dtype', 'q8');
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as Report).provenance.options.dtype).toBe('q8');
    const refused = await report(FILM, '--dtype', 'int8');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("'int8' is invalid. Allowed choices are fp32, q8, q4.");
  });

  it('gives the documented schema for a real radiograph', async () => {
    const { code, stdout, stderr } = await report(FILM, '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const result = JSON.parse(stdout) as Report;
    expect(Object.keys(result)).toEqual([
      ...['schema', 'input', 'text', 'regions', 'findings', 'doubts', 'provenance', 'intendedUse'],
    ]);
    expect(result).toMatchObject({
      schema: 'crrg/report/1',
      input: { file: path.basename(FILM), width: 512, height: 512 },
      provenance: { model: { name: 'micro', version: '1' }, options: { numBeams: 4 } },
    });
    expect(result.regions.map(({ name }) => name)).toEqual([...ANATOMICAL_REGIONS]);
    for (const { status, box, detectionScore, selectionScore, abnormalityScore } of result.regions) {
      for (const score of [detectionScore, selectionScore, abnormalityScore]) {
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
      }
      if (status === 'not-detected') expect(box).toBeNull();
      else {
        expect(box!.x1).toBeGreaterThanOrEqual(0);
        expect(box!.x2).toBeLessThanOrEqual(512);
      }
    }
    const described = result.regions.filter(({ status }) => status === 'described');
    expect(described.length).toBeGreaterThan(0);
    expect(result.findings.map(({ region }) => region)).toEqual(described.map(({ name }) => name));
    expect(result.intendedUse).toContain('not a medical device');
  });

  it('gives a list for several files', async () => {
    await copyFile(FILM, inFolder('copy.jpg'));
    const { stdout } = await report(FILM, inFolder('copy.jpg'), '--json', '--beams', '1');
    const names = (JSON.parse(stdout) as Report[]).map(({ input }) => input.file);
    expect(names).toEqual([path.basename(FILM), 'copy.jpg']);
  });
});

describe('crrg report', () => {
  it('prints a table and the intended use, and nothing on stderr', async () => {
    const { code, stdout, stderr } = await report(FILM);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('SENTENCE');
    expect(stdout).toContain('not a medical device');
  });

  it('says one clear line for each file that is no radiograph, and goes on with the rest of the folder', async () => {
    const films = inFolder('films');
    await mkdir(films);
    await copyFile(FILM, path.join(films, 'good.jpg'));
    await writeFile(path.join(films, 'text.png'), 'not a picture');
    await writeFile(path.join(films, 'cut.jpg'), (await readFile(FILM)).subarray(0, 20_000));
    await writeFile(path.join(films, 'dot.png'), pngHeader(1, 1));
    await writeFile(path.join(films, 'huge.png'), pngHeader(40_000, 40_000));
    const { code, stderr } = await report(films, '--jsonl', inFolder('out.jsonl'));
    expect(code).toBe(1);
    const lines = stderr.trim().split('\n');
    expect(lines.map((line) => path.basename(line.split(': ')[1]!))).toEqual([
      ...['cut.jpg', 'dot.png', 'huge.png', 'text.png'],
    ]);
    expect(stderr).not.toMatch(/\n {4}at /);
    expect(lines[2]).toContain('got 40000x40000');
    const written = (await readFile(inFolder('out.jsonl'), 'utf8')).trim().split('\n');
    expect(written.map((line) => (JSON.parse(line) as Report).input.file)).toEqual(['good.jpg']);
  });

  it.each([
    ['a file that is absent', () => [inFolder('absent.png')], 1, 'absent.png'],
    ['a folder without pictures', () => [model], 2, 'has no .png, .jpg, .jpeg, .dcm, .dicom or .dic file'],
    ['an unknown backend', () => [FILM, '--backend', 'abacus'], 2, 'abacus'],
    ['more beams than a whole number', () => [FILM, '--beams', '0'], 2, 'whole number'],
    ['--json with --jsonl', () => [FILM, '--json', '--jsonl', 'x'], 2, '--jsonl'],
    ['an overlay of unknown kind', () => [FILM, '--overlay', inFolder('x.gif')], 2, '.svg or .png'],
  ])('refuses %s', async (_what, args, code, message) => {
    const result = await report(...args());
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toContain(message);
    expect(result.stderr).not.toMatch(/\n {4}at /);
  });

  it('refuses a model that is not there, once for all files', async () => {
    const { code, stderr } = await run(['report', FILM, FILM, '--model', inFolder('no-model')]);
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('writes overlays as SVG and PNG and leaves no temporary file', async () => {
    const out = inFolder('overlays');
    expect((await report(FILM, '--overlay', path.join(out, 'a.svg'))).code).toBe(0);
    expect((await report(FILM, '--overlay', path.join(out, 'a.png'))).code).toBe(0);
    expect((await readdir(out)).sort()).toEqual(['a.png', 'a.svg']);
    expect(await readFile(path.join(out, 'a.svg'), 'utf8')).toMatch(/^<svg[^]*<rect[^]*<\/svg>\s*$/);
    expect((await readFile(path.join(out, 'a.png'))).subarray(1, 4).toString()).toBe('PNG');
  });

  it('tells of stages but never of what a report says', async () => {
    const { stdout, stderr } = await report(FILM, '--progress', '--json');
    expect(stderr).toContain('detector');
    for (const { sentence } of (JSON.parse(stdout) as Report).findings)
      if (sentence.length > 3) expect(stderr).not.toContain(sentence);
  });

  it('stops where it is told to, with the exit code of Ctrl+C', async () => {
    const controller = new AbortController();
    controller.abort(new Error('interrupted'));
    const { code, stdout, stderr } = await run(['report', FILM, '--model', model], {
      signal: controller.signal,
    });
    expect({ code, stdout, stderr }).toEqual({ code: 130, stdout: '', stderr: 'crrg: stopped\n' });
  });

  it('reports with the demonstration weights where no model is named', async () => {
    const { code, stdout } = await run(['report', FILM, '--json', '--beams', '1']);
    expect(code).toBe(0);
    const result = JSON.parse(stdout) as Report;
    expect(result.provenance.model.name).toBe('crrg-tiny');
    expect(result.findings.length).toBeGreaterThan(0);
  });
});

describe('crrg describe', () => {
  it('describes a box and gives it back in pixels of the picture', async () => {
    const { code, stdout } = await run([
      ...['describe', FILM, '--model', model, '--box', '120,80,420,600', '--json'],
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      region: null,
      box: { x1: 120, y1: 80, x2: 420, y2: 512 },
    });
  });

  it('describes a detected region by name', async () => {
    const { regions } = JSON.parse((await report(FILM, '--json')).stdout) as Report;
    const { name, box } = regions.find(({ status }) => status !== 'not-detected')!;
    const { stdout } = await run(['describe', FILM, '--model', model, '--region', name, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ region: name, box });
  });

  it.each([
    [['--region', 'left knee'], '--region: expected one of'],
    [['--box', '5,5,1,1'], '--box: expected x1,y1,x2,y2'],
    [['--box', '1,5,5,5'], '--box: expected x1,y1,x2,y2 with x1 < x2 and y1 < y2, got 1,5,5,5'],
    [['--box', '5,1,5,5'], '--box: expected x1,y1,x2,y2 with x1 < x2 and y1 < y2, got 5,1,5,5'],
    [['--box', '1,1,5'], '--box: expected x1,y1,x2,y2'],
    [['--box', '1,1,5,'], '--box: expected x1,y1,x2,y2'],
    [[], 'expected --region or --box'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await run(['describe', FILM, '--model', model, ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
