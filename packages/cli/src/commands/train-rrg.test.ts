import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ANATOMICAL_REGIONS } from '@crrg/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../__fixtures__/run.js';
import { writeFilms } from '../__fixtures__/training-studies.js';
import type { CliIo } from '../io.js';

let folder: string;
const inside = (...names: readonly string[]) => path.join(folder, ...names);

const LUNGS = ['right lung', 'left lung'];

/** A line of a file of region studies of the twelve films, the lungs boxed. */
const lineOf = (index: number, regions: readonly string[] = ANATOMICAL_REGIONS) =>
  JSON.stringify({
    image: `films/${index}.png`,
    ...{ id: `s${index}`, patient: `p${index}`, study: null, view: null, report: null },
    split: index < 4 ? 'train' : index < 6 ? 'valid' : 'test',
    regions: ANATOMICAL_REGIONS.filter((region) => regions.includes(region)).map((region) => ({
      region,
      box: LUNGS.includes(region)
        ? { x1: region === 'left lung' ? 32 : 5, y1: 5, x2: region === 'left lung' ? 55 : 27, y2: 40 }
        : null,
      text: LUNGS.includes(region) ? 'The lung is clear.' : '',
      abnormal: false,
    })),
  });

const CONFIG = {
  detector: {
    ...{ imageSize: 64, stemWidth: 2, planes: [2, 2, 2, 4], blocks: [1, 1, 1, 1] },
    anchors: { sizes: [32], ratios: [1, 2] },
    rpn: { training: { preNms: 20, postNms: 10 }, evaluation: { preNms: 10, postNms: 10 }, sampleSize: 8 },
    ...{ roi: { sampleSize: 8 }, representationSize: 8, regionFeatureDim: 8 },
  },
  regionSelector: { hidden: [4, 4] },
  reportGen: { numLayers: 1, numHeads: 2, width: 8, ffnWidth: 8, numPositions: 24 },
};

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-train-rrg-'));
  await mkdir(inside('films'), { recursive: true });
  await writeFilms(folder);
  const studies = (regions?: readonly string[]) =>
    Array.from({ length: 8 }, (_, index) => `${lineOf(index, regions)}\n`).join('');
  await writeFile(inside('studies.jsonl'), studies());
  await writeFile(inside('lungs.jsonl'), studies(LUNGS));
  await writeFile(inside('small.json'), JSON.stringify(CONFIG));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const SETTINGS = ['--epochs', '1', '--batch-size', '2', '--valid-share', '1', '--threads', '1'];

const train = (command: string, out: string, more: readonly string[] = [], io: Partial<CliIo> = {}) =>
  run(['train', command, inside('studies.jsonl'), '--out', inside(out), ...SETTINGS, ...more], io);

const fromNothing = ['--config', '', '--vocabulary-size', '260'];
beforeAll(() => void (fromNothing[1] = inside('small.json')));

describe('crrg train rrg', () => {
  it('trains the three stages to a report model, and says what was drawn and left out', async () => {
    const { code, stdout, stderr } = await train('rrg', 'whole', fromNothing);
    expect({ code }, stderr).toEqual({ code: 0 });
    const notes = stderr.split('\n').filter((line) => line.startsWith('crrg: note: '));
    expect(notes).toEqual([
      'crrg: note: studies of the split test, left out of training: 2 of 8',
      expect.stringMatching(
        /^crrg: note: in no start, drawn with seed 41: detector\.backbone\.\* \(\d+\), detector\.rpn/,
      ),
      'crrg: note: no language model to start from: a vocabulary of 260 tokens is learned from the phrases of the split train',
      'crrg: note: the language model itself, 3,040 numbers, is trained, not only its image projections',
    ]);
    expect(stdout).toMatch(/detector: studies for training +4\n/);
    expect(stdout).toMatch(/generator: best validation loss +\d+\.\d{4} \(epoch 1, 2 batches\)\n/);
    expect(stdout).toContain(`crrg report film.png --model ${inside('whole', 'model')} --max-length 500\n`);
    const model = ['models', 'info', inside('whole', 'model')];
    expect((await run(model)).code).toBe(0);
    expect(await readFile(inside('whole', 'full', 'losses.svg'), 'utf8')).toContain('<svg');
    const again = await train('rrg', 'whole', fromNothing);
    expect(again.stderr).toContain('crrg: note: detector: finished before, not repeated\n');
    expect(again.stdout).toBe(stdout);
  });

  it('takes a value for each stage, and refuses another number of values', async () => {
    const { code, stderr } = await train('rrg', 'lists', [...fromNothing, '--epochs', '1,2']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        'crrg: expected one value for --epochs, or 3, got 2; the stages are detector, classifiers, full.\n',
    });
    const bad = await train('rrg', 'lists', [...fromNothing, '--epochs', '1,x,1']);
    expect(bad.code).toBe(2);
    expect(bad.stderr).toContain('expected a whole number from 1');
    const listed = await train('rrg', 'lists', [...fromNothing, '--epochs', '2,1,1']);
    expect(listed.stdout).toMatch(/detector: best validation loss +\d+\.\d{4} \(epoch \d, [24] batches\)/);
  });

  it('ends with 130 when it is stopped, says how to go on, and goes on', async () => {
    const controller = new AbortController();
    let shown = '';
    const stderr = {
      isTTY: true,
      columns: 200,
      write: (text: string) => {
        shown += text;
        if (text.includes('selector  epoch 1 of 1  batch 1')) controller.abort(new Error('interrupted'));
      },
    };
    const stopped = await train('rrg', 'stopped', fromNothing, { stderr, signal: controller.signal });
    expect(stopped.code).toBe(130);
    expect(shown).toMatch(/detector {2}epoch 1 of 1 {2}batch 1 {2}loss \d+\.\d{4} {2}\d+ s left/);
    expect(shown).toContain(`${inside('stopped')} keeps what is done; run the same command again to go on\n`);
    expect((await train('rrg', 'stopped', fromNothing)).code).toBe(0);
    const weights = (out: string) => readFile(inside(out, 'model', 'weights.safetensors'));
    expect(await weights('stopped')).toEqual(await weights('whole'));
  });
});

describe('crrg train detector, selector and generator', () => {
  it('each start from what the one before wrote', async () => {
    const config = fromNothing.slice(0, 2);
    const detector = await train('detector', 'one', config);
    expect(detector.stdout).toContain(`crrg train selector STUDIES --start ${inside('one', 'model')}`);
    const selector = await train('selector', 'two', [...config, '--start', inside('one', 'model')]);
    expect(selector.stderr).toContain('drawn with seed 41: regionSelector.selection.* (');
    const generator = await train('generator', 'three', [...fromNothing, '--start', inside('two', 'model')]);
    expect({ code: generator.code }, generator.stderr).toEqual({ code: 0 });
    const over = ['--start', inside('three', 'model'), '--start', inside('one', 'model')];
    const tuned = await train('selector', 'tuned', over);
    expect({ code: tuned.code, stderr: tuned.stderr.replace(/^.*split test.*\n/, '') }).toEqual({
      code: 0,
      stderr: '',
    });
    expect(await readFile(inside('tuned', 'model', 'MODEL_CARD.md'), 'utf8')).toContain(
      '| started from | three 1 + one 1 |',
    );
  });

  it('says how many studies do not list every region', async () => {
    const args = ['train', 'detector', inside('lungs.jsonl'), '--out', inside('lungs'), ...SETTINGS];
    const { code, stderr } = await run([...args, ...fromNothing.slice(0, 2)]);
    expect(code).toBe(0);
    expect(stderr).toContain(
      'crrg: note: detector: studies that do not list every region, which is ignored there: 6 of 6\n',
    );
  });

  it('lists every bad line, and every film that is not there, without a word of a study', async () => {
    const lines = [
      lineOf(0),
      '{"image": "secret"',
      lineOf(4),
      lineOf(0),
      lineOf(5).replace('"valid"', '"secret"'),
    ];
    const refusal = async (content: readonly string[]) => {
      await writeFile(inside('bad.jsonl'), content.join('\n'));
      const { code, stderr } = await run([
        'train',
        'detector',
        inside('bad.jsonl'),
        '--out',
        inside('bad'),
        ...SETTINGS,
        ...fromNothing.slice(0, 2),
      ]);
      return { code, lines: stderr.replaceAll(inside('bad.jsonl'), 'FILE').trim().split('\n') };
    };
    expect(await refusal(lines)).toEqual({
      code: 1,
      lines: [
        'crrg: FILE: line 2: expected JSON, got another text; write one study a line.',
        'crrg: FILE: line 4: "id": expected one of its own, got that of FILE: line 1; rename one.',
        'crrg: FILE: line 5: "split": expected train, valid, test, got another string; correct the line.',
      ],
    });
    const absent = await refusal([
      lineOf(0),
      '',
      lineOf(1).replace('1.png', 'no.png'),
      lineOf(4).replace('4.png', 'none.png'),
    ]);
    expect(absent.lines.slice(-2)).toEqual([
      expect.stringMatching(/^crrg: FILE: line 3: expected an image file at .*no\.png, got nothing;/),
      expect.stringMatching(/^crrg: FILE: line 4: expected an image file at .*none\.png/),
    ]);
  });

  it('refuses what it cannot use in one line', async () => {
    const refusal = async (...more: string[]) => {
      const { code, stdout, stderr } = await train('detector', 'refused', more);
      expect(stdout).toBe('');
      return { code, stderr };
    };
    await writeFile(inside('list.json'), '[1]');
    expect(await refusal('--config', inside('list.json'))).toEqual({
      code: 2,
      stderr: `crrg: --config: expected a JSON object of detector, regionSelector and reportGen in ${inside('list.json')}, got another text; correct the file.\n`,
    });
    expect((await refusal('--preset', 'best')).stderr).toContain(
      'expected --preset of rrg-base, rrg-opt, rgrg or a file, got "best"',
    );
    expect((await refusal('--share', '2')).code).toBe(2);
    expect((await refusal('--start', inside('films'))).stderr).toContain('a folder with manifest.json');
  });
});
