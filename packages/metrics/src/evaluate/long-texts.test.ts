import { describe, expect, it } from 'vitest';
import { loadMeteor } from '../meteor.js';
import { computeRougeL } from '../text/index.js';
import { tokenizePtb } from '../tokenize/index.js';
import { evaluateReports, type ReportMetricName } from './evaluate.js';

/** Words of reports and others, in an order that depends on the seed alone. */
function longText(numWords: number, seed: number, vocabulary = 300): string {
  let state = seed;
  const words = Array.from({ length: numWords }, () => {
    state = (state * 48271) % 2147483647;
    return `${['lung', 'lungs', 'clear', 'heart', 'effusion', 'the'][state % 6]}${state % 2 ? '' : state % vocabulary}`;
  });
  return words.join(' ');
}

/** Stops the work when it has given way to others `turns` times; fails where it ends before. */
async function expectToStop(work: (signal: AbortSignal) => Promise<unknown>, turns = 4) {
  const controller = new AbortController();
  const turn = (left: number) =>
    left === 0 ? controller.abort(new Error('stop')) : setTimeout(() => turn(left - 1));
  turn(turns);
  await expect(work(controller.signal)).rejects.toThrow('stop');
}

describe('one pair of very long texts', () => {
  it.each<[ReportMetricName, number]>([
    ['meteor', 20_000],
    ['rougeL', 200_000],
  ])('is stopped in the middle: %s', async (metric, numWords) => {
    const texts = [longText(numWords, 1), longText(numWords, 2)] as const;
    const meteor = await loadMeteor({ stages: ['exact', 'stem'] });
    const options = { metrics: [metric], meteor, tokenizer: 'none' } as const;
    const work = (signal: AbortSignal) => evaluateReports([texts[0]], [[texts[1]]], { ...options, signal });
    await expectToStop(work);
  });

  it('is stopped while it is tokenised', async () => {
    const text = longText(600_000, 3).replaceAll(' lung', ' (lung).');
    const work = (signal: AbortSignal) => evaluateReports([text], [[text]], { metrics: ['bleu'], signal });
    await expectToStop(work);
  });

  it('is stopped while document frequencies are counted', async () => {
    const corpus = Array.from({ length: 40_000 }, (_, at) => `${longText(40, at + 1, 5000)}`);
    const cider = { documentFrequencies: { corpus } };
    const work = (signal: AbortSignal) =>
      evaluateReports(['a b'], [['a b']], { metrics: ['cider'], cider, tokenizer: 'none', signal });
    await expectToStop(work);
  });

  it('gives the numbers of the functions that do it at once', async () => {
    const texts = [longText(1500, 4), longText(1400, 5)] as const;
    const meteor = await loadMeteor({ stages: ['exact', 'stem'] });
    const { items } = await evaluateReports([texts[0]], [[texts[1]]], {
      metrics: ['meteor', 'rougeL'],
      meteor,
    });
    const tokens = texts.map((text) => tokenizePtb(text)) as [string, string];
    expect(items['rougeL']![0]).toBe(computeRougeL([tokens[0]], [[tokens[1]]]).items[0]);
    expect(items['meteor']![0]).toBe(meteor.score(tokens[0], [tokens[1]]).score);
  });

  it('shares a scorer with another run', async () => {
    const meteor = await loadMeteor({ stages: ['exact', 'stem'] });
    const run = (seed: number) =>
      evaluateReports([longText(1500, seed)], [[longText(1500, seed + 1)]], { metrics: ['meteor'], meteor });
    const together = await Promise.all([run(10), run(20), run(30)]);
    for (const [at, seed] of [10, 20, 30].entries())
      expect(together[at]!.items).toEqual((await run(seed)).items);
  });

  it('of METEOR needs memory by its words and not by the pairs of equal words', async () => {
    const meteor = await loadMeteor({ stages: ['exact'] });
    // 9 million pairs of equal words.
    const text = 'lung '.repeat(3000).trimEnd();
    const before = process.memoryUsage().heapUsed;
    let most = 0;
    let numLooks = 0;
    const watch = setInterval(() => {
      numLooks += 1;
      most = Math.max(most, process.memoryUsage().heapUsed - before);
    }, 5);
    await evaluateReports([text], [[`${text} clear`]], { metrics: ['meteor'], meteor, tokenizer: 'none' });
    clearInterval(watch);
    expect(numLooks).toBeGreaterThan(0);
    expect(most).toBeLessThan(150e6);
  });
});
