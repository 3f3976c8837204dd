import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { encodePng, greyImage, type GreyImage } from '@crrg/image';
import { decodeImage } from '@crrg/image/node';
import type { RadiographClassification, RegionDescription, Report } from '@crrg/pipeline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../__fixtures__/run.js';

const FILM = fileURLToPath(new URL('../../../../examples/radiographs/nih-00001749_003.jpg', import.meta.url));
/** A place of the film; on the dark one no region may be found. */
const BOX = ['--box', '60,60,250,450'];
let folder: string;
const inFolder = (name: string) => path.join(folder, name);

/** The film as it looks where its 8 bits were stored in the low end of 16. */
function dark({ width, height, data }: GreyImage): GreyImage {
  return greyImage(
    width,
    height,
    Uint16Array.from(data, (value) => value * 16),
  );
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-doubts-'));
  const film = await decodeImage(FILM);
  await mkdir(inFolder('films'));
  await copyFile(FILM, inFolder('films/good.jpg'));
  await writeFile(inFolder('films/dark.png'), encodePng(dark(film)));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('films in doubt', () => {
  it('are named on stderr with their doubts, counted, and have them in every line of the results', async () => {
    const out = inFolder('labels.jsonl');
    const { code, stderr } = await run(['classify', inFolder('films'), '--jsonl', out, '--quiet']);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^crrg: .*dark\.png: doubt bits-unused: .*\ncrrg: 1 of 2 films in doubt: 1 bits-unused\n$/,
    );
    const { stdout } = await run(['classify', inFolder('films'), '--json']);
    const results = JSON.parse(stdout) as RadiographClassification[];
    expect(results.map(({ input, doubts }) => [input.file, doubts.map((each) => each.code)])).toEqual([
      ['dark.png', ['bits-unused']],
      ['good.jpg', []],
    ]);
  });

  it('say so in text for people', async () => {
    const film = inFolder('films/dark.png');
    const { stdout } = await run(['classify', inFolder('films')]);
    expect(stdout).toMatch(/^dark\.png .*in doubt: bits-unused$/m);
    expect(stdout).not.toMatch(/^good\.jpg .*in doubt/m);
    expect((await run(['report', film, '--beams', '1'])).stdout).toMatch(/^doubt bits-unused: /m);
    const described = await run(['describe', film, ...BOX]);
    expect(described.stdout).toMatch(/^doubt bits-unused: /m);
    expect(described.stderr).toMatch(/dark\.png: doubt bits-unused/);
  });

  it('are refused with --strict, and the rest go on', async () => {
    const { code, stdout, stderr } = await run([
      'report',
      inFolder('films'),
      '--json',
      '--strict',
      '--beams',
      '1',
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^crrg: .*dark\.png: expected a film without doubts, got bits-unused \(.*\ncrrg: 1 of 2 films in doubt: 1 bits-unused\n$/,
    );
    const reports = JSON.parse(stdout) as Report[];
    expect(reports.map(({ input, doubts }) => [input.file, doubts])).toEqual([['good.jpg', []]]);
    const film = inFolder('films/dark.png');
    for (const args of [
      ['describe', film, ...BOX, '--strict'],
      ['classify', film, '--strict'],
    ])
      expect(await run(args)).toMatchObject({ code: 1, stdout: '' });
  });

  it('are in the JSON of a description', async () => {
    const { stdout } = await run(['describe', inFolder('films/dark.png'), ...BOX, '--json']);
    const { doubts } = JSON.parse(stdout) as RegionDescription;
    expect(doubts.map(({ code }) => code)).toContain('bits-unused');
  });
});

describe('a run over folders', () => {
  it('says what it leaves out, and passes over files whose names begin with a dot', async () => {
    const mixed = inFolder('mixed');
    await mkdir(path.join(mixed, 'more'), { recursive: true });
    await copyFile(FILM, path.join(mixed, 'a.jpg'));
    await copyFile(FILM, path.join(mixed, 'more/b.jpg'));
    for (const name of ['notes.txt', 'film.tif', '.DS_Store', '._a.jpg'])
      await writeFile(path.join(mixed, name), 'x');
    const { code, stdout, stderr } = await run(['classify', mixed, '--json']);
    expect(code).toBe(0);
    expect(stderr).toBe(`crrg: ${mixed}: left out 2 other files and 1 subfolder\n`);
    expect(JSON.parse(stdout)).toHaveLength(1);
  });

  it('reads a file once that is named in several ways, and names one that vanished', async () => {
    const film = inFolder('films/good.jpg');
    const ways = [film, inFolder('films/../films/good.jpg'), inFolder('films'), path.relative('.', film)];
    const { code, stdout } = await run(['classify', ...ways, '--json']);
    expect(code).toBe(0);
    const names = (JSON.parse(stdout) as RadiographClassification[]).map(({ input }) => input.file);
    expect(names).toEqual(['good.jpg', 'dark.png']);
    const gone = await run(['classify', film, inFolder('films/gone.png')]);
    expect(gone.code).toBe(1);
    expect(gone.stderr).toMatch(
      /^crrg: .*gone\.png: expected an image file at .*got nothing; check the path\.\n$/,
    );
    expect(gone.stdout).toMatch(/^good\.jpg /m);
  });

  it('says what an empty folder holds instead of pictures', async () => {
    const other = inFolder('other');
    await mkdir(path.join(other, 'films'), { recursive: true });
    await writeFile(path.join(other, 'film.tif'), 'x');
    expect(await run(['classify', other])).toEqual({
      code: 2,
      stdout: '',
      stderr: `crrg: ${other}: has no .png, .jpg, .jpeg, .dcm, .dicom or .dic file and no other DICOM file, only 1 other file and 1 subfolder; name a file or another folder.\n`,
    });
    await mkdir(inFolder('nothing'));
    expect((await run(['classify', inFolder('nothing')])).stderr).toContain('no other DICOM file; name');
  });

  it('tells films of one name apart by the path that was given', async () => {
    for (const name of ['one', 'two']) {
      await mkdir(inFolder(name));
      await copyFile(FILM, inFolder(`${name}/film.jpg`));
    }
    const paths = [inFolder('one/film.jpg'), inFolder('two/film.jpg')];
    const other = inFolder('films/good.jpg');
    const { stdout } = await run(['classify', ...paths, other, '--json']);
    const names = (JSON.parse(stdout) as RadiographClassification[]).map(({ input }) => input.file);
    expect(names).toEqual([...paths, 'good.jpg']);
    const table = (await run(['classify', ...paths])).stdout;
    for (const file of paths) expect(table).toContain(file);
  });

  it.skipIf(process.platform === 'win32')(
    'refuses pipes, devices and links that lead nowhere instead of waiting for them',
    async () => {
      const odd = inFolder('odd');
      await mkdir(odd);
      await promisify(execFile)('mkfifo', [path.join(odd, 'pipe.png')]);
      await symlink(path.join(odd, 'loop.png'), path.join(odd, 'loop.png'));
      await symlink(inFolder('films'), path.join(odd, 'folder.png'));
      const { code, stderr } = await run(['classify', odd, '/dev/zero']);
      expect(code).toBe(1);
      const lines = stderr.trim().split('\n');
      expect(lines.map((line) => path.basename(line.split(': ')[1]!))).toEqual([
        ...['folder.png', 'loop.png', 'pipe.png', 'zero'],
      ]);
      for (const at of [0, 2, 3]) expect(lines[at]).toContain('which is not a file');
    },
  );

  it.skipIf(process.platform === 'win32')('never lets the name of a file steer the terminal', async () => {
    const name = 'x\u001b[31m\u009b2J\u202egnp.\nfake: \u200d.png';
    const file = inFolder(name);
    await copyFile(inFolder('films/dark.png'), file);
    await writeFile(inFolder(`bad${name}`), 'no picture');
    for (const args of [
      ['classify', file, inFolder(`bad${name}`), '--progress'],
      ['report', file, '--beams', '1', '--progress'],
      ['describe', file, '--region', name],
      ['report', file, `--${name}`],
      ['classify', inFolder(`absent${name}`)],
      ['report', file, '--overlay', `${name}.gif`],
      ['models', 'info', inFolder(name)],
      ['models', 'import', file, '--out', inFolder(`out${name}`)],
      ['score', '--labels', inFolder(`absent${name}`)],
      ['train', 'rclip', inFolder(`absent${name}`), '--model', 'tiny', '--out', inFolder(`out${name}`)],
    ]) {
      const { stdout, stderr } = await run(args, { env: { CRRG_DEBUG: '1' } });

      for (const text of [stdout, stderr])
        expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\p{Cf}]/u);
      for (const line of stderr.split('\n')) expect(line).not.toMatch(/^fake/);
    }
  });
});
