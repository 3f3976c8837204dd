import { CheckpointError, DisposedError, ShapeError, createRandom } from '@crrg/core';
import { float32, initializeParameters, type Backend, type HostTensor } from '@crrg/tensor';
import { createReferenceBackend } from '@crrg/tensor/testing';
import { describe, expect, it } from 'vitest';
import { MICRO_CONFIG, randomTensor } from './__fixtures__/micro.js';
import { createDetector } from './detector.js';
import { detectorSpecs } from './specs.js';

const weights = initializeParameters(detectorSpecs(MICRO_CONFIG), createRandom(4));
const images = randomTensor([2, 1, 64, 64], 9);

function open() {
  const backend = createReferenceBackend();
  return { backend, detector: createDetector({ config: MICRO_CONFIG, weights, backend }) };
}

describe('createDetector', () => {
  it('gives one box, score and feature row per region and image, inside the image', async () => {
    const { detector } = open();
    const detections = await detector.detect(images);
    expect(detections).toHaveLength(2);
    for (const { boxes, scores, isDetected, regionFeatures } of detections) {
      expect([boxes.length, scores.length, isDetected.length, regionFeatures.length]).toEqual([12, 3, 3, 6]);
      expect(isDetected).toContain(true);
      expect(Math.min(...boxes)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...boxes)).toBeLessThanOrEqual(64);
      isDetected.forEach((found, region) => expect(scores[region]! > 0).toBe(found));
    }
  });

  it('looks at as many proposals as evaluation allows', async () => {
    const backend = createReferenceBackend();
    const seen: number[] = [];
    const watching: Backend = {
      ...backend,
      compile: async (graph, options) => {
        const executable = await backend.compile(graph, options);
        const run: typeof executable.run = (inputs) => {
          const boxes = inputs['boxes'];
          if (boxes) seen.push(boxes.shape[1]!);
          return executable.run(inputs);
        };
        return { ...executable, run };
      },
    };
    await createDetector({ config: MICRO_CONFIG, weights, backend: watching }).detect(images);
    expect(seen).toHaveLength(2);
    expect(Math.max(...seen)).toBeLessThanOrEqual(MICRO_CONFIG.rpn.evaluation.postNms);
  });

  it('keeps the first layer of the box head in 8 bits where it is asked to, and nothing else', async () => {
    const backend = createReferenceBackend();
    const choices: Record<string, unknown> = {};
    const watching: Backend = {
      ...backend,
      compile: (graph, { weightDType, ...options } = {}) => {
        const parameters = ['boxHead.fc6.weight', 'boxHead.fc7.weight', 'backbone.conv1.weight'];
        choices[options.name!] =
          typeof weightDType === 'function' ? parameters.map(weightDType) : weightDType;
        return backend.compile(graph, options);
      },
    };
    const exact = await createDetector({ config: MICRO_CONFIG, weights, backend: watching }).detect(images);
    expect(choices).toEqual({ 'detector.backbone': undefined, 'detector.roi': undefined });
    const small = createDetector({ config: MICRO_CONFIG, weights, backend: watching, dtype: 'q8' });
    const [found] = await small.detect(images);
    const kept = ['q8', 'fp32', 'fp32'];
    expect(choices).toEqual({ 'detector.backbone': kept, 'detector.roi': kept });
    // The reference engine has no integers: only the order of the sums differs.
    found!.boxes.forEach((value, index) => expect(value).toBeCloseTo(exact[0]!.boxes[index]!, 3));
  });

  it('does not let the images of a batch influence each other', async () => {
    const { detector } = open();
    const together = await detector.detect(images);
    const second = float32([1, 1, 64, 64], images.data.slice(4096));
    expect((await detector.detect(second))[0]).toEqual(together[1]);
  });

  it('gives region features of boxes that the caller drew', async () => {
    const { detector } = open();
    const image = float32([1, 1, 64, 64], images.data.slice(0, 4096));
    const features = await detector.boxFeatures(image, Float32Array.of(0, 0, 64, 64, 10, 10, 20, 20));
    expect(features.length).toBe(4);
    expect(await detector.boxFeatures(image, Float32Array.of(10, 10, 20, 20))).toEqual(features.slice(2));
    await expect(detector.boxFeatures(image, Float32Array.of(1, 2, 3))).rejects.toThrow(ShapeError);
  });

  it('scores the boxes that it is given in place of its own proposals', async () => {
    const { detector } = open();
    const proposals = await detector.propose(images);
    expect(proposals).toHaveLength(2);
    expect(await detector.detect(images, { proposals })).toEqual(await detector.detect(images));
    const image = float32([1, 1, 64, 64], images.data.slice(0, 4096));
    const drawn = Float32Array.of(3, 3, 50, 60);
    const [detected] = await detector.detect(image, { proposals: [drawn] });
    expect(detected!.isDetected.filter(Boolean)).toHaveLength(1);
    const region = detected!.isDetected.indexOf(true);
    const expected = await detector.boxFeatures(image, drawn);
    expect(detected!.regionFeatures.slice(2 * region, 2 * region + 2)).toEqual(expected);
    const [nothing] = await detector.detect(image, { proposals: [new Float32Array()] });
    expect(nothing!.isDetected).not.toContain(true);
  });

  it('refuses boxes that are not four numbers, and lists for another number of images', async () => {
    const { detector } = open();
    for (const proposals of [[], [new Float32Array(4)], [new Float32Array(4), new Float32Array(6)]])
      await expect(detector.detect(images, { proposals })).rejects.toBeInstanceOf(ShapeError);
  });

  it('leaves no device value behind, also after an abort', async () => {
    const { backend, detector } = open();
    await detector.detect(images);
    const before = backend.liveTensors();
    await detector.detect(images);
    const controller = new AbortController();
    const aborted = detector.detect(images, {
      signal: controller.signal,
      onProgress: (event) => {
        if (event.type === 'stage-end' && event.stage === 'detector.backbone') controller.abort();
      },
    });
    await expect(aborted).rejects.toThrow('abort');
    expect(backend.liveTensors()).toBe(before);
  });

  it('refuses other weights, other shapes and use after disposal', async () => {
    const { detector, backend } = open();
    const incomplete = new Map<string, HostTensor>(weights);
    incomplete.delete('boxHead.fc7.bias');
    const create = () => createDetector({ config: MICRO_CONFIG, weights: incomplete, backend });
    expect(create).toThrow(CheckpointError);
    expect(create).toThrow('boxHead.fc7.bias');
    await expect(detector.detect(randomTensor([1, 3, 64, 64], 1))).rejects.toThrow('pass one grey channel');
    await expect(detector.boxFeatures(images, Float32Array.of(0, 0, 9, 9))).rejects.toThrow(
      'expected one image',
    );
    await expect(detector.detect(randomTensor([1, 1, 60, 64], 1))).rejects.toThrow('multiples of 32');
    detector.dispose();
    detector.dispose();
    await expect(detector.detect(images)).rejects.toThrow(DisposedError);
  });
});
