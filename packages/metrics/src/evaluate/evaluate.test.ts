import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { MetricsError } from '../errors.js';
import { REPORT_METRICS, evaluateReports } from './index.js';

interface Golden {
  readonly items: readonly { readonly refs: readonly string[]; readonly hyp: string }[];
  readonly totals: Readonly<Record<string, number>>;
  readonly perItem: Readonly<Record<string, readonly number[]>>;
}

const golden = JSON.parse(
  readFileSync(new URL('__fixtures__/corpus-size20-multi.json', import.meta.url), 'utf8'),
) as Golden;
const candidates = golden.items.map(({ hyp }) => hyp);
const references = golden.items.map(({ refs }) => refs);
const codeOf = (candidateList: unknown, referenceList: unknown) =>
  evaluateReports(candidateList as string[], referenceList as string[]).then(
    () => undefined,
    (error: unknown) => (error as MetricsError).message,
  );

describe('evaluateReports', () => {
  it('gives the scores of the reference programs, in all and per item', async () => {
    const { totals, items, itemCount } = await evaluateReports(candidates, references, {
      metrics: REPORT_METRICS,
      tokenizer: 'ptb',
    });
    expect(itemCount).toBe(20);
    for (const [name, expected] of Object.entries(golden.totals))
      expect(Math.abs(totals[name]! - expected), name).toBeLessThan(1e-9);
    for (const [name, expected] of Object.entries(golden.perItem))
      expected.forEach((value, index) =>
        expect(Math.abs(items[name]![index]! - value), `${name} ${index}`).toBeLessThan(1e-9),
      );
  });

  it('signs each metric with what a reader needs to get the number again', async () => {
    const { signatures } = await evaluateReports(candidates, references, { metrics: ['bleu', 'cider'] });
    expect(signatures['bleu']).toContain('ptb');
    expect(signatures['cider']).toMatch(/references|refs/);
  });

  it('scores identical texts best and texts without a common word worst', async () => {
    const { items } = await evaluateReports(
      ['the lungs are clear .', 'the lungs are clear .'],
      ['the lungs are clear .', 'heart size normal'],
      { metrics: ['bleu', 'rougeL', 'tfidf'] },
    );
    expect(items['rougeL']).toEqual([1, 0]);
    expect(items['bleu1']![0]).toBeCloseTo(1, 9);
    expect(items['tfidf']![1]).toBe(0);
  });

  it('refuses lists of different lengths, empty lists and what is no text, and names the item', async () => {
    expect(await codeOf(['a', 'b'], ['a'])).toMatch(/2.*1|1.*2/);
    expect(await codeOf([], [])).toBeDefined();
    expect(await codeOf(['a', 7], ['a', 'b'])).toMatch(/candidates?.*1/);
    expect(await codeOf(['a', 'b'], ['a', []])).toMatch(/references?.*1/);
  });

  it('stops with the reason of its signal', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await expect(evaluateReports(candidates, references, { signal })).rejects.toBe(reason);
  });
});
