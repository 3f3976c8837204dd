import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { MEDIA_DIRECTORY } from '../__fixtures__/dicom-film.js';
import { findTexts, findTextsInFiles } from '../__fixtures__/find-texts.js';
import {
  createPlants,
  damagedPlantedFilms,
  oddPlantedFilms,
  plantedFilm,
} from '../__fixtures__/planted-film.js';
import { run, type CliRun } from '../__fixtures__/run.js';
import { studyLines, writeStartModel } from '../__fixtures__/training-studies.js';

// Every refused film ends its thread, and the next one waits for another.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const plants = createPlants();
let folder: string;
const at = (...names: readonly string[]) => path.join(folder, ...names);
const out = (...names: readonly string[]) => at('out', ...names);
let [console, ownWrites]: [string, ReturnType<typeof vi.spyOn>[]] = ['', []];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-texts-'));
  for (const name of ['good', 'odd', 'damaged', 'out', 'films']) await mkdir(at(name));
  await writeFile(at('good', 'film.dcm'), plantedFilm(plants));
  await writeFile(at('good', 'IM000001'), plantedFilm(plants));
  await writeFile(at('good', 'DICOMDIR'), plantedFilm(plants, [], { sopClass: MEDIA_DIRECTORY }));
  for (const [name, bytes] of Object.entries(oddPlantedFilms(plants)))
    await writeFile(at('odd', name), bytes);
  for (const [name, bytes] of Object.entries(damagedPlantedFilms(plants)))
    await writeFile(at('damaged', `${name}.dcm`), bytes);
  for (let index = 0; index < 12; index++) await writeFile(at('films', `${index}.dcm`), plantedFilm(plants));
  await writeStartModel(at('start'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

beforeEach(() => {
  console = '';
  const note = (text: unknown) => {
    console += String(text);
    return true;
  };
  ownWrites = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation(note),
  );
});
afterEach(() => {
  for (const each of ownWrites) each.mockRestore();
});

/** Runs a command as loud as it gets; nothing of a film may be in what it says and writes. */
async function runSearched(...args: readonly string[]): Promise<CliRun> {
  const result = await run(args, { env: { CRRG_DEBUG: '1' } });
  const said = `${result.stdout}${result.stderr}${console}`;
  expect(findTexts(said, plants.texts), said.slice(0, 4000)).toEqual([]);
  expect((await findTextsInFiles(out(), plants.texts)).found).toEqual([]);
  return result;
}

async function studies(name: string, lines: readonly object[]): Promise<string> {
  await writeFile(at(name), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return at(name);
}

const dicomStudies = () => studyLines().map((line, index) => ({ ...line, images: [`films/${index}.dcm`] }));

describe('the search', () => {
  it('finds a text as it is, in UTF-16, in base64 and in hexadecimal, also in files', async () => {
    const text = plants.texts[3]!;
    for (const around of ['', 'a', 'ab', 'abc']) {
      const whole = `${around}${text}${around}!`;
      expect(findTexts(whole.toLowerCase(), [text])).toEqual([text]);
      expect(findTexts(Buffer.from(whole, 'utf16le'), [text])).toEqual([text]);
      expect(findTexts(Buffer.from(whole).toString('base64'), [text])).toEqual([text]);
      expect(findTexts(Buffer.from(whole).toString('hex'), [text])).toEqual([text]);
    }
    expect(findTexts('nothing of it', plants.texts)).toEqual([]);
    const { found } = await findTextsInFiles(at('good'), plants.texts);
    expect(found.length).toBeGreaterThan(150);
  });
});

describe('no text of a DICOM file comes out of', () => {
  it('a report, its JSON lines, overlays and progress', async () => {
    const { code, stderr } = await runSearched(
      ...['report', at('good'), '--jsonl', out('reports.jsonl'), '--overlay', out('{name}.svg')],
      ...['--classify', '--heat-map', '--beams', '1', '--progress'],
    );
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('left out 1 other file');
    const one = at('good', 'IM000001');
    expect((await runSearched('report', one, '--beams', '1', '--overlay', out('IM000001.png'))).code).toBe(0);
    const { files } = await findTextsInFiles(out(), []);
    expect(files.map((file) => path.basename(file)).sort()).toEqual([
      'IM000001.png',
      'IM000001.svg',
      'film.svg',
      'reports.jsonl',
    ]);
  });

  it('classifications of films that are odd, refused or damaged', async () => {
    const { code, stdout, stderr } = await runSearched(
      ...['classify', at('good'), at('odd'), at('damaged'), '--json', '--heat-map'],
      ...['--overlay', out('heat'), '--progress'],
    );
    expect(code).toBe(1);
    const names = (JSON.parse(stdout) as { input: { file: string } }[]).map(({ input }) => input.file);
    expect(names.sort()).toEqual(
      [
        'IM000001',
        'aspect',
        'body-part',
        'film.dcm',
        'intent',
        'modality',
        'representation',
        'view',
        'window',
        'windows',
      ].sort(),
    );
    for (const name of ['photometric', 'slope', 'syntax', 'ct', 'cut-in-name.dcm', 'long-name.dcm'])
      expect(stderr).toMatch(new RegExp(`crrg: .*/${name}: expected a`));
    for (const doubt of ['not-a-chest', 'not-frontal', 'modality-unknown', 'several-windows'])
      expect(stderr).toContain(`: doubt ${doubt}: `);
  });

  it('a description and a refusal by --strict', async () => {
    const box = ['--box', '8,8,60,80', '--beams', '1'];
    expect((await runSearched('describe', at('good', 'film.dcm'), ...box, '--json')).code).toBe(0);
    expect((await runSearched('describe', at('odd', 'view'), ...box)).code).toBe(0);
    expect((await runSearched('describe', at('odd', 'view'), ...box, '--strict')).code).toBe(1);
  });

  it('what dicom info shows', async () => {
    for (const more of [[], ['--json']]) {
      const { code, stdout } = await runSearched(
        'dicom',
        'info',
        at('good'),
        at('odd'),
        at('damaged'),
        ...more,
      );
      expect(code).toBe(1);
      expect(stdout).toContain('a CT image');
    }
  });

  it('training', async () => {
    const args = [
      '--model',
      at('start'),
      '--threads',
      '1',
      '--epochs',
      '1',
      '--batch-size',
      '4',
      '--probe-epochs',
      '1',
    ];
    const [first, second, ...rest] = dicomStudies();
    const good = await studies('good.jsonl', [{ ...first, images: ['odd/view'] }, second!, ...rest]);
    const trained = await runSearched('train', 'rclip', good, '--out', out('run'), ...args, '--progress');
    expect(trained.code, trained.stderr).toBe(0);
    expect(trained.stderr).toMatch(/good\.jsonl: line 1: doubt not-frontal: /);
    const bad = await studies('bad.jsonl', [
      { ...first, images: ['odd/photometric'] },
      { ...second, images: ['damaged/cut-in-name.dcm'] },
      ...rest,
    ]);
    const refused = await runSearched('train', 'rclip', bad, '--out', out('bad-run'), ...args);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /line 1: expected a whole DICOM file[^]*line 2: expected a whole DICOM file/,
    );
  });

  it('commands that take other files', async () => {
    const film = at('good', 'film.dcm');
    for (const args of [
      ['score', '--candidates', film, '--references', film],
      ['score', '--labels', film],
      ['train', 'rclip', film, '--out', out('none'), '--model', at('start')],
      ['models', 'import', film, '--out', out('none')],
      ['models', 'import', at('start', 'weights.safetensors'), '--config', film, '--out', out('none')],
      ['models', 'info', film],
      ['report', at('good', 'IM000001'), '--model', film],
    ])
      expect((await runSearched(...args)).code).toBeGreaterThan(0);
  });
});
