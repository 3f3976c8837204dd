import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../__fixtures__/run.js';
import { studyLines, writeFilms, writeStartModel } from '../__fixtures__/training-studies.js';

let folder: string;
const inside = (...names: readonly string[]) => path.join(folder, ...names);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-probe-'));
  await writeFilms(folder);
  await writeStartModel(inside('start'));
  await writeFile(
    inside('studies.jsonl'),
    studyLines()
      .map((line) => JSON.stringify(line))
      .join('\n'),
  );
  const imageEncoder = { imageSize: 32, stemWidth: 4, planes: [2, 2, 2, 4], blocks: [1, 1, 1, 1] };
  await writeFile(inside('small.json'), JSON.stringify({ imageEncoder }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const SETTINGS = ['--epochs', '2', '--batch-size', '2', '--threads', '1'];
const probe = (out: string, ...more: readonly string[]) =>
  run(['train', 'probe', inside('studies.jsonl'), '--out', inside(out), ...SETTINGS, ...more]);

describe('crrg train probe', () => {
  it('trains on the frozen encoder of a model, and the bundle classifies', async () => {
    const { code, stdout, stderr } = await probe('whole', '--start', inside('start'), '--share', '0.5');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/share of the labelled films +0\.5\nlabelled films for training +4\n/);
    expect(stdout).toMatch(/validation AUROC Effusion +[01]\.\d{3}\n/);
    const film = inside('films', '9.png');
    const classified = await run(['classify', film, '--model', inside('whole', 'model'), '--json']);
    expect(JSON.parse(classified.stdout)).toMatchObject({
      classification: [{ label: 'Pneumonia' }, { label: 'Effusion' }],
    });
  });

  it('draws a random encoder, which stderr and the model card say', async () => {
    const { code, stderr } = await probe('random', '--start', 'random', '--config', inside('small.json'));
    expect(code).toBe(0);
    expect(stderr).toMatch(/^crrg: note: not in the encoders, drawn with seed 1234: imageEncoder \(\d+\)\n$/);
    expect(await readFile(inside('random', 'model', 'MODEL_CARD.md'), 'utf8')).toContain('random 1234');
  });

  it('takes a preset of a file, and refuses in one line what is none', async () => {
    const wrong = await probe('wrong', '--start', inside('start'), '--preset', 'rclip-bse');
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringMatching(
        /^crrg: expected --preset of rclip-base, .* or a file, got "rclip-bse"; check the name\.\n$/,
      ),
    ]);
    const config = await probe('config', '--start', 'random', '--config', inside('studies.jsonl'));
    expect(config.stderr).toMatch(/^crrg: --config: expected a JSON object of imageEncoder in /);
    const nothing = await probe('nothing');
    expect([nothing.code, nothing.stderr]).toEqual([
      2,
      expect.stringContaining("'--start <model>' not specified"),
    ]);
  });
});

describe('crrg train rclip', () => {
  const train = (out: string, ...more: readonly string[]) =>
    run([
      'train',
      'rclip',
      inside('studies.jsonl'),
      '--out',
      inside(out),
      ...SETTINGS,
      '--probe-epochs',
      '1',
      ...more,
    ]);

  it('starts from one kind of option for all, on the first rows, summing batches, in the style of ConVIRT', async () => {
    const more = [
      '--first-rows',
      '6',
      '--accumulate',
      '3',
      '--probe-share',
      '0.5',
      '--preset',
      'convirt',
      '--micro-batch-size',
      '1',
    ];
    const { code, stdout, stderr } = await train('rows', '--start', inside('start'), ...more);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/studies for training +6\n/);
    expect(stdout).toMatch(/labelled films for training +4\n/);
    const lines = (await readFile(inside('rows', 'losses.jsonl'), 'utf8')).trim().split('\n');
    const train1 = JSON.parse(lines[0]!) as { readonly metrics: object };
    expect(Object.keys(train1.metrics)).toEqual(['imageToText', 'textToImage']);
    const settings = JSON.parse(await readFile(inside('rows', 'run.json'), 'utf8')) as { settings: object };
    expect(settings.settings).toMatchObject({
      firstRows: 6,
      accumulate: 3,
      microBatchSize: 1,
      loss: 'convirt',
    });
  });

  it('refuses starts of both kinds', async () => {
    const both = await train('both', '--start', inside('start'), '--model', inside('start'));
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('no other option that names it')]);
  });
});
