import { link, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodePng, greyImage } from '@crrg/image';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../__fixtures__/run.js';
import { openLineFile } from '../output/line-file.js';
import { markPng } from '../output/marks.js';

let folder: string;
const at = (...names: readonly string[]) => path.join(folder, ...names);
const read = (...names: readonly string[]) => readFile(at(...names), 'utf8');
const OLD = '{"schema":"crrg/classification/1","old":true}\n';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-user-files-'));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  await rm(folder, { recursive: true });
  await mkdir(at('films'), { recursive: true });
  const pixels = Uint8Array.from({ length: 80 * 80 }, (_, at) => (at * 7) % 256);
  const png = markPng(encodePng(greyImage(80, 80, pixels)));
  await writeFile(at('films', 'a.png'), png);
  await writeFile(at('films', 'b.png'), png);
});

describe('classify and report never write over', () => {
  const hash = async () => (await readFile(at('films', 'a.png'))).toString('base64');

  it.each([
    ['classify', ['--jsonl', 'films/a.png']],
    ['report', ['--jsonl', 'films/../films/a.png']],
    ['classify', ['--overlay', 'films/{name}.png']],
    ['report', ['--overlay', 'films/a.png']],
    ['classify', ['--overlay', 'hard.png']],
    ['report', ['--overlay', 'soft.png']],
    ['report', ['--jsonl', 'out.svg', '--overlay', 'out.svg']],
  ])('a film, with %s %j', async (command, args) => {
    await link(at('films', 'a.png'), at('hard.png'));
    await symlink(at('films', 'a.png'), at('soft.png'));
    const before = [await hash(), await readdir(folder), await readdir(at('films'))];
    const [flag, target, ...rest] = args;
    const more = rest.map((each) => (each.startsWith('--') ? each : at(each)));
    const result = await run([command, at('films', 'a.png'), flag!, `${folder}/${target}`, ...more]);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(/^crrg: --(jsonl|overlay): expected a file of its own.*\n$/);
    expect([await hash(), await readdir(folder), await readdir(at('films'))]).toEqual(before);
  });

  it.each([
    ['classify', '--jsonl', 'notes.txt', 'my notes\n'],
    ['classify', '--jsonl', 'reports.jsonl', '{"schema":"crrg/report/1"}\n'],
    ['report', '--overlay', 'drawing.svg', '<svg width="3"></svg>'],
    ['report', '--overlay', 'overlays/{name}.svg', '<svg width="3"></svg>'],
  ])('a file that they did not write: %s %s %s', async (command, flag, name, content) => {
    const file = at(name.replace('{name}', 'b'));
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
    const before = await readdir(folder, { recursive: true });
    const result = await run([command, at('films'), flag, at(name.replace('drawing', '{name}'))].slice(0, 4));
    if (!name.includes('drawing')) {
      expect(result).toMatchObject({ code: 2, stdout: '' });
      expect(result.stderr).toMatch(/^crrg: --.*which is a file of another origin;.*\n$/);
    } else {
      expect((await run([command, at('films', 'a.png'), flag, file])).code).toBe(2);
    }
    expect(await readFile(file, 'utf8')).toBe(content);
    if (!name.includes('drawing')) expect(await readdir(folder, { recursive: true })).toEqual(before);
  });
});

describe('the file of --jsonl', () => {
  it('keeps old results where the model does not exist, or no picture can be read', async () => {
    await writeFile(at('out.jsonl'), OLD);
    await writeFile(at('bad.png'), 'no picture');
    const options = ['--jsonl', at('out.jsonl')];
    expect((await run(['classify', at('films'), '--model', at('nosuch'), ...options])).code).toBe(1);
    expect((await run(['classify', at('bad.png'), ...options])).code).toBe(1);
    expect(await read('out.jsonl')).toBe(OLD);
    expect((await readdir(folder)).sort()).toEqual(['bad.png', 'films', 'out.jsonl']);
  });

  it('is replaced by the first result and then grows, and an overlay of ours may be replaced', async () => {
    await writeFile(at('out.jsonl'), OLD);
    const args = ['classify', at('films'), '--jsonl', at('out.jsonl'), '--overlay', at('overlays')];
    expect(await run(args)).toMatchObject({ code: 0 });
    const first = await read('out.jsonl');
    expect(
      first
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([{ input: { file: 'a.png' } }, { input: { file: 'b.png' } }]);
    expect(await run(args)).toMatchObject({ code: 0 });
    expect(await readdir(at('overlays'))).toEqual(['a.svg', 'b.svg']);
    expect((await readdir(folder)).sort()).toEqual(['films', 'out.jsonl', 'overlays']);
  });

  it('that cannot be written ends the run with one line that names it, and no film is blamed', async () => {
    expect(await run(['classify', at('films'), '--quiet', '--jsonl', '/dev/full'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'crrg: /dev/full: cannot be written: the disk is full\n',
    });
    const target = at('films', 'a.png', 'out.jsonl');
    expect((await run(['classify', at('films'), '--jsonl', target])).stderr).toBe(
      `crrg: ${target}: cannot be written: a part of its path is no folder\n`,
    );
  });

  it('is refused while another run writes it', async () => {
    const lines = await openLineFile(at('out.jsonl'));
    const result = await run(['classify', at('films'), '--jsonl', at('out.jsonl')]);
    await lines.end();
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain('out.jsonl.lock');
  });

  it('may be standard output by another name', async () => {
    const result = await run(['classify', at('films', 'a.png'), '--jsonl', '/dev/stdout']);
    expect(JSON.parse(result.stdout)).toMatchObject({ input: { file: 'a.png' } });
  });
});

describe('an overlay that cannot be written', () => {
  it('ends the run with one line that names it', async () => {
    const target = at('films', 'a.png', '{name}.svg');
    const result = await run(['classify', at('films'), '--quiet', '--overlay', target]);
    expect(result.code).toBe(1);
    expect(result.stderr).toBe(
      `crrg: ${at('films', 'a.png', 'a.svg')}: cannot be written: a part of its path is no folder\n`,
    );
  });
});

describe('score never writes over', () => {
  const LABELS = 'label,score\n1,0.9\n0,0.2\n';
  beforeEach(async () => {
    await writeFile(at('c.jsonl'), '{"schema":"crrg/score-item/1","text":"no edema"}\n');
    await writeFile(at('r.jsonl'), '{"text":"no edema"}\n');
    await writeFile(at('labels.csv'), LABELS);
  });
  const score = (...args: readonly string[]) =>
    run([
      'score',
      '--candidates',
      at('c.jsonl'),
      '--references',
      at('r.jsonl'),
      '--metrics',
      'bleu',
      ...args,
    ]);

  it.each(['c.jsonl', 'r.jsonl', 'labels.csv'])('%s with --items', async (name) => {
    const before = await read(name);
    const result = await score('--items', at(name));
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(
      /^crrg: --items: expected a (file of its own|new file or scores that crrg wrote)/,
    );
    expect(await read(name)).toBe(before);
  });

  it('its own scores twice without asking', async () => {
    expect((await score('--items', at('items.jsonl'))).code).toBe(0);
    expect((await score('--items', at('items.jsonl'))).code).toBe(0);
    expect(await read('items.jsonl')).toMatch(/^\{"schema":"crrg\/score-item\/1","id":1,.*\}\n$/);
  });

  it.each([
    ['roc.svg', ['--labels', 'labels.csv']],
    ['confusion.svg', ['--labels', 'labels.csv']],
    ['clinical-labels.svg', ['--candidates', 'c.jsonl', '--references', 'r.jsonl']],
  ])('a picture %s that it did not make', async (name, args) => {
    await mkdir(at('plots'));
    await writeFile(at('plots', name), '<svg></svg>');
    const inputs = args.map((each) => (each.startsWith('--') ? each : at(each)));
    const result = await run(['score', ...inputs, '--plots', at('plots')]);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain(`${name}, which is a file of another origin`);
    expect(await readdir(at('plots'))).toEqual([name]);
    await rm(at('plots'), { recursive: true });
    for (const _ of ['first', 'again'])
      expect((await run(['score', ...inputs, '--plots', at('plots')])).code).toBe(0);
    expect(await readdir(at('plots'))).toContain(name);
  });
});
