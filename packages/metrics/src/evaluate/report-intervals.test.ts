import { describe, expect, it } from 'vitest';
import { readFixture } from '../__fixtures__/read-fixture.js';
import { loadMeteor } from '../meteor.js';
import { computeBootstrapInterval } from '../statistics/index.js';
import { computeRandomisationTestsAsync } from '../statistics/randomisation.js';
import { compareReports } from './compare-reports.js';
import { evaluateReports, REPORT_METRICS } from './evaluate.js';
import { computeReportIntervals } from './report-intervals.js';

const { items } = readFixture<{ items: { refs_raw: string[]; hyp_raw: string }[] }>(
  'corpus-size20-multi.ptb',
);
const candidates = items.map(({ hyp_raw }) => hyp_raw);
const references = items.map(({ refs_raw }) => refs_raw);
/** Document frequencies that do not change with the items that are drawn. */
const FIXED = { cider: { documentFrequencies: 'none', documentCount: 20 }, tfidf: { fit: 'item' } } as const;

const evaluate = async (texts: readonly string[], of: readonly (readonly string[])[] = references) =>
  evaluateReports(texts, of, { metrics: REPORT_METRICS, keepStatistics: true, ...FIXED });

describe('computeReportIntervals', () => {
  it('makes the totals of drawn items as if they were scored again', async () => {
    const { statistics } = await evaluate(candidates);
    const drawn = [3, 3, 7, 12, 0, 19, 3];
    const again = await evaluate(
      drawn.map((at) => candidates[at]!),
      drawn.map((at) => references[at]!),
    );
    for (const [name, { width, values, totals }] of Object.entries(statistics!)) {
      const sums = new Float64Array(width);
      for (const at of drawn)
        for (let index = 0; index < width; index++) sums[index]! += values[at * width + index]!;
      for (const [score, value] of Object.entries(totals(sums, drawn.length)))
        expect(value, `${name} ${score}`).toBeCloseTo(again.totals[score]!, 12);
    }
    expect(Object.keys(statistics!)).toEqual([...REPORT_METRICS]);
  });

  it('has every total as estimate, within its bounds', async () => {
    const evaluation = await evaluate(candidates);
    const intervals = await computeReportIntervals(evaluation, { numResamples: 200, seed: 3 });
    const defined = Object.keys(evaluation.totals).filter((name) => evaluation.totals[name] !== undefined);
    expect(Object.keys(intervals)).toEqual(defined);
    for (const name of defined) {
      const { estimate, low, high } = intervals[name]!;
      expect(estimate).toBeCloseTo(evaluation.totals[name]!, 12);
      expect(low).toBeLessThan(high + 1e-12);
      expect([low <= estimate + 1e-12, estimate <= high + 1e-12]).toEqual([true, true]);
    }
    expect(await computeReportIntervals(evaluation, { numResamples: 200, seed: 3 })).toEqual(intervals);
  });

  it('draws the reports of one patient together', async () => {
    const evaluation = await evaluateReports(['a', 'a', 'b', 'b'], ['a', 'a', 'x', 'x'], {
      metrics: ['rougeL'],
      tokenizer: 'none',
      keepStatistics: true,
    });
    // Two patients, scores 1 and 0: a sample has a mean of 0, 1/2 or 1, and no other.
    const { rougeL } = await computeReportIntervals(evaluation, {
      patients: ['p', 'p', 'q', 'q'],
      numResamples: 400,
    });
    expect([rougeL!.low, rougeL!.high, rougeL!.estimate]).toEqual([0, 1, 0.5]);
    const { rougeL: apart } = await computeReportIntervals(evaluation, { numResamples: 400 });
    expect(apart!.standardError).toBeLessThan(rougeL!.standardError);
    await expect(computeReportIntervals(evaluation, { patients: ['p'] })).rejects.toThrow(
      'metrics.computeReportIntervals: expected a patient for each of 4 items, got 1; give one per item',
    );
  });

  it('has the intervals of a mean that the bootstrap of its items has', async () => {
    const evaluation = await evaluate(candidates);
    const options = { numResamples: 100, seed: 5 };
    const { rougeL } = await computeReportIntervals(evaluation, options);
    const scores = evaluation.items['rougeL'] as number[];
    const mean = (indices: Uint32Array) => {
      let sum = 0;
      for (const index of indices) sum += scores[index]!;
      return sum / indices.length;
    };
    const expected = computeBootstrapInterval(scores.length, mean, options);
    for (const bound of ['estimate', 'low', 'high', 'standardError'] as const)
      expect(rougeL![bound]).toBeCloseTo(expected[bound], 12);
  });

  it('takes 300,000 items', async () => {
    const values = new Float64Array(300_000).map((_, at) => at % 2);
    const mean = {
      width: 1,
      values,
      totals: (sums: Float64Array, count: number) => ({ x: sums[0]! / count }),
    };
    const evaluation = { itemCount: values.length, totals: { x: 0.5 }, items: {}, signatures: {} };
    const { x } = await computeReportIntervals(
      { ...evaluation, statistics: { x: mean } },
      { numResamples: 3 },
    );
    expect(x!.estimate).toBe(0.5);
  });

  it('asks for an evaluation that keeps statistics', async () => {
    const evaluation = await evaluateReports(['a'], ['a'], { metrics: ['bleu'] });
    expect(evaluation).not.toHaveProperty('statistics');
    await expect(computeReportIntervals(evaluation)).rejects.toThrow('evaluate with keepStatistics: true');
  });

  it('stops on abort', async () => {
    const evaluation = await evaluate(candidates);
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(computeReportIntervals(evaluation, { signal })).rejects.toThrow('stop');
  });
});

describe('compareReports', () => {
  it('finds no difference between a system and itself', async () => {
    const evaluation = await evaluate(candidates);
    const differences = await compareReports(evaluation, evaluation, { numTrials: 50, numResamples: 20 });
    for (const { difference, pValue, low, high } of Object.values(differences))
      expect([difference, pValue, low, high]).toEqual([0, 1, 0, 0]);
    expect(differences['bleu4']).toMatchObject({ first: evaluation.totals['bleu4'] });
  });

  it('computes corpus BLEU anew for each swap: exact for three items', async () => {
    const of = [['a b c d'], ['e f g h'], ['i j k l m n']];
    const [ours, theirs] = await Promise.all(
      [
        ['a b c d', 'e f g h', 'i j k l m n'],
        ['a b x d', 'e f g', 'i j k x m n'],
      ].map((texts) =>
        evaluateReports(texts, of, { metrics: ['bleu'], tokenizer: 'none', keepStatistics: true }),
      ),
    );
    const { bleu1 } = await compareReports(ours!, theirs!, { numResamples: 50 });
    // Every swap of the eight is less far apart, but none and all.
    expect(bleu1).toMatchObject({ isExact: true, numTrials: 8, pValue: 2 / 8 });
    expect(bleu1!.first).toBeCloseTo(1, 8);
    expect(bleu1!.second).toBeCloseTo((11 / 13) * Math.exp(1 - 14 / 13), 8);
    expect(bleu1!.difference).toBeCloseTo(bleu1!.first - bleu1!.second, 14);
    expect(bleu1!.low).toBeGreaterThan(0);
  });

  it('swaps whole patients', async () => {
    const [ours, theirs] = await Promise.all(
      [
        ['a', 'a', 'b'],
        ['x', 'x', 'b'],
      ].map((texts) =>
        evaluateReports(texts, ['a', 'a', 'b'], {
          metrics: ['rougeL'],
          tokenizer: 'none',
          keepStatistics: true,
        }),
      ),
    );
    const apart = await compareReports(ours!, theirs!, { numResamples: 20 });
    const together = await compareReports(ours!, theirs!, { patients: ['p', 'p', 'q'], numResamples: 20 });
    expect([apart['rougeL']!.pValue, together['rougeL']!.pValue]).toEqual([4 / 8, 1]);
  });

  it('refuses evaluations of other items and made in other ways', async () => {
    const one = await evaluateReports(['a'], ['a'], { metrics: ['bleu'], keepStatistics: true });
    const two = await evaluateReports(['a', 'b'], ['a', 'b'], { metrics: ['bleu'], keepStatistics: true });
    const cased = await evaluateReports(['a'], ['a'], {
      metrics: ['bleu'],
      tokenizer: 'none',
      keepStatistics: true,
    });
    await expect(compareReports(one, two)).rejects.toThrow(
      'expected evaluations of the same items, got 1 and 2',
    );
    await expect(compareReports(one, cased)).rejects.toThrow(
      /expected evaluations made in one way, got bleu\|/,
    );
  });

  it('counts a swap that leaves a score undefined as one that is as far apart', async () => {
    const gap = (isSwapped: Uint8Array) => ({ score: isSwapped[0] ? undefined : 1 });
    const { score } = await computeRandomisationTestsAsync(1, gap, {});
    expect(score).toMatchObject({ difference: 1, pValue: 1, isExact: true, numTrials: 2 });
  });

  it('gives METEOR of summed statistics for swapped items', async () => {
    const meteor = await loadMeteor({ stages: ['exact'] });
    const score = (texts: string[]) =>
      evaluateReports(texts, ['the heart is big', 'clear lungs'], {
        metrics: ['meteor'],
        meteor,
        keepStatistics: true,
      });
    const [a, b] = [await score(['the heart is big', 'no lungs']), await score(['big heart', 'clear lungs'])];
    const { meteor: test } = await compareReports(a, b, { numResamples: 10 });
    const swapped = [
      await score(['big heart', 'no lungs']),
      await score(['the heart is big', 'clear lungs']),
    ];
    const gap = Math.abs(swapped[0]!.totals['meteor']! - swapped[1]!.totals['meteor']!);
    const observed = Math.abs(a.totals['meteor']! - b.totals['meteor']!);
    expect(test!.pValue).toBe(gap >= observed ? 1 : 0.5);
  });
});
