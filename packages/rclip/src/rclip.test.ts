import { CheckpointError, ConfigError, DataError, ShapeError, createRandom } from '@crrg/core';
import { float32, runToHost, trace } from '@crrg/tensor';
import { createReferenceBackend } from '@crrg/tensor/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { MICRO_IDS, microConfig, microTokenizer, microWeights } from './__fixtures__/micro.js';
import { toProbability } from './calibration.js';
import { encodeImage } from './forward/image-encoder.js';
import { createRclip, type Rclip } from './rclip.js';
import { rclipSpecs } from './specs.js';
import { batchTexts, encodeTexts } from './text-batches.js';

const config = microConfig({
  imageEncoder: { imageSize: 64, stemWidth: 4, planes: [2, 2, 2, 2], blocks: [1, 1, 1, 1] },
});
const weights = microWeights(config);
const backend = createReferenceBackend();
const warnings: string[] = [];
const open: Rclip[] = [];

function create(overrides: object = {}): Rclip {
  const onWarning = (message: string) => warnings.push(message);
  const model = createRclip({
    config,
    weights,
    backend,
    tokenizer: microTokenizer,
    onWarning,
    ...overrides,
  });
  open.push(model);
  return model;
}

function randomImages(count: number, side = 64) {
  const random = createRandom(5);
  return float32(
    [count, 3, side, side],
    Float32Array.from({ length: count * 3 * side * side }, () => random.normal()),
  );
}

afterEach(() => {
  open.splice(0).forEach((model) => model.dispose());
  warnings.length = 0;
});

const images = randomImages(3);

describe('encoding images', () => {
  it('gives features and unit embeddings that do not depend on the batch', async () => {
    const model = create();
    const whole = await model.encodeImage(images);
    const single = await model.encodeImage(images, { batchSize: 1 });
    expect(whole.features.shape).toEqual([3, 8]);
    expect(new Set(whole.features.data).size).toBeGreaterThan(12);
    expect(whole.embeddings!.shape).toEqual([3, 6]);
    whole.embeddings!.data.forEach((x, i) => expect(x).toBeCloseTo(single.embeddings!.data[i]!, 6));
    for (let row = 0; row < 3; row++) {
      const length = Math.hypot(...whole.embeddings!.data.subarray(row * 6, row * 6 + 6));
      expect(length).toBeCloseTo(1, 6);
    }
    expect(backend.liveTensors()).toBe(0);
  });

  it('has no embeddings without a text side', async () => {
    const alone = microConfig({ textEncoder: null, probe: null });
    const model = create({ config: alone, weights: microWeights(alone) });
    const { features, embeddings } = await model.encodeImage(randomImages(1, 32));
    expect(features.shape).toEqual([1, 8]);
    expect(embeddings).toBeUndefined();
  });

  it('names the shape that it needs', async () => {
    const model = create();
    await expect(model.encodeImage(randomImages(1, 32))).rejects.toThrow(ShapeError);
    await expect(model.encodeImage(randomImages(1, 32))).rejects.toThrow(
      'rclip.encodeImage: images must be [B, 3, 64, 64], got [1, 3, 32, 32]',
    );
    await expect(model.encodeImage(randomImages(0, 64))).rejects.toThrow('got [0, 3, 64, 64]');
    for (const batchSize of [0, 1.5])
      await expect(model.encodeImage(images, { batchSize })).rejects.toThrow(
        `batchSize to be a positive integer, got ${batchSize}`,
      );
  });

  it('stops between batches', async () => {
    const controller = new AbortController();
    controller.abort(new Error('enough'));
    await expect(create().encodeImage(images, { signal: controller.signal })).rejects.toThrow('enough');
  });
});

describe('encoding texts', () => {
  it('gives unit embeddings in the order of the texts, whatever their company', async () => {
    const model = create();
    const texts = ['abcdefg', 'ab', 'xyz'];
    const together = await model.encodeText(texts);
    expect(together.shape).toEqual([3, 6]);
    for (const [row, text] of texts.entries()) {
      const alone = await model.encodeText([text]);
      alone.data.forEach((x, i) => expect(together.data[row * 6 + i]).toBeCloseTo(x, 5));
    }
    const small = await model.encodeText(texts, { batchSize: 1 });
    small.data.forEach((x, i) => expect(together.data[i]).toBeCloseTo(x, 5));
    expect(Math.hypot(...together.data.subarray(0, 6))).toBeCloseTo(1, 6);
    expect(backend.liveTensors()).toBe(0);
  });

  it('says which texts were cut', async () => {
    await create().encodeText(['abc', 'abcdefghijk']);
    expect(warnings).toEqual([
      'rclip.encodeTexts: 1 of 2 texts (1) are longer than 10 tokens; only their beginning was read.',
    ]);
  });

  it('refuses empty texts, no texts, and models without a text side or tokenizer', async () => {
    const model = create();
    await expect(model.encodeText(['a', ' \n'])).rejects.toThrow(DataError);
    await expect(model.encodeText(['a', ' \n'])).rejects.toThrow('got an empty text at 1');
    await expect(model.encodeText([])).rejects.toThrow('expected at least one text, got none');
    await expect(create({ tokenizer: undefined }).encodeText(['a'])).rejects.toThrow(
      'rclip.encodeText: expected a tokenizer, got none; pass one to createRclip.',
    );
    const alone = microConfig({ textEncoder: null });
    const classifier = create({ config: alone, weights: microWeights(alone) });
    await expect(classifier.encodeText(['a'])).rejects.toThrow(/got one that only classifies/);
  });

  it('pads with the pad token and masks it', () => {
    const encoded = encodeTexts(['abc', 'z'], microTokenizer, { maxLength: 10 });
    const [batch] = batchTexts(encoded, 2, MICRO_IDS.pad);
    expect([...batchTexts(encoded, 2, 7)[0]!.tokenIds.data].slice(3, 5)).toEqual([7, 7]);
    expect(batch!.rows).toEqual([1, 0]);
    expect([...batch!.tokenIds.data]).toEqual([1, 28, 2, 0, 0, 1, 3, 4, 5, 2]);
    expect([...batch!.attentionMask.data]).toEqual([1, 1, 1, 0, 0, 1, 1, 1, 1, 1]);
  });
});

describe('zero-shot scores', () => {
  it('are the softmax of the cosines of the embeddings', async () => {
    const model = create();
    const { similarities, probabilities } = await model.zeroShot(images, ['abc', 'def']);
    const { embeddings } = await model.encodeImage(images);
    const prompts = await model.encodeText(['abc', 'def']);
    const cosine = (image: number, prompt: number) =>
      Array.from(
        { length: 6 },
        (_, i) => embeddings!.data[image * 6 + i]! * prompts.data[prompt * 6 + i]!,
      ).reduce((sum, x) => sum + x);
    expect(similarities[4]).toBeCloseTo(cosine(2, 0), 5);
    expect(probabilities[5]).toBeCloseTo(toProbability(cosine(2, 1) - cosine(2, 0), 1), 5);
  });

  it('need two different prompts with words', async () => {
    const model = create();
    await expect(model.zeroShot(images, ['abc'])).rejects.toThrow(ConfigError);
    await expect(model.zeroShot(images, ['abc'])).rejects.toThrow(/rclip.zeroShot: .* got 1; /);
    await expect(model.zeroShot(images, ['abc', 'abc'])).rejects.toThrow(
      /different prompts, got "abc" twice/,
    );
    await expect(model.zeroShot(images, ['abc', ''])).rejects.toThrow(/empty text at 1/);
  });
});

describe('classification', () => {
  it('is the calibrated sigmoid of the probe, compared with each threshold', async () => {
    const model = create();
    const scores = await model.classify(images);
    const { features } = await model.encodeImage(images);
    const [weight, bias] = [weights.get('probe.weight')!.data, weights.get('probe.bias')!.data];
    expect(scores.map((row) => row.map(({ label }) => label))).toEqual(
      new Array(3).fill(['Pneumonia', 'Effusion']),
    );
    for (const [image, row] of scores.entries()) {
      for (const [label, { probability, threshold, positive }] of row.entries()) {
        let logit = bias[label]!;
        for (let i = 0; i < 8; i++) logit += weight[label * 8 + i]! * features.data[image * 8 + i]!;
        expect(probability).toBeCloseTo(toProbability(logit, [2, 1][label]!), 5);
        expect(positive).toBe(probability > threshold);
      }
    }
  });

  it('needs a probe', async () => {
    const alone = microConfig({ probe: null });
    const model = create({ config: alone, weights: microWeights(alone) });
    await expect(model.classify(randomImages(1, 32))).rejects.toThrow(
      'rclip.classify: expected a model with a probe, got one without; train a probe on it, or use zeroShot.',
    );
  });
});

describe('Grad-CAM', () => {
  it('weighs the last map by the probe, as the closed form for a linear probe says', async () => {
    const image = randomImages(1);
    const graph = trace(
      { inputs: { image: { shape: image.shape } }, parameters: rclipSpecs(config) },
      (ops, s) => ({
        map: encodeImage(ops, s.parameters, s.inputs['image']!, config.imageEncoder).map,
      }),
    );
    const { map } = await runToHost(await backend.compile(graph, { weights }), { image });
    expect(map!.shape).toEqual([1, 8, 2, 2]);
    const probe = Float32Array.from({ length: 16 }, (_, i) => (i < 8 ? 1 : -8 * (-1) ** i));
    const model = create({ weights: new Map(weights).set('probe.weight', float32([2, 8], probe)) });
    const cells = config.probe!.labels.map((_, label) =>
      [0, 1, 2, 3].map((cell) => {
        let sum = 0;
        for (let i = 0; i < 8; i++) sum += probe[label * 8 + i]! * map!.data[i * 4 + cell]!;
        return Math.max(0, sum);
      }),
    );
    for (const [index, label] of config.probe!.labels.entries()) {
      const explained = await model.explain(image, { label });
      const largest = Math.max(...cells[index]!);
      expect(largest).toBeGreaterThan(0.1);
      expect([explained.height, explained.width]).toEqual([2, 2]);
      cells[index]!.forEach((cell, i) => expect(explained.heatmap[i]).toBeCloseTo(cell / largest, 5));
      expect(explained.probability).toBeCloseTo((await model.classify(image))[0]![index]!.probability, 6);
    }
  });

  it('is empty where nothing speaks for the label', async () => {
    const against = new Map(weights).set('probe.weight', float32([2, 8], new Float32Array(16).fill(-1)));
    const { heatmap } = await create({ weights: against }).explain(randomImages(1));
    expect([...heatmap]).toEqual([0, 0, 0, 0]);
  });

  it('explains one image and a label of the model', async () => {
    const model = create();
    await expect(model.explain(images)).rejects.toThrow(/expected one image, got 3/);
    await expect(model.explain(randomImages(1), { label: 'Edema' })).rejects.toThrow(
      'rclip.explain: expected one of Pneumonia, Effusion, got "Edema"; name a label of this model.',
    );
  });
});

describe('creating a model', () => {
  it('refuses weights of another architecture and a tokenizer of another vocabulary', () => {
    const wide = microConfig({ embeddingDim: 7 });
    expect(() => create({ config: wide })).toThrow(CheckpointError);
    expect(() => create({ config: wide })).toThrow(
      /imageProjection.linear.weight must be \[7, 8\], got \[6, 8\]/,
    );
    expect(() => create({ tokenizer: { ...microTokenizer, vocabSize: 31 } })).toThrow(
      /expected a tokenizer of at most 30 tokens, got 31/,
    );
  });

  it('is at an end after dispose', async () => {
    const model = create();
    model.dispose();
    model.dispose();
    await expect(model.encodeImage(images)).rejects.toThrow(/used after dispose/);
  });
});
