import { describe, expect, it } from 'vitest';
import { createBeamSearch } from './beam-search.js';
import { decodeSequences, checkSearchOptions, type StepInput, type StepModel } from './decode.js';
import type { Candidates, Hypothesis, SearchOptions } from './search.js';

const EOS = 0;
const base: SearchOptions = {
  numBeams: 2,
  maxLength: 10,
  earlyStopping: true,
  numReturnSequences: 1,
  bosTokenId: 9,
  eosTokenId: EOS,
};

type Distribution = Readonly<Record<number, number>>;

/** A model whose next-token probabilities are looked up by the tokens so far; keeps the tokens of every live beam as a cache does. */
function scriptedModel(
  script: (text: string, sequence: number) => Distribution,
  calls: number[][] = [],
): StepModel {
  let live: { sequence: number; beams: number[][] }[] = [];
  return {
    step: async (inputs: readonly StepInput[]): Promise<Candidates[]> => {
      if (live.length === 0) live = inputs.map((_, sequence) => ({ sequence, beams: [[]] }));
      live = inputs.map(({ previousSequence, tokenIds, parents }) => ({
        sequence: live[previousSequence]!.sequence,
        beams: tokenIds.map((token, beam) => [...live[previousSequence]!.beams[parents[beam]!]!, token]),
      }));
      calls.push(live.map(({ sequence }) => sequence));
      return live.map(({ sequence, beams }) => ({
        beams: beams.map((tokens) => {
          const entries = Object.entries(script(tokens.slice(1).join(' '), sequence)).sort(
            (a, b) => b[1] - a[1],
          );
          return {
            tokenIds: entries.map(([token]) => Number(token)),
            logProbs: entries.map(([, probability]) => Math.log(probability)),
          };
        }),
      }));
    },
  };
}

/** The greedy path (1, then 1) ends with less probability than the path through 2. */
const garden = (text: string): Distribution =>
  ({
    '': { 1: 0.6, 2: 0.4, 3: 1e-9, 4: 1e-9 },
    '1': { [EOS]: 0.1, 1: 0.5, 2: 0.3, 3: 0.1 },
    '2': { [EOS]: 0.9, 1: 0.06, 2: 0.03, 3: 0.01 },
  })[text] ?? { [EOS]: 0.5, 1: 0.3, 2: 0.15, 3: 0.05 };

describe('greedy search', () => {
  it('follows the likeliest token and keeps the end of text', async () => {
    const [[best]] = (await decodeSequences(scriptedModel(garden), 1, { ...base, numBeams: 1 })) as [
      [Hypothesis],
    ];
    expect(best).toMatchObject({ tokenIds: [9, 1, 1, EOS], isComplete: true });
    expect(best.meanTokenLogProb).toBeCloseTo(Math.log(0.6 * 0.5 * 0.5) / 3, 6);
  });

  it('stops at the length limit, which counts the beginning of text', async () => {
    const [[best]] = (await decodeSequences(scriptedModel(garden), 1, {
      ...base,
      numBeams: 1,
      maxLength: 3,
    })) as [[Hypothesis]];
    expect(best).toMatchObject({ tokenIds: [9, 1, 1], isComplete: false });
    expect(best.score).toBeCloseTo(Math.log(0.6 * 0.5) / 3, 6);
    expect(best.meanTokenLogProb).toBeCloseTo(Math.log(0.6 * 0.5) / 2, 6);
  });
});

describe('beam search', () => {
  it('finds the text that greedy search misses, scored per token as computed by hand', async () => {
    const options = { ...base, numReturnSequences: 2 };
    const [found] = await decodeSequences(scriptedModel(garden), 1, options);
    // Step 2: 2 EOS (0.36, stored: ln 0.36 / 2), 1 1 (0.30), 1 2 (0.18). Step 3: 1 1 EOS (0.15), 1 1 1 (0.09), 1 2 EOS (0.09, rank 3: ignored).
    expect(found!.map(({ tokenIds }) => tokenIds)).toEqual([
      [9, 2, EOS],
      [9, 1, 1, EOS],
    ]);
    expect(found![0]!.score).toBeCloseTo(Math.log(0.36) / 2, 6);
    expect(found![1]!.score).toBeCloseTo(Math.log(0.15) / 3, 6);
    expect(found![0]!.meanTokenLogProb).toBeCloseTo(Math.log(0.36) / 2, 6);
  });

  it('ignores an end of text that is ranked below the number of beams', async () => {
    const script = (text: string): Distribution =>
      text === '' ? { 1: 0.5, 2: 0.3, [EOS]: 0.15, 3: 0.05 } : { [EOS]: 0.9, 1: 0.06, 2: 0.03, 3: 0.01 };
    const [found] = await decodeSequences(scriptedModel(script), 1, { ...base, numReturnSequences: 2 });
    expect(found!.map(({ tokenIds }) => tokenIds)).toEqual([
      [9, 1, EOS],
      [9, 2, EOS],
    ]);
  });

  it('adds the live beams of a sequence that the length limit cuts, without an end of text', async () => {
    const script = (): Distribution => ({ 1: 0.5, 2: 0.3, 3: 0.15, 4: 0.05 });
    const options = { ...base, maxLength: 3, numReturnSequences: 2 };
    const [found] = await decodeSequences(scriptedModel(script), 1, options);
    expect(found!.map(({ tokenIds, isComplete }) => [tokenIds, isComplete])).toEqual([
      [[9, 1, 1], false],
      [[9, 1, 2], false],
    ]);
    expect(found![0]!.score).toBeCloseTo(Math.log(0.25) / 3, 6);
    expect(found![0]!.meanTokenLogProb).toBeCloseTo(Math.log(0.25) / 2, 6);
  });

  it('prefers the hypothesis stored last where scores are equal', async () => {
    const script = (text: string): Distribution =>
      text === '' ? { 1: 0.4, 2: 0.4, 3: 0.1, 4: 0.1 } : { [EOS]: 0.7, 1: 0.1, 2: 0.1, 3: 0.1 };
    const [[best]] = (await decodeSequences(scriptedModel(script), 1, base)) as [[Hypothesis]];
    expect(best.tokenIds).toEqual([9, 2, EOS]);
  });

  it('goes on without early stopping while a live beam could still win', async () => {
    const script = (text: string): Distribution => {
      if (text === '') return { 1: 0.5, [EOS]: 0.2, 2: 0.2, 3: 0.1 };
      if (text === '1') return { [EOS]: 0.55, 3: 0.4, 4: 0.03, 2: 0.02 };
      return { 4: 0.98, [EOS]: 0.01, 2: 0.005, 1: 0.005 };
    };
    const early = await decodeSequences(scriptedModel(script), 1, { ...base, maxLength: 5 });
    const late = await decodeSequences(scriptedModel(script), 1, {
      ...base,
      maxLength: 5,
      earlyStopping: false,
    });
    expect(early[0]![0]!.tokenIds).toEqual([9, 1, EOS]);
    expect(late[0]![0]!.tokenIds).toEqual([9, 1, 3, 4, 4]);
  });
});

/** Runs a search over steps that are given whole: per live beam, log-probabilities by token. */
function runSteps(options: SearchOptions, steps: readonly (readonly Record<number, number>[])[]) {
  const search = createBeamSearch(options);
  const continuations = steps.map((beams) =>
    search.advance({
      beams: beams.map((step) => ({
        tokenIds: Object.keys(step).map(Number),
        logProbs: Object.values(step),
      })),
    }),
  );
  return { continuations, texts: search.hypotheses().map(({ tokenIds }) => tokenIds.slice(1)) };
}

describe('beam search at its limits', () => {
  it('ends, without early stopping, where the best live beam can only draw level, and a text as good as the worst is not stored', () => {
    const { continuations, texts } = runSteps({ ...base, earlyStopping: false, numReturnSequences: 2 }, [
      [{ 1: -0.5, [EOS]: -1, 2: -1.25, 3: -3 }],
      [
        { 4: -0.125, [EOS]: -1.5 },
        { 5: -1, 6: -2 },
      ],
      [
        { 7: -2.375, [EOS]: -2.375 },
        { 8: -1, 3: -2 },
      ],
    ]);
    // Scores: EOS -1 / 1, 1 EOS -2 / 2, and 1 4 EOS -3 / 3, as good as both and too late.
    expect(continuations.map((step) => step?.tokenIds)).toEqual([[1, 2], [4, 5], undefined]);
    expect(texts).toEqual([[1, EOS], [EOS]]);
  });

  it('drops, of equally bad texts, the one stored first', () => {
    const { texts } = runSteps({ ...base, numBeams: 3, numReturnSequences: 3 }, [
      [{ 1: -0.25, [EOS]: -1, 2: -1.125, 3: -1.25, 4: -5, 5: -6 }],
      [
        { 4: -0.25, [EOS]: -1.75 },
        { 5: -0.5, 7: -4 },
        { 6: -1, 7: -4 },
      ],
      [
        { [EOS]: -0.25, 7: -8 },
        { [EOS]: -0.25, 7: -8 },
        { 7: -0.25, 8: -8 },
      ],
    ]);
    // Scores: EOS -1, 1 EOS -1, 1 4 EOS -0.25; 2 5 EOS -0.625 needs room.
    expect(texts).toEqual([
      [1, 4, EOS],
      [2, 5, EOS],
      [1, EOS],
    ]);
  });

  it('ignores an end of text below the number of beams also where one above it left room', () => {
    const { texts } = runSteps({ ...base, maxLength: 3, numReturnSequences: 2 }, [
      [{ 1: -0.5, 2: -0.75, 3: -4, 4: -5 }],
      [
        { [EOS]: -0.125, 3: -0.25 },
        { [EOS]: -0.125, 4: -1 },
      ],
    ]);
    expect(texts).toEqual([
      [1, 3],
      [1, EOS],
    ]);
  });

  it('adds log-probabilities in float32, where nearly equal sums are equal and keep their order', () => {
    const { continuations } = runSteps(base, [[{ 5: -1 - 1e-9, 6: -1, 7: -2, 8: -3 }]]);
    expect(continuations[0]!.tokenIds).toEqual([5, 6]);
  });

  it('ends where a model offers nothing but the end of text', () => {
    expect(runSteps(base, [[{ [EOS]: -1 }]])).toEqual({ continuations: [undefined], texts: [[EOS]] });
  });
});

describe('decoding side by side', () => {
  const lengths = (text: string, sequence: number): Distribution =>
    text.length >= 2 * sequence
      ? { [EOS]: 0.97, 1: 0.01, 2: 0.01, 3: 0.01 }
      : { 1: 0.7, 2: 0.2, 3: 0.06, [EOS]: 0.04 };

  it('drops finished sequences from the batch and changes no result', async () => {
    const calls: number[][] = [];
    const together = await decodeSequences(scriptedModel(lengths, calls), 3, base);
    expect(calls.at(0)).toEqual([0, 1, 2]);
    expect(calls.at(-1)!.length).toBeLessThan(3);
    const third = await decodeSequences(
      scriptedModel((text) => lengths(text, 2)),
      1,
      base,
    );
    expect(together[2]).toEqual(third[0]);
  });

  it('tells of each sequence once, in the step in which it is done, what it gives at the end', async () => {
    const lengths = [3, 1, 2];
    const script = (text: string, sequence: number): Distribution =>
      text.split(' ').filter(Boolean).length >= lengths[sequence]!
        ? { [EOS]: 0.9, 1: 0.05, 2: 0.03, 3: 0.02 }
        : { 1: 0.6, 2: 0.3, 3: 0.09, [EOS]: 0.01 };
    for (const numBeams of [1, 2]) {
      const [calls, told]: [number[][], [sequence: number, step: number, texts: unknown][]] = [[], []];
      const found = await decodeSequences(scriptedModel(script, calls), 3, {
        ...base,
        numBeams,
        onDone: (sequence, texts) => told.push([sequence, calls.length, texts]),
      });
      expect(told.map(([sequence, , texts]) => [sequence, texts])).toEqual(
        [1, 2, 0].map((sequence) => [sequence, found[sequence]]),
      );
      expect(told.map(([, step]) => step)).toEqual([2, 3, 4]);
    }
  });

  it('stops at a token boundary when aborted, with the reason given', async () => {
    const controller = new AbortController();
    const steps: number[] = [];
    const run = decodeSequences(scriptedModel(garden), 1, {
      ...base,
      signal: controller.signal,
      onProgress: (event) => {
        if (event.type === 'token') steps.push(event.step);
        controller.abort(new Error('enough'));
      },
    });
    await expect(run).rejects.toThrow('enough');
    expect(steps).toEqual([1]);
  });

  it('gives no more texts than beams', () => {
    const check = (numReturnSequences: number) => () =>
      checkSearchOptions('x', { ...base, numReturnSequences }, { maxBeams: 4, maxLength: 20 });
    expect(check(2)).not.toThrow();
    expect(check(3)).toThrow('numReturnSequences must be an integer in [1, 2], got 3');
  });

  it('names every bad option', () => {
    const check = () =>
      checkSearchOptions(
        'x',
        { ...base, numBeams: 9, maxLength: 1, numReturnSequences: 0 },
        { maxBeams: 4, maxLength: 20 },
      );
    expect(check).toThrow(/x: numBeams .* got 9; maxLength .* got 1; numReturnSequences .* got 0; correct/);
  });
});
