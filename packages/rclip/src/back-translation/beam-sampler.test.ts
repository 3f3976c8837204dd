import { describe, expect, it } from 'vitest';
import { createBeamSampler, type BeamSamplerOptions } from './beam-sampler.js';

const [PAD, END, A, B, START] = [0, 1, 2, 3, 4];
const V = 5;
const OPTIONS: BeamSamplerOptions = {
  ...{ seed: 1, numBeams: 2, temperature: 1, topK: 50, maxTokens: 10 },
  ...{ startId: START, endId: END, padId: PAD },
};
/** The same logits for every beam. */
const logits = (beams: number, row: readonly number[]) =>
  Float32Array.from({ length: beams * V }, (_, at) => row[at % V]!);
const SURE = 40;

describe('sampling with beams', () => {
  it('follows what is nearly sure to its end', () => {
    const search = createBeamSampler({ ...OPTIONS, topK: 1 });
    expect(search.first).toEqual([START, START]);
    const { tokenIds, parents } = search.advance(logits(2, [SURE, 0, SURE, 0, 0]), V)!;
    expect([tokenIds, [...parents].sort()]).toEqual([
      [A, A],
      [0, 1],
    ]);
    expect(search.advance(logits(2, [0, SURE, 0, 0, 0]), V)).toBeUndefined();
    expect(search.best()).toMatchObject({ tokenIds: [A], isComplete: true });
  });

  it('draws by the softmax of logits over the temperature, never the padding', () => {
    const share = (temperature: number) => {
      let found = 0;
      for (let seed = 0; seed < 2000; seed++) {
        const search = createBeamSampler({ ...OPTIONS, seed, numBeams: 1, temperature });
        // Of two candidates that are drawn, the better one goes on: both A and B are drawn unless END is.
        const step = search.advance(logits(1, [SURE, -SURE, Math.log(3), 0, -SURE]), V);
        expect([A, B]).toContain(step!.tokenIds[0]);
        if (step!.tokenIds[0] === A) found += 1;
      }
      return found / 2000;
    };
    expect(share(1)).toBe(1);
    const first = new Map<number, number>();
    for (let seed = 0; seed < 4000; seed++) {
      const search = createBeamSampler({ ...OPTIONS, seed, numBeams: 1, topK: 3 });
      // Two of A, B and START are drawn without repeats: START is missing from the draw in 1 of
      // P(A, B) + P(B, A) = 6/10 * 3/4 + 3/10 * 6/7 cases.
      const step = search.advance(logits(1, [0, -SURE, Math.log(6), Math.log(3), 0]), V)!;
      first.set(step.tokenIds[0]!, (first.get(step.tokenIds[0]!) ?? 0) + 1);
    }
    // A is drawn in both places unless the two draws are B and START.
    const withoutA = (3 / 10) * (1 / 7) + (1 / 10) * (3 / 9);
    expect(first.get(B)! / 4000).toBeCloseTo(withoutA, 1);
    expect(first.get(A)! / 4000).toBeCloseTo(1 - withoutA, 1);
  });

  it('divides the score of a beam by the temperature anew at each step, as the reference', () => {
    const search = createBeamSampler({ ...OPTIONS, numBeams: 1, temperature: 2, topK: 1, maxTokens: 3 });
    // Log-probability of A is ln(1/2) each time; that of the end, which is forced, ln(1/4).
    search.advance(logits(1, [-SURE, -SURE, 0, 0, -SURE]), V);
    search.advance(logits(1, [-SURE, -SURE, 0, 0, -SURE]), V);
    search.advance(logits(1, [-SURE, 0, 0, 0, 0]), V);
    const score = ((Math.log(1 / 2) / 2 + Math.log(1 / 2)) / 2 + Math.log(1 / 4)) / 2;
    expect(search.best().score).toBeCloseTo(score / 3, 6);
  });

  it('ends at the longest length, and depends on its seed alone', () => {
    const run = (seed: number) => {
      const search = createBeamSampler({ ...OPTIONS, seed, temperature: 30, maxTokens: 3 });
      let beams = 2;
      for (let at = 0; at < 5; at++) {
        const step = search.advance(logits(beams, [0, -9 * SURE, 3, 0, 2]), V);
        if (!step) break;
        beams = step.tokenIds.length;
      }
      return search.best();
    };
    expect(run(3)).toEqual(run(3));
    expect(run(3)).toMatchObject({ isComplete: true });
    expect(run(3).tokenIds).toHaveLength(2);
    expect(new Set(Array.from({ length: 20 }, (_, seed) => run(seed).tokenIds.join())).size).toBeGreaterThan(
      1,
    );
  });
});
