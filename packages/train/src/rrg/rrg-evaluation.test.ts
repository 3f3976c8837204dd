import { createOnnxBackend } from '@crrg/backend-onnx';
import { createRandom } from '@crrg/core';
import type { ProposalLimits } from '@crrg/detector';
import { initializeParameters, type Backend } from '@crrg/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { microConfig } from '../__fixtures__/micro-config.js';
import { microFilm } from '../__fixtures__/micro-training.js';
import { parseRrgConfig, rrgSpecs } from '@crrg/pipeline';
import { createStageEvaluation } from './rrg-evaluation.js';

let backend: Backend;
beforeAll(async () => (backend = await createOnnxBackend({ threads: 1 })));
afterAll(() => backend.dispose());

async function lossWith(limits: {
  readonly training?: ProposalLimits;
  readonly evaluation?: ProposalLimits;
}) {
  const micro = microConfig();
  const { detector } = micro;
  const config = parseRrgConfig({
    ...micro,
    detector: { ...detector, rpn: { ...detector.rpn, ...limits } },
  });
  const parameters = Object.fromEntries(initializeParameters(rrgSpecs(config), createRandom(1)));
  const valid = [0, 2, 4].map(microFilm);
  const evaluation = await createStageEvaluation({ backend, config, stage: 'detector', valid, batchSize: 2 });
  const run = () => evaluation.run({ parameters, random: createRandom(5) });
  const [first, second] = [await run(), await run()];
  evaluation.dispose();
  expect(second).toEqual(first);
  return first.loss;
}

describe('the validation of a stage', () => {
  it('proposes by the limits of evaluation, not those of training, and gives the same each time', async () => {
    const plain = await lossWith({});
    const few = { preNms: 20, postNms: 4 };
    expect(await lossWith({ training: few })).toBe(plain);
    expect(await lossWith({ evaluation: few })).not.toBe(plain);
  });
});
