import { createHash } from 'node:crypto';
import {
  encodeSafetensors,
  formatManifest,
  memorySource,
  openBundle,
  type Bundle,
  type BundleManifest,
  type EncodeSafetensorsOptions,
} from '@crrg/checkpoints';
import { CheckpointError } from '@crrg/core';
import { float32, type StateDict } from '@crrg/tensor';
import { describe, expect, it } from 'vitest';
import { microModel } from './__fixtures__/micro-model.js';
import { microRclip } from './__fixtures__/micro-rclip.js';
import { loadRclipModel, loadReportModel, toRclipManifest } from './index.js';

const rclip = microRclip();
const report = microModel();

/** A bundle in memory, which no writer has checked. */
function bundleOf(
  fields: Pick<BundleManifest, 'config' | 'labels' | 'thresholds'> & Partial<BundleManifest>,
  weights: StateDict,
  options: EncodeSafetensorsOptions = {},
): Promise<Bundle> {
  const files: Record<string, Uint8Array> = {
    'weights.safetensors': encodeSafetensors(new Map(weights), options),
  };
  const manifest: BundleManifest = {
    schema: 'crrg/bundle/1',
    name: 'micro',
    version: '1',
    preprocessing: {},
    tokenizer: null,
    licence: 'MIT',
    trainingData: 'none',
    source: 'test',
    modelCard: null,
    files: Object.entries(files).map(([path, bytes]) => ({
      path,
      role: 'weights',
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    })),
    ...fields,
  };
  const all = { ...files, 'manifest.json': new TextEncoder().encode(formatManifest(manifest)) };
  return openBundle(memorySource(new Map(Object.entries(all))));
}

/** Weights with one number changed. */
function changed(weights: StateDict, name: string, at: number, value: number): StateDict {
  const { shape, data } = weights.get(name)!;
  const copy = Float32Array.from(data);
  copy[at] = value;
  return new Map(weights).set(name, float32(shape, copy));
}

const loadRclip = async (
  weights: StateDict,
  fields: Partial<BundleManifest> = {},
  options?: EncodeSafetensorsOptions,
) => loadRclipModel(await bundleOf({ ...toRclipManifest(rclip.config), ...fields }, weights, options));

describe('loading a classifier', () => {
  it('gives its weights and what was assumed', async () => {
    const model = await loadRclip(rclip.weights, { assumptions: ['labels'] });
    expect(model.weights).toEqual(rclip.weights);
    expect(model.assumptions).toEqual(['labels']);
    expect((await loadRclip(rclip.weights)).assumptions).toBeUndefined();
  });

  it.each([
    ['probe.weight', NaN, 'probe.weight has 1 numbers that are not finite (the first NaN at 1)'],
    ['imageEncoder.conv1.weight', Infinity, 'imageEncoder.conv1.weight has 1 numbers that are not finite'],
    ['imageEncoder.layer1.0.bn1.running_var', -1, 'running_var has 1 negative variances (the first -1 at 1)'],
  ])('refuses a %s of %s by name', async (name, value, message) => {
    const loading = loadRclip(changed(rclip.weights, name, 1, value));
    await expect(loading).rejects.toBeInstanceOf(CheckpointError);
    await expect(loading).rejects.toThrow(message);
  });

  it.each(['float16', 'bfloat16'] as const)('refuses NaN that is stored as %s', async (floats) => {
    const weights = changed(rclip.weights, 'probe.bias', 0, NaN);
    await expect(loadRclip(weights, {}, { floats })).rejects.toThrow('probe.bias has 1 numbers');
    await expect(loadRclip(rclip.weights, {}, { floats })).resolves.toBeDefined();
  });

  it('says what a part of a model is for', async () => {
    const config = { part: 'image-encoder', rclip: {} };
    const loading = loadRclip(rclip.weights, { config, name: 'r50' });
    await expect(loading).rejects.toThrow(
      'expected an R-CLIP model, got r50, which is the part image-encoder alone, for training; give a cxr-clip or cxr-clip-probe bundle.',
    );
  });
});

describe('loading a report model', () => {
  const load = async (fields: Partial<BundleManifest>, weights: StateDict = report.weights) =>
    loadReportModel(
      await bundleOf({ config: { ...report.config }, labels: [], thresholds: {}, ...fields }, weights),
    );

  it('refuses a bundle without a tokenizer before anything is read', async () => {
    await expect(load({})).rejects.toThrow('names no tokenizer vocab file');
  });

  it('says what a part of a model, or a classifier, is for', async () => {
    await expect(load({ config: { part: 'gpt2', reportGen: {} } })).rejects.toThrow(
      'expected a report model, got micro, which is the part gpt2 alone, for training; give an rgrg bundle.',
    );
    await expect(load({ config: { rclip: {} } })).rejects.toThrow(
      'got the R-CLIP model micro; pass it as the classifier',
    );
  });
});
