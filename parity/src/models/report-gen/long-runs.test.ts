import { createOnnxBackend } from '@crrg/backend-onnx';
import { createTfjsBackend } from '@crrg/backend-tfjs';
import { createRandom } from '@crrg/core';
import { createReportGenerator, parseReportGenConfig, reportGenSpecs } from '@crrg/report-gen';
import { initializeParameters, type Backend } from '@crrg/tensor';
import { describe, expect, it, vi } from 'vitest';
import { numberTokenizer } from './number-tokenizer.js';
import { withRunLength } from './run-length.js';

const CONFIG = parseReportGenConfig({
  numLayers: 2,
  numHeads: 2,
  width: 16,
  ffnWidth: 32,
  vocabSize: 120,
  numPositions: 24,
  regionFeatureDim: 8,
  bosTokenId: 0,
  eosTokenId: 1,
  padTokenId: 0,
});

const WEIGHTS = initializeParameters(reportGenSpecs(CONFIG), createRandom(4));
const FEATURES = (() => {
  const random = createRandom(5);
  return Float32Array.from({ length: 6 * CONFIG.regionFeatureDim }, () => random.normal());
})();

const ENGINES: readonly (readonly [name: string, create: () => Promise<Backend>])[] = [
  ['onnx', () => createOnnxBackend({ threads: 1 })],
  ['tfjs-cpu', () => createTfjsBackend({ engine: 'cpu' })],
];

describe.each(ENGINES)('several tokens in one run on %s', (_, create) => {
  it('have the words and scores of single steps', async () => {
    const backend = await create();
    const compile = vi.spyOn(backend, 'compile');
    const search = async (isLong: boolean) => {
      const generator = await createReportGenerator({
        config: CONFIG,
        weights: WEIGHTS,
        tokenizer: numberTokenizer(CONFIG),
        backend: withRunLength(backend, isLong),
      });
      const found = await generator.search(FEATURES, { numBeams: 1 });
      generator.dispose();
      return found.map(([best]) => best!);
    };
    const [expected, found] = [await search(false), await search(true)];
    const names = compile.mock.calls.map(([, options]) => options!.name);
    expect(names.filter((name) => name === 'reportGen.greedySteps')).toHaveLength(1);
    expect(found.map(({ tokenIds }) => tokenIds)).toEqual(expected.map(({ tokenIds }) => tokenIds));
    // Sums of 16 to 32 float32 numbers, in another order.
    found.forEach(({ score }, row) => expect(Math.abs(score - expected[row]!.score)).toBeLessThan(1e-5));
    expect(backend.liveTensors()).toBe(0);
    backend.dispose();
  });
});
