import { createOnnxBackend } from '@crrg/backend-onnx';
import { createRandom } from '@crrg/core';
import { lowestIndexSampler } from '@crrg/detector';
import { initializeParameters, runToHost, trace, type Backend, type HostTensor } from '@crrg/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { microConfig } from '../__fixtures__/micro-config.js';
import { microFilm } from '../__fixtures__/micro-training.js';
import { parseRrgConfig, rrgSpecs, type RrgConfig } from '@crrg/pipeline';
import { createProposalPass } from './proposal-pass.js';
import { packRrgBatch, rrgBatchInputs, type RrgSample } from './rrg-batch.js';
import { rrgLosses } from './rrg-losses.js';

const samples = [0, 4].map((shift) => microFilm(shift)(createRandom(1)) as RrgSample);
const withSelector = (fields: Partial<RrgConfig['regionSelector']>) => {
  const config = microConfig();
  return parseRrgConfig({ ...config, regionSelector: { ...config.regionSelector, ...fields } });
};

let backend: Backend;
beforeAll(async () => (backend = await createOnnxBackend({ threads: 1 })));
afterAll(() => backend.dispose());

/** The classifiers' and the text's losses of the two films, and what the classifiers said. */
async function lossesOf(config: RrgConfig, training: boolean) {
  const weights = initializeParameters(rrgSpecs(config), createRandom(1));
  const pass = await createProposalPass({ backend, config, batch: 2, training });
  const targets = await pass.targets(samples, Object.fromEntries(weights), lowestIndexSampler);
  pass.dispose();
  const inputs = packRrgBatch(samples, targets, config, { stage: 'full', training });
  const signature = { inputs: rrgBatchInputs(config, 'full', 2), parameters: rrgSpecs(config) };
  const graph = trace(signature, (ops, scope) => {
    const found = rrgLosses(ops, scope.parameters, scope.inputs, config, { stage: 'full', training });
    const { isDetected, selectionLogits, abnormalityLogits } = found.regions!;
    return {
      selection: found.selection!,
      abnormality: found.abnormality!,
      text: found.languageModel!,
      isDetected,
      selectionLogits,
      abnormalityLogits,
    };
  });
  const executable = await backend.compile(graph, { weights });
  const outputs = await runToHost(executable, inputs);
  executable.dispose();
  const list = (name: string) => [...outputs[name]!.data].map(Number);
  return { list, one: (name: string) => list(name)[0]!, inputs };
}

/** Mean of `-(w y log(sigmoid x) + (1 - y) log(1 - sigmoid x))` over the detected regions. */
function crossEntropy(
  logits: readonly number[],
  targets: HostTensor,
  isDetected: readonly number[],
  weight: number,
) {
  const kept = logits.flatMap((x, index) =>
    isDetected[index] === 1
      ? [targets.data[index] ? weight * Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x))]
      : [],
  );
  return kept.reduce((sum, value) => sum + value, 0) / kept.length;
}

describe('the losses of the classifiers', () => {
  it('are cross-entropies over the detected regions, each with its targets and its weight of positives', async () => {
    const config = withSelector({ selectionPosWeight: 3, abnormalityPosWeight: 7 });
    const { list, one, inputs } = await lossesOf(config, true);
    const isDetected = list('isDetected');
    expect(new Set(isDetected)).toEqual(new Set([0, 1]));
    const expected = (name: 'selection' | 'abnormality', targets: HostTensor, weight: number) =>
      crossEntropy(list(`${name}Logits`), targets, isDetected, weight);
    expect(one('selection')).toBeCloseTo(expected('selection', inputs['hasPhrase']!, 3), 4);
    expect(one('abnormality')).toBeCloseTo(expected('abnormality', inputs['isAbnormal']!, 7), 4);
    expect(one('selection')).not.toBeCloseTo(expected('selection', inputs['isAbnormal']!, 3), 4);
  });
});

describe('the loss of the text', () => {
  const textOf = async (thresholdLogit: number, training: boolean) =>
    (await lossesOf(withSelector({ thresholdLogit }), training)).one('text');

  it('is of detected regions in training, whatever is selected', async () => {
    const all = await textOf(-100, true);
    expect(all).toBeGreaterThan(0);
    expect(await textOf(100, true)).toBe(all);
  });

  it('is of selected regions in validation: detected, and above the threshold of the model', async () => {
    const { list } = await lossesOf(withSelector({}), false);
    const detected = list('selectionLogits').filter((_, index) => list('isDetected')[index] === 1);
    const between = [...detected].sort((a, b) => a - b)[Math.floor(detected.length / 2)]! - 1e-6;
    const [all, some, none] = [
      await textOf(-100, false),
      await textOf(between, false),
      await textOf(100, false),
    ];
    expect(none).toBe(0);
    expect(all).toBeGreaterThan(0);
    expect(some).toBeGreaterThan(0);
    expect(some).not.toBe(all);
  });
});
