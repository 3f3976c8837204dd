import type { ModelPart } from '@crrg/pipeline';
import type { RclipModel } from '@crrg/pipeline/node';
import { createWordPieceTokenizer, parseRclipConfig, rclipSpecs, trainWordPieces } from '@crrg/rclip';
import { createRandom } from '@crrg/core';
import { IMAGENET_PREPROCESSING } from '@crrg/image';
import { initializeParameters } from '@crrg/tensor';
import { describe, expect, it } from 'vitest';
import { loadStartEncoder, loadStartModel, type RclipStart } from './start-model.js';

const TEXTS = ['The lungs are clear.', 'There is an opacity.', 'The heart is large.'];
const vocabulary = trainWordPieces(TEXTS, { vocabSize: 60 });
const tokenizer = createWordPieceTokenizer(vocabulary);
const imageEncoder = { imageSize: 32, stemWidth: 4, planes: [2, 2, 2, 4], blocks: [1, 1, 1, 1] };
const textEncoder = { width: 8, numLayers: 1, numHeads: 2, ffnWidth: 12, numPositions: 16, maxLength: 12 };
const SMALL = { imageEncoder, textEncoder, embeddingDim: 6 };
const config = parseRclipConfig({ ...SMALL, textEncoder: { ...textEncoder, vocabSize: vocabulary.length } });
const weights = initializeParameters(rclipSpecs(config), createRandom(2));

const model: RclipModel = {
  name: 'whole',
  version: '3',
  sha256: '1'.repeat(64),
  config,
  preprocessing: { ...IMAGENET_PREPROCESSING, size: 32 },
  weights,
  tokenizer,
};

const part = (kind: 'image-encoder' | 'bert', prefix: string): ModelPart => ({
  part: kind,
  name: kind,
  version: '1',
  sha256: '2'.repeat(64),
  config: { part: kind, rclip: config },
  weights: new Map([...weights].filter(([name]) => name.startsWith(prefix))),
});
const image = part('image-encoder', 'imageEncoder.');
const bert = { ...part('bert', 'textEncoder.'), tokenizer };

const load = (start: RclipStart[], seed = 1) =>
  loadStartModel({ start, config: SMALL }, { seed, texts: () => [...TEXTS, ...TEXTS] });
const encoder = (start: RclipStart[]) => loadStartEncoder({ start, config: SMALL }, 'test', { seed: 1 });
const isFrom = (found: { weights: ReadonlyMap<string, { data: unknown }> }, name: string) =>
  found.weights.get(name)!.data === weights.get(name)!.data;

describe('where pre-training starts', () => {
  it('is a whole model as it is, or two encoders whose projections are drawn', async () => {
    expect(await load([model])).toMatchObject({
      name: 'whole',
      sha256: '1'.repeat(64),
      fresh: [],
      maxLength: 12,
    });
    const both = await load([bert, image]);
    expect(both.name).toBe('image-encoder+bert');
    expect(both.fresh.every((name) => /Projection|logitScale/.test(name))).toBe(true);
    expect(isFrom(both, 'textEncoder.tokenTable.weight')).toBe(true);
  });

  it('is nothing but the seed and the configuration where it is random, with a vocabulary of the texts', async () => {
    const [one, same, other] = [await load(['random']), await load(['random']), await load(['random'], 2)];
    expect(one.fresh).toEqual(Object.keys(rclipSpecs(one.config)));
    expect(one.config.textEncoder!.vocabSize).toBe(one.tokenizer.vocabulary.length);
    expect(one.tokenizer.tokenize('opacity')).toEqual(['opacity']);
    expect([same.sha256 === one.sha256, other.sha256 === one.sha256]).toEqual([true, false]);
    expect(one).toMatchObject({ name: 'random', version: '1' });
  });

  it('is one encoder with the other drawn, where that is asked for', async () => {
    const found = await load([image, 'random']);
    expect(found.name).toBe('image-encoder+random');
    expect([isFrom(found, 'imageEncoder.conv1.weight'), found.fresh.length > 10]).toEqual([true, true]);
    await expect(load([image])).rejects.toThrow('got an image encoder alone; add the other, or "random"');
  });

  it('is one place each, named by one kind of option', async () => {
    await expect(load([model, image])).rejects.toThrow('expected a whole model alone');
    await expect(load([image, image, bert])).rejects.toThrow('expected one image encoder');
    await expect(loadStartModel({ start: [model], model }, { seed: 1 })).rejects.toThrow(
      'no other option that names it',
    );
    await expect(load([])).rejects.toThrow('expected something to `start` from');
  });
});

describe('the encoder that a probe is trained on', () => {
  it('is that of a contrastive model, which keeps its text side, or one alone', async () => {
    const whole = await encoder([model]);
    expect([whole.config.textEncoder !== null, whole.tokenizer === tokenizer]).toEqual([true, true]);
    const alone = await encoder([image]);
    expect([alone.config.textEncoder, alone.tokenizer]).toEqual([null, undefined]);
    expect([...alone.weights.keys()].every((name) => name.startsWith('imageEncoder.'))).toBe(true);
    expect([isFrom(alone, 'imageEncoder.conv1.weight'), alone.fresh]).toEqual([true, []]);
  });

  it('is drawn where it is random, and never a text encoder', async () => {
    const random = await encoder(['random']);
    expect([random.name, random.fresh.includes('imageEncoder.conv1.weight')]).toEqual(['random', true]);
    await expect(encoder([bert])).rejects.toThrow('got a text encoder; leave it out');
  });

  it('leaves the text side of a model behind that has no vocabulary', async () => {
    const found = await encoder([{ ...model, tokenizer: undefined }]);
    expect(found.config.textEncoder).toBeNull();
    expect([...found.weights.keys()].some((name) => name.startsWith('textEncoder.'))).toBe(false);
  });
});
