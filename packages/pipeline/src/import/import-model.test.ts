import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodeSafetensors } from '@crrg/checkpoints';
import { readBundle } from '@crrg/checkpoints/node';
import { CheckpointError, ConfigError } from '@crrg/core';
import { OutputError, takeLock } from '@crrg/core/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { microRclip } from '../__fixtures__/micro-rclip.js';
import { checkBundleKeys, IMPORT_KINDS, importModel, type ImportModelOptions } from '../import.js';
import { loadRclipModel } from '../models/rclip-model.js';

const model = microRclip();
const sizes = { rclip: { imageEncoder: { imageSize: 64 } } };
let folder: string;
let file: string;
const at = (...names: string[]) => path.join(folder, ...names);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-import-'));
  file = at('from', 'siim.tar');
  await mkdir(at('from'));
  const theirs = [...model.weights].map(([name, tensor]) => {
    const encoder = name.replace(/^imageEncoder\./, 'image_encoder.resnet.');
    return [`model/${encoder.replace(/^probe\./, 'classifier.classification_head.')}`, tensor] as const;
  });
  await writeFile(file, encodeSafetensors(new Map(theirs)));
  await writeFile(at('from', 'sizes.json'), JSON.stringify(sizes));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const convert = (out: string, options: Partial<ImportModelOptions> = {}) =>
  importModel(file, { out: at(out), ...options });

async function refusal(out: string, options: Partial<ImportModelOptions> = {}): Promise<Error> {
  const before = await readdir(folder, { recursive: true });
  const error: unknown = await convert(out, options).catch((reason: unknown) => reason);
  expect(await readdir(folder, { recursive: true })).toEqual(before);
  return error as Error;
}

describe('importModel', () => {
  it('makes a bundle that loads, says what it took off, and lists what it assumed', async () => {
    const { kind, manifest, tensorCount, notes } = await convert('assumed');
    expect({ kind, tensorCount, notes }).toEqual({
      kind: 'cxr-clip-probe',
      tensorCount: model.weights.size,
      notes: [`took the ${model.weights.size} tensors below model/`],
    });
    expect(manifest).toMatchObject({
      name: 'siim',
      labels: ['Label 1', 'Label 2'],
      assumptions: ['config.rclip.imageEncoder.imageSize', 'labels', 'thresholds'],
      tokenizer: null,
    });
    const bundle = await readBundle(at('assumed'));
    expect(bundle.manifest).toEqual(manifest);
    expect(checkBundleKeys(bundle)).toBe('contrastive model with a classifier');
    expect((await loadRclipModel(bundle)).weights).toEqual(model.weights);
    await bundle.close();
  });

  it('assumes nothing that it is told, in an object or in a file', async () => {
    const said = { name: 'siim-2', labels: ['A', 'B'], thresholds: [0.2, 0.7] };
    const { manifest } = await convert('told', { ...said, config: sizes });
    expect(manifest).toMatchObject({ name: 'siim-2', labels: ['A', 'B'], thresholds: { A: 0.2, B: 0.7 } });
    expect(manifest.assumptions).toBeUndefined();
    expect((await convert('read', { ...said, config: at('from', 'sizes.json') })).manifest).toEqual(manifest);
  });

  it('takes the kind that it is given, and refuses one that is none', async () => {
    expect(IMPORT_KINDS).toContain('cxr-clip-probe');
    expect(await refusal('x', { kind: 'rgrg' })).toMatchObject({
      code: 'CHECKPOINT',
      message: expect.stringContaining('expected a file of kind rgrg') as string,
    });
    const error = await refusal('x', { kind: 'vit' as 'rgrg' });
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toContain('pipeline.importModel: `kind`: expected auto or one of rgrg, ');
  });

  it('writes nothing where an option does not fit, which is named as code names it', async () => {
    const bad: [Partial<ImportModelOptions>, string][] = [
      [{ prefix: 'teacher' }, 'pipeline.importModel: `prefix`: expected the start of a name in this file'],
      [{ config: at('none.json') }, '`config`: expected a readable file at'],
      [{ config: file }, 'siim.tar: expected a JSON object'],
      [
        { prefix: 'model/image_encoder.resnet', kind: 'image-encoder', labels: ['A', 'B'] },
        '`labels`: expected a classifier (cxr-clip-probe), got image-encoder',
      ],
      [{ thresholds: [2, 0.5] }, 'probe.thresholds must be a list of numbers in [0, 1]'],
      [{ labels: ['A', 'A'] }, 'probe.labels must be a list of different texts'],
    ];
    for (const [options, message] of bad) {
      const error = await refusal('x', options);
      expect(error).toBeInstanceOf(ConfigError);
      expect(error.message).toContain(message);
    }
    const error = await refusal('x', { labels: ['A'] });
    expect(error).toBeInstanceOf(CheckpointError);
    expect(error.message).toContain('expected 2 labels, one for each output, got 1');
  });
});

describe('the folder that importModel writes', () => {
  it('is never one that holds an input, or anything but a bundle', async () => {
    expect((await refusal('from')).message).toContain('`out`: expected a folder without the input');
    await mkdir(at('config'));
    await writeFile(at('config', 'sizes.json'), JSON.stringify(sizes));
    const config = await refusal('config', { config: at('config', 'sizes.json') });
    expect(config).toBeInstanceOf(ConfigError);
    expect(config.message).toContain('`out`: expected a folder without the input');
    await mkdir(at('own'));
    await writeFile(at('own', 'notes.txt'), 'mine');
    const own = await refusal('own');
    expect(own).toBeInstanceOf(ConfigError);
    expect(own.message).toContain('which holds notes.txt');
  });

  it('keeps an earlier bundle where the import fails or is stopped', async () => {
    const { manifest } = await convert('kept');
    await refusal('kept', { labels: ['A'] });
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('enough'));
    const stopped = await refusal('kept', { signal: controller.signal, onProgress });
    expect(stopped.message).toBe('enough');
    expect(JSON.parse(await readFile(at('kept', 'manifest.json'), 'utf8'))).toEqual(manifest);
  });

  it('belongs to one run at a time', async () => {
    const lock = await takeLock(at('shared.lock'));
    const error = await refusal('shared');
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toContain('`out`: expected a folder that no other run writes');
    await lock!.release();
  });

  it('is named where it cannot be written', async () => {
    const error = await refusal(path.join('from', 'siim.tar', 'bundle'));
    expect(error).toBeInstanceOf(OutputError);
    expect(error).toMatchObject({ code: 'OUTPUT' });
    expect(error.message).toBe(
      `${at('from', 'siim.tar', 'bundle')}: cannot be written: a part of its path is no folder`,
    );
  });
});
