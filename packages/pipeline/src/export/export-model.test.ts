import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TensorEntry } from '@crrg/checkpoints';
import { openCheckpointFile, readBundle, writeBundle, type BundleContent } from '@crrg/checkpoints/node';
import { createRandom } from '@crrg/core';
import { parseRclipConfig, rclipSpecs, type RclipConfig } from '@crrg/rclip';
import { initializeParameters } from '@crrg/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { microConfig } from '../__fixtures__/micro-model.js';
import { microRclip } from '../__fixtures__/micro-rclip.js';
import { importModel } from '../import/import-model.js';
import { toRclipManifest } from '../models/rclip-model.js';
import { parseRrgConfig, rrgSpecs, type RrgConfig } from '../models/rrg-config.js';
import { exportModel } from './export-model.js';

let folder: string;
const inside = (...names: string[]) => path.join(folder, ...names);

const FIELDS = {
  version: '1',
  labels: [],
  thresholds: {},
  tokenizer: null,
  licence: 'none',
  trainingData: 'none',
  source: 'a test',
  modelCard: null,
};

async function write(
  name: string,
  content: Omit<BundleContent, 'name' | keyof typeof FIELDS> & Partial<BundleContent>,
) {
  await writeBundle(inside(name), { ...FIELDS, ...content, name });
}

const tokenPositions = (): RrgConfig => {
  const { detector, regionSelector, reportGen } = microConfig();
  return parseRrgConfig({ detector, regionSelector, reportGen: { ...reportGen, positionTable: 'token' } });
};

const rrgBundle = (name: string, config: RrgConfig) =>
  write(name, {
    config: { ...config },
    preprocessing: { size: 128, mean: 0.5, std: 0.25 },
    weights: initializeParameters(rrgSpecs(config), createRandom(2)),
  });

const contrastive = (): RclipConfig => {
  const { imageEncoder, probe } = microRclip().config;
  const textEncoder = {
    vocabSize: 30,
    width: 8,
    numLayers: 2,
    numHeads: 2,
    ffnWidth: 12,
    numPositions: 12,
    maxLength: 10,
    pooling: 'mean',
  };
  return parseRclipConfig({ imageEncoder, textEncoder, embeddingDim: 6, projection: 'mlp', probe });
};

const rclipBundle = (name: string, config: RclipConfig) =>
  write(name, {
    ...toRclipManifest(config),
    preprocessing: { size: 64 },
    weights: initializeParameters(rclipSpecs(config), createRandom(3)),
  });

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-export-'));
  await rrgBundle('rrg', tokenPositions());
  await rclipBundle('rclip', contrastive());
});
afterAll(() => rm(folder, { recursive: true }));

/** Bytes of every tensor of a bundle. */
async function bytesOf(name: string): Promise<Map<string, string>> {
  const bundle = await readBundle(inside(name));
  const read = async ([key, entry]: [string, TensorEntry]) =>
    [key, Buffer.from(await entry.readBytes()).toString('hex')] as const;
  const tensors = new Map(await Promise.all([...bundle.entries].map(read)));
  await bundle.close();
  return tensors;
}

const without = (tensors: Map<string, string>, start: string) =>
  new Map([...tensors].filter(([name]) => !name.startsWith(start)));

describe('a model exported to the program of RGRG', () => {
  it('comes back bit for bit', async () => {
    const { tensorCount } = await exportModel(inside('rrg'), { to: 'rgrg', out: inside('rrg.pt') });
    const { kind, notes } = await importModel(inside('rrg.pt'), {
      out: inside('rrg-back'),
      config: { ...tokenPositions() },
    });
    expect([kind, tensorCount, notes]).toEqual(['rgrg', 258, ['took the 258 tensors below model/']]);
    expect(await bytesOf('rrg-back')).toEqual(await bytesOf('rrg'));
  });

  it('has its tensors under all their names, in one memory, and what we leave out', async () => {
    await exportModel(inside('rrg'), { to: 'rgrg', out: inside('names.pt') });
    const { entries, close } = await openCheckpointFile(inside('names.pt'));
    const entry = (name: string) => entries.get(`model/${name}`)!;
    const lm = 'language_model';
    const table = `model/${lm}.gpt_with_lm_head.transformer.wte.weight`;
    const tied = ['wte.weight', 'lm_head.weight', 'gpt.wte.weight', 'gpt_with_lm_head.lm_head.weight'];
    expect(tied.map((name) => entry(`${lm}.${name}`).aliasOf)).toEqual(tied.map(() => table));
    const block = entry(`${lm}.gpt2_blocks.1.1.uk.weight`);
    expect(block.aliasOf).toBe(`model/${lm}.gpt_with_lm_head.transformer.h.1.attn.uk.weight`);
    const mask = entry(`${lm}.gpt.h.0.attn.causal_mask`);
    expect([mask.dtype, mask.shape]).toEqual(['uint8', [1, 1, 24, 24]]);
    const rows = await mask.readBytes();
    expect([rows[0], rows[1], rows[24], rows[25], rows[26]]).toEqual([1, 0, 1, 1, 0]);
    const read = async (name: string) => [...(await entry(name).read()).data];
    expect(await read(`${lm}.gpt.h.1.attn.mask_out_value`)).toEqual([-10000]);
    expect(await read('binary_classifier_region_selection.loss_fn.pos_weight')).toEqual([Math.fround(2.2)]);
    expect(await read('binary_classifier_region_abnormal.loss_fn.pos_weight')).toEqual([6]);
    expect((await read(`${lm}.wpe.weight`)).every((value) => value === 0)).toBe(true);
    const counter = entry('object_detector.backbone.4.0.bn1.num_batches_tracked');
    expect([counter.dtype, counter.shape, ...(await counter.readBytes())]).toEqual([
      'int64',
      [],
      ...new Array<number>(8).fill(0),
    ]);
    await close();
  });

  it('says what it does not know, fills in, and what the program has in its code', async () => {
    const { notes } = await exportModel(inside('rrg'), { to: 'rgrg', out: inside('notes.pt') });
    expect(notes[0]).toMatch(/^not in the model, so not in the file: optimizer, scaler, current_epoch/);
    expect(notes[1]).toMatch(/^filled in: num_batches_tracked 0, .* loss_fn.pos_weight 2.2 and 6 /);
    expect(notes[2]).toMatch(/detector\.imageSize 128 \(there 512\)/);
    expect(notes[2]).toMatch(/reportGen\.numLayers 2 \(there 24\)/);
    expect(notes[2]).toMatch(/preprocessing\.mean 0\.5 \(there 0\.471\)/);
    expect(notes[2]).not.toMatch(/numRegions|layerNormEpsilon/);
  });

  it('is refused where positions have a table of their own, which that program never reads', async () => {
    await rrgBundle('own-positions', microConfig());
    const out = inside('refused.pt');
    await expect(exportModel(inside('own-positions'), { to: 'rgrg', out })).rejects.toThrow(
      /positionTable "position"/,
    );
    await expect(readFile(out)).rejects.toThrow('ENOENT');
    const file = inside('own-positions.safetensors');
    const named = await exportModel(inside('own-positions'), {
      to: 'safetensors',
      names: 'reference',
      out: file,
    });
    expect(named.notes).toEqual([
      expect.stringMatching(/transformer\.wpe, which the program of RGRG never reads/),
    ]);
    await importModel(file, { out: inside('own-back'), config: { ...microConfig() } });
    expect(await bytesOf('own-back')).toEqual(await bytesOf('own-positions'));
  });
});

describe('a model exported to the program of CXR-CLIP', () => {
  it('comes back bit for bit, with what its configuration says, but for the probe', async () => {
    const { notes } = await exportModel(inside('rclip'), { to: 'cxr-clip', out: inside('rclip.tar') });
    expect(notes).toContain('left out: the probe; export it with --to cxr-clip-probe');
    const { kind, manifest } = await importModel(inside('rclip.tar'), {
      out: inside('rclip-back'),
      config: { rclip: { textEncoder: { numHeads: 2 } } },
    });
    expect(kind).toBe('cxr-clip');
    const { textEncoder, ...rest } = contrastive();
    expect(manifest.config['rclip']).toEqual({ ...rest, textEncoder, probe: null });
    expect(await bytesOf('rclip-back')).toEqual(without(await bytesOf('rclip'), 'probe.'));
  });

  it('is a probe of image encoder and head that keeps the names of its labels', async () => {
    const { notes } = await exportModel(inside('rclip'), { to: 'cxr-clip-probe', out: inside('probe.tar') });
    expect(notes.find((note) => note.includes('temperatures 2, 1'))).toBeDefined();
    expect(notes).toContain('thresholds are not in the file: Pneumonia 0.4, Effusion 0.6');
    const { kind, manifest } = await importModel(inside('probe.tar'), { out: inside('probe-back') });
    expect([kind, manifest.labels, manifest.assumptions]).toEqual([
      'cxr-clip-probe',
      ['Pneumonia', 'Effusion'],
      ['thresholds'],
    ]);
    const own = new Map(
      [...(await bytesOf('rclip'))].filter(([name]) => /^(imageEncoder|probe)\./.test(name)),
    );
    expect(await bytesOf('probe-back')).toEqual(own);
  });
});

describe('a model exported to safetensors', () => {
  it('has our names or those of the reference, and both come back', async () => {
    await exportModel(inside('rclip'), { to: 'safetensors', out: inside('ours.safetensors') });
    const { entries, values, close } = await openCheckpointFile(inside('ours.safetensors'));
    await close();
    expect([...entries.keys()].sort()).toEqual([...(await bytesOf('rclip')).keys()].sort());
    expect([values.get('format'), JSON.parse(values.get('labels') as string)]).toEqual([
      'pt',
      ['Pneumonia', 'Effusion'],
    ]);
    const out = inside('theirs.safetensors');
    await exportModel(inside('rrg'), { to: 'safetensors', names: 'reference', out });
    await importModel(out, { out: inside('theirs-back'), config: { ...tokenPositions() } });
    expect(await bytesOf('theirs-back')).toEqual(await bytesOf('rrg'));
  });
});

describe('an export is refused', () => {
  it('where its name is taken or lies in a bundle, and nothing is written', async () => {
    await writeFile(inside('taken.pt'), 'mine');
    const taken = exportModel(inside('rrg'), { to: 'rgrg', out: inside('taken.pt') });
    await expect(taken).rejects.toThrow(
      /`out`: expected the name of a new file, got .*taken\.pt, which is there/,
    );
    expect(await readFile(inside('taken.pt'), 'utf8')).toBe('mine');
    const within = exportModel(inside('rrg'), { to: 'rgrg', out: inside('rrg', 'x.pt') });
    await expect(within).rejects.toThrow(/expected a name outside a bundle/);
    await mkdir(inside('full'));
    await writeFile(inside('full', 'notes.txt'), '');
    const full = exportModel(inside('rrg'), { to: 'onnx', out: inside('full') });
    await expect(full).rejects.toThrow(/expected a new or empty folder, got .*full, which holds notes\.txt/);
    expect(await readdir(inside('full'))).toEqual(['notes.txt']);
  });

  it.each([
    ['rrg', { to: 'cxr-clip' as const }, /expected a contrastive model, got rrg, which is a report-model/],
    [
      'rclip',
      { to: 'rgrg' as const },
      /expected a report model or a detector, got rclip, which is a contrastive/,
    ],
    ['rrg', { to: 'rgrg' as const, names: 'ours' as const }, /`names`: expected `to` safetensors, got rgrg/],
    ['rrg', { to: 'tflite' as 'onnx' }, /`to`: expected one of rgrg, cxr-clip/],
  ])('for the wrong kind of model or option: %s %o', async (model, options, message) => {
    await expect(exportModel(inside(model), { ...options, out: inside('never') })).rejects.toThrow(message);
  });
});
