import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CAPTIONER_PRESETS } from '@crrg/baselines';
import { INTENDED_USE } from '@crrg/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../__fixtures__/run.js';
import { sectionOf, studyLines, writeFilms } from '../__fixtures__/training-studies.js';

let folder: string;
const inside = (...names: readonly string[]) => path.join(folder, ...names);
const baseline = (name: string, studies: string, out: string, ...more: string[]) =>
  run(['baseline', name, inside(studies), '--out', inside(out), ...more]);

/** The twelve films as region studies: eight for training, two for validation, two held out. */
const regionLines = Array.from({ length: 12 }, (_, index) => ({
  image: `films/${index}.png`,
  ...{ id: `s${index}`, patient: `p${index}`, study: null, view: null },
  split: index < 8 ? 'train' : index < 10 ? 'valid' : 'test',
  regions: [{ region: 'right lung', box: null, text: sectionOf(index), abnormal: index % 2 === 1 }],
  report: index < 10 ? null : sectionOf(index),
}));

/** A preset of a few channels and one epoch. */
function smallPreset() {
  const { architecture, settings, ...top } = CAPTIONER_PRESETS['ada-att'];
  const said = (values: object) =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, { value: value as unknown, from: 'test' }]),
    );
  const sizes = { imageSize: 32, stemWidth: 2, planes: [2, 2, 2, 2], blocks: [1, 1, 1, 1] };
  const widths = { embeddingDim: 4, width: 4, attentionDim: 2, maxLength: 12 };
  return {
    ...{ schema: 'crrg/captioner-preset/1', name: 'small', source: 'a test', sources: { test: 'a test' } },
    ...said({ seed: top.seed, minCount: 1, numBeams: 2 }),
    architecture: said({ ...architecture, ...sizes, ...widths }),
    settings: said({ ...settings, epochs: 1, batchSize: 4 }),
  };
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-baseline-'));
  await writeFilms(folder);
  const write = (name: string, lines: readonly object[]) =>
    writeFile(inside(name), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  await write('regions.jsonl', regionLines);
  await write('rclip.jsonl', studyLines());
  await writeFile(inside('small.json'), JSON.stringify(smallPreset()));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const reportsIn = async (out: string) =>
  (await readFile(inside(out, 'reports.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, string>);

describe('crrg baseline', () => {
  it('majority writes one report for every film held out, and predictions that crrg score reads', async () => {
    const { code, stdout, stderr } = await baseline('majority', 'regions.jsonl', 'majority');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/films for training +8\nreport +the most common sentence of each region/);
    expect(stdout).toContain(`crrg evaluate reports ${inside('majority', 'reports.jsonl')}`);
    expect(stdout).toContain(INTENDED_USE);
    expect(await reportsIn('majority')).toEqual(
      [10, 11].map((index) => ({ id: `s${index}`, image: `films/${index}.png`, text: sectionOf(0) })),
    );
    const labels = await baseline('majority', 'rclip.jsonl', 'rates', '--split', 'valid');
    expect(labels).toMatchObject({ code: 0, stderr: '' });
    const scored = await run(['score', '--labels', inside('rates', 'predictions.csv'), '--format', 'json']);
    expect(scored.code).toBe(0);
    expect(scored.stdout).toContain('Pneumonia (majority)');
  });

  it('retrieval takes the report or the labels of the film that looks most alike: of a training film, its own', async () => {
    const asked = ['--split', 'train'];
    const { code, stderr, stdout } = await baseline('retrieval', 'regions.jsonl', 'retrieval', ...asked);
    expect(code).toBe(0);
    expect(stdout).toMatch(/films compared by +pixels/);
    expect(stderr).toContain(
      'texts of films: 0 reports, 8 from sentences of regions, 0 left out without any\n',
    );
    const texts = (await reportsIn('retrieval')).map(({ text }) => text);
    expect(texts).toEqual(Array.from({ length: 8 }, (_, index) => sectionOf(index)));
    const one = [...asked, '--neighbours', '1', '--quiet'];
    expect(await baseline('retrieval', 'rclip.jsonl', 'near', ...one)).toMatchObject({ code: 0 });
    const lines = (await readFile(inside('near', 'predictions.csv'), 'utf8')).trimEnd().split('\n').slice(1);
    expect(lines).toHaveLength(16);
    expect(lines.filter((line) => !/,([01]),\1$/.test(line))).toEqual([]);
  });

  it('ada-att trains with a preset of a file, writes a model that writes again, and refuses one of another captioner', async () => {
    const preset = ['--preset', inside('small.json'), '--threads', '1'];
    const { code, stdout } = await baseline('ada-att', 'regions.jsonl', 'ada', ...preset, '--quiet');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /films for training +8\nfilms for validation +2\nwords +\d+\nbest validation loss +\d\.\d{4} \(epoch 1\)/,
    );
    expect(await readdir(inside('ada'))).toEqual(
      expect.arrayContaining(['model', 'losses.jsonl', 'losses.svg', 'reports.jsonl']),
    );
    const again = await baseline(
      'ada-att',
      'regions.jsonl',
      'again',
      '--model',
      inside('ada', 'model'),
      '--beams',
      '2',
    );
    expect(again.code).toBe(0);
    expect(await reportsIn('again')).toEqual(await reportsIn('ada'));
    const other = await baseline('show-and-tell', 'regions.jsonl', 'other', ...preset);
    expect(other).toMatchObject({ code: 2 });
    expect(other.stderr).toContain('--preset: expected one of show-and-tell, got one of ada-att');
  });

  it('says what is wrong on one line: no such split, a file of another origin, a film that cannot be read', async () => {
    const none = await baseline('majority', 'rclip.jsonl', 'none');
    expect(none).toMatchObject({ code: 1, stdout: '' });
    expect(none.stderr).toMatch(/labels of the split test in .*; give another --split or file\.\n$/);
    await mkdir(inside('mine'));
    await writeFile(inside('mine', 'reports.jsonl'), 'my notes\n');
    const mine = await baseline('majority', 'regions.jsonl', 'mine');
    expect(mine.code).toBe(2);
    expect(mine.stderr).toContain('--out: expected a new file or reports of a baseline');
    expect(await readFile(inside('mine', 'reports.jsonl'), 'utf8')).toBe('my notes\n');
    await writeFile(
      inside('broken.jsonl'),
      `${JSON.stringify({ ...regionLines[0], image: 'absent.png' })}\n`,
    );
    const broken = await baseline('retrieval', 'broken.jsonl', 'broken', '--split', 'train');
    expect(broken.code).toBe(1);
    expect(broken.stderr).toContain('study s0');
  });

  describe('endpoint', () => {
    const requests: { readonly key: string | undefined; readonly body: string }[] = [];
    const answer = { choices: [{ message: { content: 'Clear lungs.' }, finish_reason: 'stop' }] };
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        requests.push({ key: request.headers.authorization, body });
        response.end(JSON.stringify(answer));
      });
    });
    let url: string;
    beforeAll(async () => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    });
    afterAll(() => server.close());

    const ask = (out: string, more: readonly string[], env = {}) =>
      run(['baseline', 'endpoint', inside('regions.jsonl'), '--out', inside(out), ...more], { env });

    it('asks for the findings of the films held out with a key of the environment, and keeps the answers', async () => {
      await writeFile(inside('question.txt'), 'What do you see?\n');
      const options = [
        '--confirm-upload',
        '--url',
        url,
        '--model',
        'vision',
        '--key-env',
        'MY_KEY',
        '--prompt',
        inside('question.txt'),
      ];
      const quick = [...options, '--requests-per-minute', '100000'];
      const { code, stdout, stderr } = await ask('endpoint', quick, { MY_KEY: 'sk-hidden' });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/model +vision\nfilms +2\nanswers of an earlier run +0\n/);
      expect(stdout).not.toContain('sk-hidden');
      expect(requests.map(({ key }) => key)).toEqual(['Bearer sk-hidden', 'Bearer sk-hidden']);
      expect(requests[0]!.body).toContain('"text":"What do you see?"');
      expect((await reportsIn('endpoint')).map(({ text }) => text)).toEqual(['Clear lungs.', 'Clear lungs.']);
      expect((await ask('endpoint', quick)).stdout).toMatch(/answers of an earlier run +2\n/);
      expect(requests).toHaveLength(2);
    });

    it('sends nothing without consent or without a key, and says so in a line', async () => {
      const before = requests.length;
      const unasked = await ask('unasked', ['--url', url]);
      expect(unasked).toMatchObject({ code: 2, stdout: '' });
      expect(unasked.stderr).toMatch(
        /^crrg: this sends every film to 127.*MIMIC-CXR.*add --confirm-upload\.\n$/,
      );
      const keyless = await ask('keyless', ['--confirm-upload', '--key-env', 'NO_KEY']);
      expect(keyless).toMatchObject({ code: 2, stdout: '' });
      expect(keyless.stderr).toContain('environment variable NO_KEY, got nothing');
      expect(requests).toHaveLength(before);
    });
  });
});
