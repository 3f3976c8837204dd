import { createRandom } from '@crrg/core';
import { countParameters, float32, gradients, initializeParameters, runToHost, trace } from '@crrg/tensor';
import { createReferenceBackend } from '@crrg/tensor/testing';
import { describe, expect, it } from 'vitest';
import { DEFAULT_REGION_SELECTOR_CONFIG, parseRegionSelectorConfig } from './config.js';
import { decideRegions, toProbabilities } from './decision.js';
import { classifierLoss } from './losses.js';
import { createRegionSelector } from './region-selector.js';
import { regionSelectorSpecs } from './specs.js';

/** Identity layers: the logit of a region is the sum of its positive features. */
const config = parseRegionSelectorConfig({ inputDim: 2, hidden: [2, 2] });
const identity = float32([2, 2], [1, 0, 0, 1]);
const zero = float32([2], [0, 0]);
const classifier = (name: string, bias: number) =>
  [
    [`${name}.fc1.weight`, identity],
    [`${name}.fc1.bias`, zero],
    [`${name}.fc2.weight`, identity],
    [`${name}.fc2.bias`, zero],
    [`${name}.fc3.weight`, float32([1, 2], [1, 1])],
    [`${name}.fc3.bias`, float32([1], [bias])],
  ] as const;
const weights = new Map([...classifier('selection', -2), ...classifier('abnormality', -4)]);

describe('the configuration of the region selector', () => {
  it.each(['constructor', 'toString', 'hasOwnProperty', '__proto__'])(
    'has no field "%s" although every object inherits one',
    (field) => {
      const json: unknown = JSON.parse(`{"inputDim": 2, "hidden": [2, 2], "${field}": 1}`);
      expect(() => parseRegionSelectorConfig(json)).toThrow(`${field} is not a field`);
    },
  );

  it('names every bad and unknown field in one error, null among them', () => {
    const json = { inputDim: 0, hidden: [2], abnormalityPosWeight: 0, thresholdLogit: null, depth: 3 };
    expect(() => parseRegionSelectorConfig(json)).toThrow(
      'region-selector.parseRegionSelectorConfig: depth is not a field; inputDim must be a positive integer, got 0; hidden must be two positive integers, got [2]; abnormalityPosWeight must be a positive number, got 0; thresholdLogit must be a number, got null; correct these fields.',
    );
    expect(() => parseRegionSelectorConfig(null)).toThrow('must be an object, got null');
    expect(parseRegionSelectorConfig(undefined)).toEqual(DEFAULT_REGION_SELECTOR_CONFIG);
  });
});

describe('the region selector', () => {
  it('takes from the reference code a threshold of -1 and positive weights of 2.2 and 6', () => {
    const { thresholdLogit, selectionPosWeight, abnormalityPosWeight } = DEFAULT_REGION_SELECTOR_CONFIG;
    expect([thresholdLogit, selectionPosWeight, abnormalityPosWeight]).toEqual([-1, 2.2, 6]);
  });

  it('decides by the threshold of its configuration', async () => {
    const select = async (thresholdLogit: number) => {
      const backend = createReferenceBackend();
      const selector = await createRegionSelector({
        config: { ...config, thresholdLogit },
        weights,
        backend,
      });
      return selector.select(Float32Array.of(1.5, 0, 3.5, 0), Uint8Array.of(1, 1));
    };
    expect(await select(-1)).toMatchObject({
      isSelected: Uint8Array.of(1, 1),
      isAbnormal: Uint8Array.of(0, 1),
    });
    expect(await select(0)).toMatchObject({
      isSelected: Uint8Array.of(0, 1),
      isAbnormal: Uint8Array.of(0, 0),
    });
    expect(() => decideRegions(Float32Array.of(1, 2), 0, Uint8Array.of(1))).toThrow('must have 2 entries');
  });

  it('has probabilities that grow with the logits', () => {
    const [half, high] = toProbabilities(Float32Array.of(0, 2));
    expect([half, high]).toEqual([0.5, expect.closeTo(1 / (1 + Math.exp(-2)), 6)]);
  });

  it('has the published number of parameters in each classifier', () => {
    expect(countParameters(regionSelectorSpecs(DEFAULT_REGION_SELECTOR_CONFIG))).toBe(2 * 590_593);
  });

  it('selects detected regions above the threshold, with two separate classifiers', async () => {
    const backend = createReferenceBackend();
    const selector = await createRegionSelector({ config, weights, backend });
    const features = Float32Array.of(1, 2, 0.5, -5, 3, 3, 4, 4);
    const result = await selector.select(features, Uint8Array.of(1, 1, 1, 0));
    expect([...result.selectionLogits]).toEqual([1, -1.5, 4, 6]);
    expect([...result.abnormalityLogits]).toEqual([-1, -3.5, 2, 4]);
    expect([...result.isSelected]).toEqual([1, 0, 1, 0]);
    expect([...result.isAbnormal]).toEqual([0, 0, 1, 1]);
    expect(backend.liveTensors()).toBe(0);
    await expect(selector.select(features, Uint8Array.of(1))).rejects.toThrow(
      /expected 2 features for 1 regions/,
    );
    selector.dispose();
  });

  it('refuses weights of another configuration', async () => {
    const backend = createReferenceBackend();
    const wide = initializeParameters(regionSelectorSpecs(DEFAULT_REGION_SELECTOR_CONFIG), createRandom(1));
    const create = createRegionSelector({ config, weights: wide, backend });
    await expect(create).rejects.toThrow(/createRegionSelector: .* keys do not fit/);
  });
});

describe('the loss of a classifier', () => {
  const graph = trace(
    { inputs: { logits: { shape: [1, 3] }, targets: { shape: [1, 3] }, isDetected: { shape: [1, 3] } } },
    (ops, { inputs }) => {
      const [logits, targets, isDetected] = [inputs['logits']!, inputs['targets']!, inputs['isDetected']!];
      const loss = classifierLoss(ops, logits, { targets, isDetected, posWeight: 2.2 });
      return { loss, gradient: gradients(ops, loss, [logits])[0]! };
    },
  );
  const evaluate = async (isDetected: number[]) => {
    const executable = await createReferenceBackend().compile(graph);
    return runToHost(executable, {
      logits: float32([1, 3], [0.5, -1.5, 2]),
      targets: float32([1, 3], [1, 0, 0]),
      isDetected: float32([1, 3], isDetected),
    });
  };

  it('weights the positive term and averages over detected regions', async () => {
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
    const { loss, gradient } = await evaluate([1, 1, 0]);
    const expected = (-2.2 * Math.log(sigmoid(0.5)) - Math.log(1 - sigmoid(-1.5))) / 2;
    expect(loss!.data[0]).toBeCloseTo(expected, 6);
    expect(gradient!.data[0]).toBeCloseTo((2.2 * (sigmoid(0.5) - 1)) / 2, 6);
    expect(gradient!.data[1]).toBeCloseTo(sigmoid(-1.5) / 2, 6);
    expect(gradient!.data[2]).toBeCloseTo(0, 12);
  });

  it('is 0 with zero gradient where nothing is detected', async () => {
    const { loss, gradient } = await evaluate([0, 0, 0]);
    expect(loss!.data[0]).toBe(0);
    expect([...gradient!.data].every((value) => value === 0 || Object.is(value, -0))).toBe(true);
  });
});
