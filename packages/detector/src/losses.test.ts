import { createRandom } from '@crrg/core';
import {
  float32,
  gradients,
  initializeParameters,
  runToHost,
  trace,
  type BufferUpdates,
  type HostTensor,
} from '@crrg/tensor';
import { createReferenceBackend } from '@crrg/tensor/testing';
import { describe, expect, it } from 'vitest';
import { MICRO_CONFIG, randomTensor } from './__fixtures__/micro.js';
import { backboneAndRpn } from './forward.js';
import { detectorTraining, roiLosses, rpnLosses, targetInputShapes, totalDetectorLoss } from './losses.js';
import { packTargets } from './pack-targets.js';
import { detectorSpecs } from './specs.js';
import { createRandomSampler } from './samplers.js';
import { assignTargets, type ImageTargets } from './targets.js';

const BETA = 1 / 9;
const none: ImageTargets = {
  rpn: { positives: [], negatives: [], boxDeltas: new Float32Array(0) },
  roi: { boxes: new Float32Array(0), labels: new Int32Array(0), boxDeltas: new Float32Array(0) },
};

/** The four losses of one image with all-zero network output, so that every expected value can be worked out by hand. */
async function lossesOfZeros(targets: ImageTargets): Promise<Record<string, number>> {
  const graph = trace({ inputs: targetInputShapes(MICRO_CONFIG, 1) }, (ops, { inputs }) => {
    const packed = inputs as Parameters<typeof rpnLosses>[2];
    const rpn = rpnLosses(ops, { objectness: ops.zeros([1, 16]), boxDeltas: ops.zeros([1, 16, 4]) }, packed);
    return {
      ...rpn,
      ...roiLosses(ops, { classLogits: ops.zeros([1, 6, 4]), boxDeltas: ops.zeros([1, 6, 16]) }, packed),
    };
  });
  const result = await runToHost(
    await createReferenceBackend().compile(graph),
    packTargets([targets], MICRO_CONFIG),
  );
  return Object.fromEntries(Object.entries(result).map(([name, { data }]) => [name, data[0]!]));
}

describe('detector losses', () => {
  it('divide by the sampled anchors and boxes, and take smooth L1 over positives only', async () => {
    const losses = await lossesOfZeros({
      rpn: { positives: [3], negatives: [1, 2, 7], boxDeltas: Float32Array.of(1, 0, 0, BETA / 2) },
      roi: {
        boxes: new Float32Array(12),
        labels: Int32Array.of(0, 2, 0),
        boxDeltas: Float32Array.of(9, 9, 9, 9, 0, 2, 0, 0, 9, 9, 9, 9),
      },
    });
    expect(losses['objectness']).toBeCloseTo(Math.LN2, 6);
    expect(losses['rpnBoxRegression']).toBeCloseTo((1 - BETA / 2 + BETA / 8) / 4, 6);
    expect(losses['classifier']).toBeCloseTo(Math.log(4), 6);
    expect(losses['boxRegression']).toBeCloseTo((2 - BETA / 2) / 3, 6);
  });

  it('are zero, not NaN, where nothing was sampled', async () => {
    expect(Object.values(await lossesOfZeros(none))).toEqual([0, 0, 0, 0]);
  });

  it('fall along their gradient, with batch statistics recorded', async () => {
    const specs = detectorSpecs(MICRO_CONFIG);
    const weights = initializeParameters(specs, createRandom(2));
    const image = randomTensor([2, 1, 64, 64], 3);
    const backend = createReferenceBackend();
    const training = (updates: BufferUpdates) => ({ mode: { training: true, updates } as const });

    const first = trace(
      { inputs: { image: { shape: image.shape } }, parameters: specs },
      (ops, { inputs, parameters }) => {
        const { objectness, boxDeltas } = backboneAndRpn(
          ops,
          parameters,
          inputs['image']!,
          MICRO_CONFIG,
          training(new Map()),
        );
        return { objectness, boxDeltas };
      },
    );
    const output = await runToHost(await backend.compile(first, { weights }), { image });
    const truth = { boxes: Float32Array.of(4, 4, 40, 44), regions: Int32Array.of(1) };
    const targets = assignTargets(
      {
        objectness: output['objectness']!.data as Float32Array,
        boxDeltas: output['boxDeltas']!.data as Float32Array,
      },
      [truth, truth],
      {
        config: MICRO_CONFIG,
        inputSize: { height: 64, width: 64 },
        mode: 'training',
        sampler: createRandomSampler(createRandom(1)),
      },
    );
    expect(targets[0]!.roi.labels).toContain(2);

    const trained = Object.keys(specs).filter(
      (name) => specs[name]!.trainable && !name.startsWith('regionProjection'),
    );
    const inputs = { image: { shape: image.shape }, ...targetInputShapes(MICRO_CONFIG, 2) };
    const step = trace({ inputs, parameters: specs }, (ops, { inputs, parameters }) => {
      const updates: BufferUpdates = new Map();
      const { losses } = detectorTraining(ops, parameters, inputs, MICRO_CONFIG, training(updates));
      const loss = totalDetectorLoss(ops, losses);
      const found = gradients(
        ops,
        loss,
        trained.map((name) => parameters.get(name)),
      );
      return {
        loss,
        ...Object.fromEntries(updates),
        ...Object.fromEntries(trained.map((name, i) => [`grad.${name}`, found[i]!])),
      };
    });
    const batch = { image, ...packTargets(targets, MICRO_CONFIG) };
    const before = await runToHost(await backend.compile(step, { weights }), batch);
    const moved = new Map<string, HostTensor>(weights);
    for (const name of trained) {
      const { shape, data } = weights.get(name)!;
      const gradient = before[`grad.${name}`]!.data;
      moved.set(name, {
        dtype: 'float32',
        shape,
        data: Float32Array.from(data, (value, i) => value - 0.02 * gradient[i]!),
      });
    }
    const after = await runToHost(await backend.compile(step, { weights: moved }), batch);
    expect(after['loss']!.data[0]).toBeLessThan(before['loss']!.data[0]!);
    expect(Object.keys(before)).toContain('backbone.layer4.0.bn3.running_var');
  });
});

describe('the class loss of images that say nothing of some regions', () => {
  const targets: ImageTargets = {
    ...none,
    roi: { boxes: new Float32Array(8), labels: Int32Array.of(0, 2), boxDeltas: new Float32Array(8) },
  };
  const shape = [1, MICRO_CONFIG.roi.sampleSize, 4];

  /** The class loss of a background box and a box of the second region, and its gradient. */
  async function classLoss(logits: HostTensor, isAnnotated?: readonly number[]) {
    const inputs = {
      ...targetInputShapes(MICRO_CONFIG, 1),
      logits: { shape },
      ...(isAnnotated && { isAnnotated: { shape: [1, 3] } }),
    };
    const graph = trace({ inputs }, (ops, { inputs: traced }) => {
      const classLogits = traced['logits']!;
      const output = { classLogits, boxDeltas: ops.zeros([...shape.slice(0, 2), 16]) };
      const packed = traced as Parameters<typeof roiLosses>[2];
      const { classifier } = roiLosses(ops, output, packed, traced['isAnnotated']);
      return { classifier, gradient: gradients(ops, classifier, [classLogits])[0]! };
    });
    const { classifier, gradient } = await runToHost(await createReferenceBackend().compile(graph), {
      ...packTargets([targets], MICRO_CONFIG),
      logits,
      ...(isAnnotated && { isAnnotated: float32([1, 3], isAnnotated) }),
    });
    return { loss: classifier!.data[0], gradient: [...gradient!.data].map(Number) };
  }

  it('takes a box of no annotated region as background or any region that was not annotated', async () => {
    const { loss, gradient } = await classLoss(float32(shape, new Float32Array(24)), [0, 1, 0]);
    // Of four equal classes: three are possible for the first box, one for the second; the mean of both.
    expect(loss).toBeCloseTo((Math.log(4 / 3) + Math.log(4)) / 2, 6);
    const [background, positive] = [gradient.slice(0, 4), gradient.slice(4, 8)];
    // p - q over 2: q is shared by the three, so none of them gains on another.
    [-1 / 24, -1 / 24, 1 / 8, -1 / 24].forEach((value, k) => expect(background[k]).toBeCloseTo(value, 6));
    [1 / 8, 1 / 8, -3 / 8, 1 / 8].forEach((value, k) => expect(positive[k]).toBeCloseTo(value, 6));
    expect(gradient.slice(8).every((value) => value === 0)).toBe(true);
  });

  it('does not pull a box that looks like such a region towards background', async () => {
    const looks = new Float32Array(24);
    looks.set([1, 9, 5, 1]);
    const partial = await classLoss(float32(shape, looks), [0, 1, 1]);
    const whole = await classLoss(float32(shape, looks), [1, 1, 1]);
    expect(partial.gradient[0]).toBeGreaterThan(-0.001);
    expect(partial.gradient[1]).toBeLessThan(0);
    expect(whole.gradient[0]).toBeLessThan(-0.4);
    expect(whole.gradient[1]).toBeGreaterThan(0.4);
  });

  it('is bit for bit the plain one where every region was annotated', async () => {
    const logits = randomTensor(shape, 5);
    const { loss, gradient } = await classLoss(logits, [1, 1, 1]);
    const plain = await classLoss(logits);
    expect(loss).toBe(plain.loss);
    gradient.forEach((value, k) => expect(value).toBeCloseTo(plain.gradient[k]!, 6));
  });
});
