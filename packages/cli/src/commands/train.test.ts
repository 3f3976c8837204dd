import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseSafetensors } from '@crrg/checkpoints';
import { INTENDED_USE } from '@crrg/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../__fixtures__/run.js';
import {
  sectionOf,
  studyLines,
  writeFilms,
  writeStartModel,
  type StudyLine,
} from '../__fixtures__/training-studies.js';
import type { CliIo } from '../io.js';

let folder: string;
const inside = (...names: readonly string[]) => path.join(folder, ...names);
const read = (...names: readonly string[]) => readFile(inside(...names), 'utf8');

async function writeStudies(name: string, lines: readonly (StudyLine | string)[]): Promise<string> {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  await writeFile(inside(name), `${text}\n`);
  return inside(name);
}

const SETTINGS = ['--epochs', '2', '--batch-size', '4', '--learning-rate', '0.001', '--probe-epochs', '3'];

function train(studies: string, out: string, more: readonly string[] = [], io: Partial<CliIo> = {}) {
  const args = [
    'train',
    'rclip',
    studies,
    '--out',
    inside(out),
    '--model',
    inside('start'),
    '--threads',
    '1',
  ];
  return run([...args, ...SETTINGS, ...more], io);
}

async function weightsOf(out: string): Promise<Record<string, number[]>> {
  const tensors = parseSafetensors(await readFile(inside(out, 'model', 'weights.safetensors')));
  return Object.fromEntries([...tensors].map(([name, { data }]) => [name, [...data].map(Number)]));
}

/** Ends a run as Ctrl+C would when this text goes by. */
function stopAt(text: string): Partial<CliIo> {
  const controller = new AbortController();
  const write = (line: string) => line.includes(text) && controller.abort(new Error('interrupted'));
  return { signal: controller.signal, stderr: { write } };
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-train-'));
  await writeFilms(folder);
  await writeStartModel(inside('start'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('crrg train rclip', () => {
  it('makes a bundle of studies with sections and labels that classifies', async () => {
    const studies = await writeStudies('whole.jsonl', studyLines());
    const { code, stdout, stderr } = await train(studies, 'whole');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/studies for training +8\nstudies for validation +4\n/);
    expect(stdout).toMatch(/best validation loss +\d+\.\d{4} \(epoch [12]\)\n/);
    expect(stdout).toMatch(
      /validation AUROC Pneumonia +[01]\.\d{3}\nvalidation AUROC Effusion +[01]\.\d{3}\n/,
    );
    expect(stdout).toContain(inside('whole', 'model'));
    expect(stdout).toContain(INTENDED_USE);

    const losses = (await read('whole', 'losses.jsonl')).trim().split('\n');
    expect(losses.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual([
      ...['train', 'train', 'validation', 'train', 'train', 'validation'],
    ]);
    const card = await read('whole', 'model', 'MODEL_CARD.md');
    expect(card).toContain('started from | start 3');
    expect(card).not.toMatch(/opacity|films\/|p11/);
    const manifest = JSON.parse(await read('whole', 'model', 'manifest.json')) as Record<string, unknown>;
    expect(manifest).toMatchObject({
      name: 'whole',
      labels: ['Pneumonia', 'Effusion'],
      preprocessing: { mean: [0.5, 0.5, 0.5] },
    });
    expect(await read('whole', 'model', 'vocab.txt')).toBe(await read('start', 'vocab.txt'));

    expect((await run(['models', 'verify', inside('whole', 'model')])).code).toBe(0);
    const film = inside('films', '9.png');
    const classified = await run(['classify', film, '--model', inside('whole', 'model'), '--json']);
    expect(classified.code).toBe(0);
    expect(JSON.parse(classified.stdout)).toMatchObject({
      classification: [{ label: 'Pneumonia' }, { label: 'Effusion' }],
    });
  });

  it('goes on after an interruption and ends with the same weights', async () => {
    const studies = await writeStudies('resumed.jsonl', studyLines());
    const stop = stopAt('epoch 1 of 2  mean loss');
    const stopped = await train(studies, 'resumed', ['--progress'], stop);
    expect(stopped.code).toBe(130);
    await expect(read('resumed', 'model', 'manifest.json')).rejects.toThrow('ENOENT');
    const resumed = await train(studies, 'resumed');
    expect(resumed).toMatchObject({ code: 0, stderr: '' });
    expect((await train(studies, 'straight')).code).toBe(0);
    expect(await weightsOf('resumed')).toEqual(await weightsOf('straight'));
    const steps = async (out: string) =>
      (await read(out, 'losses.jsonl'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { type: string; steps: number; loss: number })
        .map(({ type, steps, loss }) => [type, steps, loss]);
    expect(await steps('resumed')).toEqual(await steps('straight'));
  });

  it('says how to go on when it is stopped, and shows epochs and the time left', async () => {
    const studies = await writeStudies('shown.jsonl', studyLines());
    let shown = '';
    const controller = new AbortController();
    const stderr = {
      isTTY: true,
      columns: 200,
      write: (text: string) => {
        shown += text;
        if (text.includes('epoch 2 of 2')) controller.abort(new Error('interrupted'));
      },
    };
    expect((await train(studies, 'shown', [], { stderr, signal: controller.signal })).code).toBe(130);
    expect(shown).toMatch(/pre-training {2}epoch 1 of 2 {2}batch 1 {2}loss \d+\.\d{4} {2}\d+ s left/);
    expect(shown).toContain(`${inside('shown')} keeps what is done; run the same command again to go on\n`);
    expect(shown).toContain('crrg: stopped\n');
  });

  it('refuses a second run on the folder of one that is running, and leaves no lock', async () => {
    const studies = await writeStudies('locked.jsonl', studyLines());
    const results = await Promise.all([train(studies, 'locked'), train(studies, 'locked')]);
    expect(results.map(({ code }) => code).sort()).toEqual([0, 2]);
    expect(results.find(({ code }) => code === 2)!.stderr).toBe(
      `crrg: --out: expected a folder of its own, got ${inside('locked')}, which another run uses; wait for its end or give another folder.\n`,
    );
    expect((await train(studies, 'locked')).code).toBe(0);
    expect(await readdir(inside('locked'))).not.toContain('run.lock');
  });

  it('refuses to go on under other settings', async () => {
    const studies = await writeStudies('settings.jsonl', studyLines());
    expect((await train(studies, 'settings')).code).toBe(0);
    const other = await train(studies, 'settings', ['--seed', '7', '--epochs', '3']);
    expect(other).toMatchObject({ code: 2, stdout: '' });
    expect(other.stderr).toBe(
      'crrg: expected epochs 2, seed 1234 of the run in this folder, got epochs 3, seed 7; repeat its settings, or begin anew with another --out.\n',
    );
    expect((await train(studies, 'settings', ['--probe-epochs', '4'])).code).toBe(0);
  });

  it('pre-trains on the studies with text and makes the probe of those with labels, and says how many', async () => {
    const lines = studyLines().map(({ labels, sections, ...line }, index) =>
      index % 4 < 2
        ? { ...line, sections }
        : { ...line, labels: { Pneumonia: (labels as { Pneumonia: number }).Pneumonia } },
    );
    const studies = await writeStudies('apart.jsonl', lines);
    const { code, stdout, stderr } = await train(studies, 'apart');
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: 'studies without a text, left out of pre-training: 6 of 12\n',
    });
    expect(stdout).toMatch(/studies for training +4\nstudies for validation +2\n/);
    expect(stdout).toMatch(/studies without a text, left out +6\n/);
    expect(stdout).toMatch(/labelled films for training +4\nlabelled films for validation +2\n/);
    expect(stdout).toMatch(/validation AUROC Pneumonia +[01]\.\d{3}\n/);
    const losses = (await read('apart', 'losses.jsonl')).trim().split('\n');
    expect(losses.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual([
      ...['train', 'validation', 'train', 'validation'],
    ]);
  });

  it('stops at a batch that has no finite loss, or skips and counts it', async () => {
    const studies = await writeStudies('steep.jsonl', studyLines());
    // The first epoch is one batch at rate 0, the second destroys the model, the third has no loss.
    const steep = ['--learning-rate', '1e30', '--epochs', '3', '--batch-size', '8'];
    const stopped = await train(studies, 'steep', steep);
    expect(stopped.code).toBe(1);
    expect(stopped.stderr).toMatch(/expected a finite loss, got NaN after 2 updates;/);
    const skipped = await train(studies, 'steep', [...steep, '--on-bad-batch', 'skip']);
    expect(skipped.code).toBe(0);
    expect(skipped.stdout).toMatch(/batches skipped +1\nbest validation loss +\d+\.\d{4} \(epoch 1\)\n/);
    expect(await read('steep', 'losses.jsonl')).toContain('"reason":"loss NaN"');
  });

  it('pre-trains without labels and makes no probe', async () => {
    const lines = studyLines().map(({ labels: _, ...line }) => line);
    const { code, stdout } = await train(await writeStudies('bare.jsonl', lines), 'bare');
    expect(code).toBe(0);
    expect(stdout).toContain('has no probe and does not classify');
    expect(stdout).not.toContain('AUROC');
  });
});

describe('crrg train rclip --text generated', () => {
  const reportLine = async (index: number, text: string) => {
    const bytes = await readFile(inside('films', `${index}.png`));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return JSON.stringify({ schema: 'crrg/report/1', input: { file: `${index}.png`, sha256 }, text });
  };

  it('reads reports written before and leaves out studies whose report is empty', async () => {
    const lines = studyLines().map(({ sections: _, ...line }) => line);
    const studies = await writeStudies('generated.jsonl', lines);
    const reports = await Promise.all(
      lines.map((_, index) => reportLine(index, index === 3 ? '' : sectionOf(index))),
    );
    await writeFile(inside('reports.jsonl'), `${reports.join('\n')}\n`);
    const more = ['--preset', 'rclip-opt', '--reports', inside('reports.jsonl')];
    const { code, stdout, stderr } = await train(studies, 'generated', more);
    expect(code).toBe(0);
    expect(stderr).toBe('studies without a report, left out of pre-training: 1 of 12\n');
    expect(stdout).toMatch(/studies for training +7\n/);
    expect(stdout).toMatch(/studies without a report, left out +1\n/);
    expect(stdout).toMatch(/labelled films for training +8\n/);
  });

  it('writes the reports that an earlier run did not, after a line that it left unfinished', async () => {
    const studies = await writeStudies('written.jsonl', studyLines());
    const lines = await Promise.all(studyLines().map((_, index) => reportLine(index, sectionOf(index))));
    await mkdir(inside('written'));
    await writeFile(
      inside('written', 'reports.jsonl'),
      `${lines.slice(1).join('\n')}\n${lines[0]!.slice(0, 40)}`,
    );
    expect((await train(studies, 'written', ['--text', 'generated'])).code).toBe(0);
    const written = (await read('written', 'reports.jsonl')).trim().split('\n');
    expect(written.slice(0, -1)).toEqual(lines.slice(1));
    expect(JSON.parse(written.at(-1)!)).toMatchObject({ schema: 'crrg/report/1', input: { file: '0.png' } });
    expect((await train(studies, 'written', ['--text', 'generated'])).code).toBe(0);
    expect((await read('written', 'reports.jsonl')).trim().split('\n')).toEqual(written);
  });

  it('names the line of a study without a report, and of a line that is no report', async () => {
    const studies = await writeStudies('absent.jsonl', studyLines());
    await writeFile(inside('few.jsonl'), `${await reportLine(0, 'Clear.')}\n`);
    const few = await train(studies, 'few', ['--text', 'generated', '--reports', inside('few.jsonl')]);
    expect(few.code).toBe(1);
    expect(few.stderr).toContain(`${studies}: line 2: expected a report of each film, got none of 1 of 1;`);
    await writeFile(inside('wrong.jsonl'), '{"text": "secret words"}\n');
    const wrong = await train(studies, 'wrong', ['--text', 'generated', '--reports', inside('wrong.jsonl')]);
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain('wrong.jsonl: line 1: expected a report of schema crrg/report/1');
    expect(wrong.stderr).not.toContain('secret');
  });
});

describe('what crrg train rclip refuses', () => {
  const refusal = async (
    name: string,
    lines: readonly (StudyLine | string)[],
    more: readonly string[] = [],
  ) => {
    const { code, stdout, stderr } = await train(await writeStudies(`${name}.jsonl`, lines), name, more);
    expect(stdout).toBe('');
    expect(stderr).not.toMatch(/\n {4}at /);
    return { code, stderr: stderr.replaceAll(inside(`${name}.jsonl`), 'FILE') };
  };
  /** Line 2 with other fields. */
  const changed = (fields: StudyLine) =>
    studyLines().map((line, index) => (index === 1 ? { ...line, ...fields } : line));

  it('lists every bad line without a word of its text', async () => {
    const { code, stderr } = await refusal('bad', [
      '{"sections": ["secret words"',
      { ...studyLines()[0], split: 'held', images: [] },
      { ...studyLines()[1], sections: 'secret words', labels: { Pneumonia: 'yes' }, note: 'secret words' },
    ]);
    expect(code).toBe(1);
    expect(stderr.split('\n').slice(0, -1)).toEqual([
      'crrg: FILE: line 1: expected a JSON object, got something else; write one study a line.',
      'crrg: FILE: line 2: expected "train", "valid" or "test" for split, got a text of 4 characters; correct it.',
      'crrg: FILE: line 2: expected a list of 1 to 100 paths for images, got a list of 0; correct it.',
      'crrg: FILE: line 3: expected a list of at most 20 texts of at most 50000 characters for sections, got a text of 12 characters; correct it.',
      'crrg: FILE: line 3: expected an object of at most 200 names with 0 or 1 each for labels, got another object; correct it.',
      'crrg: FILE: line 3: expected no fields but id, patient, split, images, views, sections, backTranslations, labels, got 1 more; remove the others.',
    ]);
  });

  it('counts the bad lines that it does not list', async () => {
    const { stderr } = await refusal('many', new Array<string>(30).fill('{'));
    expect(stderr.split('\n')).toHaveLength(22);
    expect(stderr).toContain('crrg: 10 more bad lines\n');
  });

  it('finds a patient in both splits, and an id that is there twice', async () => {
    const patient = await refusal('patient', changed({ patient: 'p9' }));
    expect(patient).toEqual({
      code: 1,
      stderr:
        'crrg: FILE: line 10: expected a patient in one split, got it in valid here and in train in FILE: line 2; move one of the studies.\n',
    });
    const id = await refusal('id', changed({ id: 's0' }));
    expect(id.stderr).toBe(
      'crrg: FILE: line 2: expected an id of its own, got that of FILE: line 1; change it.\n',
    );
  });

  it('needs sections for original text', async () => {
    const { code, stderr } = await refusal('silent', changed({ sections: [' '] }));
    expect(code).toBe(1);
    expect(stderr).toBe(
      'crrg: FILE: line 2: expected sections with words, got none; give sections, or labels alone, or train on --text generated.\n',
    );
    const nothing = await refusal('neither', changed({ sections: undefined, labels: undefined }));
    expect(nothing).toEqual({ code: 1, stderr });
  });

  it('needs a batch of studies to train on, and two to validate on', async () => {
    const few = await refusal('few-studies', studyLines(), ['--batch-size', '9']);
    expect(few.code).toBe(2);
    expect(few.stderr).toMatch(
      /expected at least 9 studies with a text in the split train, one batch, got 8;/,
    );
    const lines = studyLines().map((line, index) => (index > 8 ? { ...line, sections: undefined } : line));
    const one = await refusal('one-study', lines);
    expect(one.code).toBe(2);
    expect(one.stderr).toMatch(/expected at least 2 studies with a text in the split valid, got 1;/);
    const alone = await refusal('alone', studyLines(), ['--batch-size', '1']);
    expect(alone.code).toBe(2);
    expect(alone.stderr).toMatch(/expected --batch-size of at least 2, got 1;/);
  });

  it('validates on fewer studies than a batch', async () => {
    const studies = await writeStudies('short.jsonl', studyLines());
    const { code, stdout } = await train(studies, 'short', ['--batch-size', '5']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/studies for validation +4\nbest validation loss +\d/);
  });

  it('needs every label, with both answers in both splits', async () => {
    const missing = await refusal('label', changed({ labels: { Pneumonia: 1 } }));
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain(
      'line 2: expected a value for each of the 2 labels, got none for Effusion;',
    );
    const lines = studyLines().map((line) => ({
      ...line,
      labels: { Edema: line['split'] === 'train' ? 1 : 0 },
    }));
    const single = await refusal('single', lines);
    expect(single.stderr).toContain('with and without Edema in the split train, got 8 with it of 8;');
    expect(single.stderr).toContain('with and without Edema in the split valid, got 0 with it of 4;');
  });

  it('finds an absent film before it trains', async () => {
    const { code, stderr } = await refusal('film', changed({ images: ['films/nothing.png'] }));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^crrg: FILE: line 2: expected an image file at .*nothing\.png, got nothing;/);
  });

  it('needs a file, a contrastive model, and options that fit', async () => {
    const absent = await train(inside('nothing.jsonl'), 'nothing');
    expect(absent.code).toBe(1);
    expect(absent.stderr).toContain('nothing.jsonl: cannot be read: there is no such file.');
    await writeStartModel(inside('classifier'), false);
    const bare = await refusal('options', studyLines(), ['--model', inside('classifier')]);
    expect(bare.code).toBe(2);
    expect(bare.stderr).toContain('expected a model with a text encoder, got one that only classifies;');
    const reports = await refusal('options', studyLines(), ['--report-model', 'tiny']);
    expect(reports.code).toBe(2);
    expect(reports.stderr).toContain('only with generated text, got original;');
    const epochs = await refusal('options', studyLines(), ['--epochs', '0']);
    expect(epochs).toMatchObject({ code: 2 });
  });
});
