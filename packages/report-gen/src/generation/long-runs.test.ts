import type { Backend, Executable } from '@crrg/tensor';
import { createReferenceBackend } from '@crrg/tensor/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FEATURES, MANY, config, tokenizer, weights } from '../__fixtures__/small-generator.js';
import { decodeSequences, type StepModel } from '../search/decode.js';
import type { Hypothesis } from '../search/search.js';
import { startCachedModel, type GenerationGraphs } from './cached-model.js';
import { createReportGenerator, type ReportGenerator } from './generator.js';
import { TOKENS_PER_RUN } from './graphs.js';

const reference = createReferenceBackend();

/** What ran, by the name of the graph, with the position of the first token that it was fed. */
const runs: [name: string, position: number][] = [];
const compiled: Record<string, Executable> = {};

const backend: Backend = {
  ...reference,
  prefersLongRuns: true,
  compile: async (graph, options) => {
    const executable = await reference.compile(graph, options);
    const name = options!.name!.replace('reportGen.', '');
    const run: Executable['run'] = (inputs, given) => {
      const position = inputs['positionId'];
      if (position && 'data' in position) runs.push([name, position.data[0]!]);
      return executable.run(inputs, given);
    };
    return (compiled[name] = { ...executable, run });
  },
};

/** Sums of a few float32 numbers each, in another order. */
const TOLERANCE = 1e-5;

const lengthsOf = (texts: readonly Hypothesis[][]) => texts.map(([best]) => best!.tokenIds.length);

function expectSameTexts(found: readonly Hypothesis[][], expected: readonly Hypothesis[][]): void {
  const words = (texts: readonly Hypothesis[][]) => texts.map(([best]) => best!.tokenIds);
  expect(words(found)).toEqual(words(expected));
  found.forEach(([best], row) =>
    expect(Math.abs(best!.meanTokenLogProb - expected[row]![0]!.meanTokenLogProb)).toBeLessThan(TOLERANCE),
  );
}

describe('greedy search where the backend prefers long runs', () => {
  let plain: ReportGenerator;
  let generator: ReportGenerator;

  beforeAll(async () => {
    plain = await createReportGenerator({ config, weights, tokenizer, backend: reference });
    generator = await createReportGenerator({ config, weights, tokenizer, backend });
  });
  afterAll(() => {
    plain.dispose();
    generator.dispose();
  });

  const settings = (maxLength: number) => ({ numBeams: 1, maxLength });
  const searchCounted = async (features: Float32Array, maxLength: number) => {
    runs.length = 0;
    return generator.search(features, settings(maxLength));
  };

  it('gives the words and scores of single steps, of texts that end at many lengths', async () => {
    for (const maxLength of [20, 40]) {
      const expected = await plain.search(MANY, settings(maxLength));
      expectSameTexts(await searchCounted(MANY, maxLength), expected);
      if (maxLength === 40) expect(new Set(lengthsOf(expected))).toEqual(new Set([3, 4, 24, 40]));
    }
  });

  it('computes several tokens a run, and one by one where the length limit leaves fewer than four', async () => {
    const [best] = await searchCounted(MANY, 20);
    expect(best).toBeDefined();
    expect(runs).toEqual([
      ['greedySteps', 0],
      ['greedySteps', TOKENS_PER_RUN],
      ['decodeStep', 16],
      ['decodeStep', 17],
      ['decodeStep', 18],
    ]);
    await searchCounted(MANY, 21);
    expect(runs.map(([name]) => name)).toEqual(['greedySteps', 'greedySteps', 'greedySteps']);
    await searchCounted(FEATURES, 4);
    expect(new Set(runs.map(([name]) => name))).toEqual(new Set(['decodeStep']));
    await searchCounted(FEATURES, 5);
    expect(runs).toEqual([['greedySteps', 0]]);
  });

  it('runs no further where all texts have ended', async () => {
    const row = lengthsOf(await plain.search(MANY, settings(40))).indexOf(4);
    await searchCounted(MANY.subarray(6 * row, 6 * row + 6), 40);
    expect(runs).toEqual([['greedySteps', 0]]);
  });

  it('does not run ahead of several beams, which follow other tokens', async () => {
    runs.length = 0;
    const found = await generator.search(FEATURES, { numBeams: 4, maxLength: 12 });
    expect(new Set(runs.map(([name]) => name))).toEqual(new Set(['decodeStep']));
    expect(found).toEqual(await plain.search(FEATURES, { numBeams: 4, maxLength: 12 }));
  });

  it('hears an abort between two runs, and keeps no device values', async () => {
    const before = reference.liveTensors();
    const controller = new AbortController();
    runs.length = 0;
    const aborted = generator.search(MANY, {
      ...settings(40),
      signal: controller.signal,
      onProgress: (event) => {
        if (event.type === 'token' && event.step === 3) controller.abort();
      },
    });
    await expect(aborted).rejects.toThrow();
    expect(runs).toHaveLength(1);
    expect(reference.liveTensors()).toBe(before);
  });

  it('is not compiled where the backend does not', async () => {
    const names: string[] = [];
    const watching: Backend = {
      ...backend,
      prefersLongRuns: false,
      compile: (graph, options) => {
        names.push(options!.name!);
        return reference.compile(graph, options);
      },
    };
    (await createReportGenerator({ config, weights, tokenizer, backend: watching })).dispose();
    expect(names).toHaveLength(4);
    expect(names).not.toContain('reportGen.greedySteps');
  });
});

describe('a model that ran ahead', () => {
  const rows = MANY.length / config.regionFeatureDim;
  const start = async (greedyTokens: number): Promise<StepModel> =>
    startCachedModel(compiled as unknown as GenerationGraphs, config, MANY, { backend, greedyTokens });

  beforeAll(async () => {
    await createReportGenerator({ config, weights, tokenizer, backend });
  });

  /** The same model, whose likeliest token is taken away from some rows in some steps. */
  const forbidding = (model: StepModel): StepModel => {
    let [step, live] = [0, Array.from({ length: rows }, (_, row) => row)];
    return {
      step: async (sequences) => {
        live = sequences.map(({ previousSequence }) => live[previousSequence]!);
        const candidates = await model.step(sequences);
        step += 1;
        return candidates.map(({ beams: [beam] }, index) => {
          const first = (step + live[index]!) % 7 === 0 ? 1 : 0;
          const { tokenIds, logProbs } = beam!;
          return {
            beams: [
              { tokenIds: Array.from(tokenIds).slice(first), logProbs: Array.from(logProbs).slice(first) },
            ],
          };
        });
      },
    };
  };
  const search = async (greedyTokens: number) => {
    runs.length = 0;
    const options = { numBeams: 1, maxLength: 40, earlyStopping: true, numReturnSequences: 1 };
    const { bosTokenId, eosTokenId } = config;
    return decodeSequences(forbidding(await start(greedyTokens)), rows, {
      ...options,
      bosTokenId,
      eosTokenId,
    });
  };

  it('goes on from where another token than the likeliest was taken', async () => {
    const expected = await search(0);
    expect(runs.map(([, position]) => position)).toEqual([...runs.keys()]);
    expectSameTexts(await search(39), expected);
    const positions = runs.map(([, position]) => position);
    expect(new Set(positions).size).toBe(positions.length);
    // Some are dropped early, and where one row is left several tokens are used.
    expect(positions.length).toBeGreaterThan(39 / TOKENS_PER_RUN);
    expect(positions.length).toBeLessThan(39);
  });

  it('runs no further than there are positions', async () => {
    const model = await start(config.numPositions - 1);
    runs.length = 0;
    // Another token than the likeliest each time.
    let tokenIds = Array.from({ length: rows }, () => config.bosTokenId);
    for (let position = 0; position < 34; position++) {
      const found = await model.step(
        tokenIds.map((tokenId, row) => ({ previousSequence: row, parents: [0], tokenIds: [tokenId] })),
      );
      tokenIds = found.map(({ beams: [beam] }) => beam!.tokenIds[1]!);
    }
    expect(runs.slice(-2)).toEqual([
      ['greedySteps', 32],
      ['decodeStep', 33],
    ]);
  });

  it('serves one step after the other from a run', async () => {
    const model = await start(39);
    const fed = (tokenId: number, previousSequence: number) => ({
      previousSequence,
      parents: [0],
      tokenIds: [tokenId],
    });
    runs.length = 0;
    const first = await model.step(Array.from({ length: rows }, (_, row) => fed(config.bosTokenId, row)));
    const next = first.map(({ beams: [beam] }) => beam!.tokenIds);
    // Two of the rows go on, in another order.
    await model.step([fed(next[5]![0]!, 5), fed(next[2]![0]!, 2)]);
    expect(runs).toEqual([['greedySteps', 0]]);
    // What the others would have been fed does not matter; another token for one of these does.
    const single = await start(0);
    await single.step(Array.from({ length: rows }, (_, row) => fed(config.bosTokenId, row)));
    await single.step([fed(next[5]![0]!, 5), fed(next[2]![0]!, 2)]);
    const [ahead, alone] = [
      await model.step([fed(next[5]![1]!, 0), fed(next[2]![0]!, 1)]),
      await single.step([fed(next[5]![1]!, 0), fed(next[2]![0]!, 1)]),
    ];
    expect(runs.filter(([name]) => name === 'greedySteps').map(([, position]) => position)).toEqual([0, 2]);
    ahead.forEach(({ beams: [beam] }, index) => {
      const { tokenIds, logProbs } = alone[index]!.beams[0]!;
      expect(beam!.tokenIds).toEqual(tokenIds);
      for (const [i, logProb] of Array.from(beam!.logProbs).entries())
        expect(Math.abs(logProb - logProbs[i]!)).toBeLessThan(TOLERANCE);
    });
  });
});
