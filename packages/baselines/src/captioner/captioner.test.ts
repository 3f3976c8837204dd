import { createReferenceBackend } from '@crrg/tensor/testing';
import { createOnnxBackend } from '@crrg/backend-onnx';
import {
  float32,
  gradients,
  hostTensor,
  int32,
  runToHost,
  trace,
  type HostTensor,
  type StateDict,
} from '@crrg/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fixture from '../__fixtures__/captioners.json' with { type: 'json' };
import { createVocabulary } from '../words/vocabulary.js';
import { createCaptioner } from './captioner.js';
import { parseCaptionerConfig, type CaptionerKind } from './config.js';
import { captionLoss, encodeImages, predictWords, startState } from './forward.js';
import { captionerSpecs } from './specs.js';

const KINDS = ['show-and-tell', 'ada-att'] as const;
const [B, T] = [2, 4];
const configOf = (kind: CaptionerKind) => parseCaptionerConfig({ ...fixture.config, kind });
const side = fixture.config.imageSize;
const images = float32([B, 3, side, side], fixture.images);
const words = createVocabulary(['<end>', '<unknown>', 'a', 'b', 'c', 'd', '.']);

function weightsOf(kind: CaptionerKind): StateDict {
  const { weights } = fixture.cases[kind];
  const tensors = Object.entries(weights) as [string, { shape: number[]; data: number[] }][];
  return new Map(tensors.map(([name, { shape, data }]) => [name, float32(shape, data)]));
}

const inputs: Record<string, HostTensor> = {
  images,
  wordIds: int32([B, T], fixture.wordIds),
  nextIds: int32([B, T], fixture.nextIds),
  mask: float32([B, T], fixture.mask),
};
const signature = {
  images: { shape: [B, 3, side, side] },
  wordIds: { shape: [B, T], dtype: 'int32' },
  nextIds: { shape: [B, T], dtype: 'int32' },
  mask: { shape: [B, T] },
} as const;

/** Logits, loss and the gradient of the loss by every trainable parameter, on the reference backend in float64. */
async function compute(kind: CaptionerKind, weights = weightsOf(kind)) {
  const config = configOf(kind);
  const specs = captionerSpecs(config);
  const names = Object.keys(specs).filter((name) => specs[name]!.trainable);
  const graph = trace({ inputs: signature, parameters: specs }, (ops, { inputs: x, parameters }) => {
    const given = { images: x['images']!, wordIds: x['wordIds']!, nextIds: x['nextIds']!, mask: x['mask']! };
    const context = encodeImages(ops, parameters, given.images, config);
    const state = startState(ops, parameters, context, config);
    const { logits } = predictWords(ops, parameters, { context, wordIds: given.wordIds, state }, config);
    const loss = captionLoss(ops, parameters, given, config);
    const slopes = gradients(
      ops,
      loss,
      names.map((name) => parameters.get(name)),
    );
    return { logits, loss, ...Object.fromEntries(names.map((name, at) => [`d/${name}`, slopes[at]!])) };
  });
  const executable = await createReferenceBackend().compile(graph, { weights });
  const outputs = await runToHost(executable, inputs);
  executable.dispose();
  return outputs;
}

/** Largest difference over the largest size of what is expected. */
function distance(actual: ArrayLike<number>, expected: readonly number[]): number {
  const size = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, at) => Math.abs(actual[at]! - value))) / size;
}

describe.each(KINDS)('%s', (kind) => {
  const expected = fixture.cases[kind];
  let outputs: Awaited<ReturnType<typeof compute>>;
  beforeAll(async () => {
    outputs = await compute(kind);
  });

  it('says what its equations say in PyTorch', () => {
    expect(distance(outputs['logits']!.data as Float32Array, expected.logits)).toBeLessThan(2e-5);
    expect(Number(outputs['loss']!.data[0])).toBeCloseTo(expected.loss, 5);
  });

  it('has the gradients of PyTorch', () => {
    const names = Object.keys(expected.gradients);
    expect(names.length).toBeGreaterThan(5);
    for (const [name, values] of Object.entries(expected.gradients) as [string, number[]][])
      expect([name, distance(outputs[`d/${name}`]!.data as Float32Array, values) < 1e-4]).toEqual([
        name,
        true,
      ]);
  });

  it('has gradients that finite differences confirm', async () => {
    const start = weightsOf(kind);
    const moved = async (name: string, at: number, by: number) => {
      const { shape, data } = start.get(name)!;
      const changed = Float32Array.from(data as Float32Array, (value, index) =>
        index === at ? value + by : value,
      );
      const { loss } = await compute(kind, new Map([...start, [name, float32(shape, changed)]]));
      return Number(loss!.data[0]);
    };
    const places: [string, number][] = [
      ['head.bias', 2],
      ['lstm.state.bias', 3],
      ['wordTable.weight', 8],
    ];
    if (kind === 'ada-att')
      places.push(['attention.score.weight', 1], ['sentinel.input.weight', 5], ['cellVectors.bias', 0]);
    for (const [name, at] of places) {
      const step = 2 ** -9;
      const slope = ((await moved(name, at, step)) - (await moved(name, at, -step))) / (2 * step);
      const gradient = Number(outputs[`d/${name}`]!.data[at]);
      expect([name, Math.abs(slope - gradient) < 1e-3 * Math.max(1, Math.abs(slope))]).toEqual([name, true]);
    }
  });

  describe('compiled', () => {
    const backend = createOnnxBackend({ threads: 1 });
    afterAll(async () => (await backend).dispose());
    const create = async (more: object = {}) =>
      createCaptioner({
        ...{ config: configOf(kind), weights: weightsOf(kind), vocabulary: words, backend: await backend },
        ...more,
      });

    it('writes the captions that PyTorch writes greedily, word by word, and leaves nothing behind', async () => {
      const captioner = await create();
      const before = (await backend).liveTensors();
      const captions = await captioner.describe(images, { numBeams: 1 });
      expect(captions.map(({ wordIds }) => wordIds)).toEqual(expected.greedy);
      expect(captions.map(({ isComplete }) => isComplete)).toEqual(
        expected.greedy.map(({ length }) => length < 6),
      );
      expect((await backend).liveTensors()).toBe(before);
      captioner.dispose();
      await expect(captioner.describe(images)).rejects.toThrow('used after dispose');
    });

    it('finds with beams captions that are at least as likely by the whole pass, and scores them alike', async () => {
      const captioner = await create();
      const score = ({
        wordIds,
        meanLogProb,
        isComplete,
      }: {
        wordIds: readonly number[];
        meanLogProb: number;
        isComplete: boolean;
      }) => (meanLogProb * (wordIds.length + Number(isComplete))) / (wordIds.length + 1);
      const greedy = await captioner.describe(images, { numBeams: 1 });
      const beams = await captioner.describe(images, { numBeams: 3 });
      beams.forEach((beam, at) => expect(score(beam)).toBeGreaterThanOrEqual(score(greedy[at]!) - 1e-6));
      const alone = await captioner.describe(
        float32([1, 3, side, side], fixture.images.slice(fixture.images.length / 2)),
      );
      expect(alone[0]!.wordIds).toEqual(beams[1]!.wordIds);
      captioner.dispose();
    });

    it('refuses more beams than it has, other words, other weights, and weights that are not numbers', async () => {
      const captioner = await create();
      await expect(captioner.describe(images, { numBeams: 4 })).rejects.toThrow('[1, 3], got 4');
      captioner.dispose();
      await expect(create({ maxBeams: 9 })).rejects.toThrow('[1, 3], got 9');
      await expect(create({ vocabulary: createVocabulary(['<end>', '<unknown>']) })).rejects.toThrow(
        'expected 7 words, got 2',
      );
      await expect(create({ weights: new Map() })).rejects.toThrow('do not fit the architecture');
      const broken = new Map(weightsOf(kind)).set(
        'head.bias',
        hostTensor('float32', [7], Array<number>(7).fill(NaN)),
      );
      const bad = await create({ weights: broken });
      await expect(bad.describe(images)).rejects.toThrow('word probabilities of the captioner');
      bad.dispose();
    });
  });
});

it('never writes the unknown word, however likely it is', async () => {
  const weights = new Map(weightsOf('show-and-tell')).set('head.bias', float32([7], [0, 1e6, 0, 0, 0, 0, 0]));
  const backend = await createOnnxBackend({ threads: 1 });
  const captioner = await createCaptioner({
    config: configOf('show-and-tell'),
    weights,
    vocabulary: words,
    backend,
  });
  const captions = await captioner.describe(images, { numBeams: 1 });
  expect(captions.flatMap(({ wordIds }) => wordIds)).not.toContain(1);
  expect(captions[0]!.meanLogProb).toBeGreaterThan(-20);
  captioner.dispose();
  backend.dispose();
});
