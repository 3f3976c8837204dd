import { createOnnxBackend } from '@crrg/backend-onnx';
import { createRandom } from '@crrg/core';
import { greyImage } from '@crrg/image';
import type { Backend, StateDict } from '@crrg/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { microModel } from './__fixtures__/micro-model.js';
import { microRclip } from './__fixtures__/micro-rclip.js';
import { classifyRadiograph, describeRegion, generateReport } from './node.js';

const random = createRandom(1);
const IMAGE = greyImage(
  200,
  150,
  Uint8Array.from({ length: 30_000 }, () => random.integer(256)),
);
const BOX = { box: { x1: 20, y1: 20, x2: 90, y2: 90 } };
const FAST = { numBeams: 1, maxLength: 4 };

/** The model with one value of one tensor made NaN, the last one: as one flipped bit would. */
function damaged<M extends { readonly weights: StateDict }>(model: M, name: string): M {
  const { data } = model.weights.get(name)!;
  data[data.length - 1] = NaN;
  return model;
}

let backend: Backend;
beforeAll(async () => {
  backend = await createOnnxBackend({ threads: 1 });
});
afterAll(() => backend.dispose());

const refusal = (part: string) => ({
  code: 'BACKEND',
  message: expect.stringMatching(new RegExp(`expected finite ${part}, got NaN; check the weights`)) as string,
});

describe('a score that is not a number', () => {
  it.each([
    ['detector.backbone.conv1.weight', 'objectness of the detector'],
    ['detector.rpn.objectness.weight', 'objectness of the detector'],
    ['detector.rpn.boxDeltas.bias', 'offsets of the detector’s proposals'],
    ['detector.boxPredictor.classLogits.bias', 'region scores of the detector'],
    ['detector.boxHead.fc7.weight', 'region scores of the detector'],
    ['detector.boxPredictor.boxDeltas.bias', 'box offsets of the detector'],
    ['detector.regionProjection.bias', 'region features of the detector'],
    ['regionSelector.selection.fc3.bias', 'selection logits of the region selector'],
    ['regionSelector.abnormality.fc1.weight', 'abnormality logits of the region selector'],
    ['reportGen.finalNorm.bias', 'word probabilities of the sentence generator'],
  ])('%s: no region is "not found", "not selected" or "not abnormal" for it', async (name, part) => {
    const model = damaged(microModel(), name);
    await expect(generateReport(IMAGE, { model, backend, ...FAST })).rejects.toMatchObject(refusal(part));
  });

  it.each([
    ['detector.regionProjection.bias', 'region features of the detector'],
    ['regionSelector.selection.fc3.bias', 'selection logits of the region selector'],
    ['regionSelector.abnormality.fc3.bias', 'abnormality logits of the region selector'],
    ['reportGen.finalNorm.bias', 'word probabilities of the sentence generator'],
  ])('%s: a box is not described', async (name, part) => {
    const model = damaged(microModel(), name);
    await expect(describeRegion(IMAGE, BOX, { model, backend, ...FAST })).rejects.toMatchObject(
      refusal(part),
    );
  });

  it('names the label that has no probability, alone and in a report', async () => {
    const classifier = damaged(microRclip(), 'probe.bias');
    const expected = {
      code: 'BACKEND',
      message: expect.stringContaining('finite logit for Effusion') as string,
    };
    await expect(classifyRadiograph(IMAGE, { classifier, backend })).rejects.toMatchObject(expected);
    const report = generateReport(IMAGE, {
      model: microModel(),
      classifier,
      backend,
      classify: true,
      ...FAST,
    });
    await expect(report).rejects.toMatchObject(expected);
  });
});
