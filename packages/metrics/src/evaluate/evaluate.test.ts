import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readFixture } from '../__fixtures__/read-fixture.js';
import { evaluateReports, type EvaluationProgress } from './evaluate.js';
import type { ReportMetric } from './metric.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

interface Corpus {
  items: { refs_raw: string[]; hyp_raw: string }[];
  scores: {
    bleu: { corpus: number[]; sentence: number[][] };
    rouge_l: { mean: number; sentence: number[] };
    cider: { mean: number; sentence: number[] };
    meteor: { aggregate: number; segment: number[] };
  };
}

const golden = readFixture<Corpus>('corpus-size20-multi.ptb');
const candidates = golden.items.map(({ hyp_raw }) => hyp_raw);
const references = golden.items.map(({ refs_raw }) => refs_raw);

describe('evaluateReports', () => {
  it('gives from raw texts what pycocoevalcap gives, in all and per item', async () => {
    const { totals, items, itemCount } = await evaluateReports(candidates, references, {
      metrics: ['bleu', 'rougeL', 'cider', 'meteor'],
    });
    const { bleu, rouge_l, cider, meteor } = golden.scores;
    expect(itemCount).toBe(20);
    expect(totals['bleu4']).toBeCloseTo(bleu.corpus[3]!, 12);
    expect(totals['rougeL']).toBeCloseTo(rouge_l.mean, 12);
    expect(totals['cider']).toBeCloseTo(cider.mean, 12);
    expect(totals['meteor']).toBeCloseTo(meteor.aggregate, 12);
    expect(items['bleu2']![7]).toBeCloseTo(bleu.sentence[7]![1]!, 12);
    expect(items['meteor']![7]).toBeCloseTo(meteor.segment[7]!, 12);
    expect(items['cider']).toHaveLength(20);
  });

  it('says how each number was made', async () => {
    const { signatures } = await evaluateReports(
      ['Clear.', 'Big heart.'],
      [['Clear'], ['Heart', 'Large heart']],
      {
        tokenizer: 'rgrg',
        metrics: ['bleu', 'cider', 'tfidf', 'meteor'],
        cider: { documentFrequencies: 'none' },
        meteor: { stages: ['exact', 'stem'] },
      },
    );
    expect(signatures).toEqual({
      bleu: `bleu|crrg-metrics:${version}|refs:1-2|tok:rgrg|case:mixed|smooth:1e-15+1e-9|length:closest`,
      cider: `cider|crrg-metrics:${version}|refs:1-2|tok:rgrg|case:mixed|variant:d|n:4|sigma:6|df:none|documents:2`,
      tfidf: `tfidf|crrg-metrics:${version}|refs:1-2|vectorizer:sklearn-1.2.1|fit:all`,
      meteor: `meteor|crrg-metrics:${version}|refs:1-2|tok:rgrg|case:mixed|implements:1.5|norm:en|stages:exact+stem|paraphrases:0`,
    });
  });

  it('lower-cases where asked', async () => {
    const score = async (lowercase: boolean) =>
      (await evaluateReports(['CLEAR'], ['clear'], { metrics: ['rougeL'], tokenizer: 'none', lowercase }))
        .totals;
    expect(await score(false)).toEqual({ rougeL: 0 });
    expect(await score(true)).toEqual({ rougeL: 1 });
  });

  it('takes metrics of the caller, with raw or tokenised texts', async () => {
    const seen: string[] = [];
    const metric = (name: string, text: 'raw' | 'tokenized'): ReportMetric => ({
      name,
      text,
      start: ({ itemCount }) => ({
        signature: { of: String(itemCount) },
        prepare: (item) => seen.push(`prepare ${item.references.join()}`),
        score: (item) => {
          seen.push(`score ${item.candidate}`);
          return { [name]: undefined };
        },
        finish: () => ({ [name]: 3 }),
      }),
    });
    const { totals, items, signatures } = await evaluateReports(['No edema.'], ['Edema!'], {
      metrics: [metric('one', 'raw'), metric('two', 'tokenized')],
    });
    expect(seen).toEqual(['prepare Edema!', 'prepare edema', 'score No edema.', 'score no edema']);
    expect(totals).toEqual({ one: 3, two: 3 });
    expect(items).toEqual({ one: [undefined], two: [undefined] });
    expect(signatures['one']).toContain('|of:1');
  });

  it('knows the clinical labels by name', async () => {
    const { totals, signatures } = await evaluateReports(['Mild edema.'], ['Edema. Cardiomegaly.'], {
      metrics: ['clinical'],
    });
    expect(totals['clinicalMicro5F1']).toBeCloseTo(2 / 3, 14);
    expect(signatures['clinical']).toContain('labeller:');
  });

  it('refuses two metrics that give the same score', async () => {
    const constant = (name: string, score: string): ReportMetric => ({
      name,
      text: 'raw',
      start: () => ({ signature: {}, score: () => ({}), finish: () => ({ [score]: 1 }) }),
    });
    const metrics = ['rougeL' as const, constant('mine', 'rougeL')];
    await expect(evaluateReports(['a'], ['a'], { metrics })).rejects.toThrow(
      /"rougeL" from "rougeL" and "mine"; rename one/,
    );
    const twins = [constant('one', 'score'), constant('two', 'score')];
    await expect(evaluateReports(['a'], ['a'], { metrics: twins })).rejects.toThrow(/from "one" and "two"/);
  });

  it('reports progress to the end and stops on abort', async () => {
    const events: EvaluationProgress[] = [];
    await evaluateReports(candidates, references, { onProgress: (event) => events.push(event) });
    expect(events.at(-1)).toEqual({ type: 'items-progress', stage: 'score', done: 20, total: 20 });
    expect(events.some(({ stage }) => stage === 'prepare')).toBe(true);

    const controller = new AbortController();
    const slow: ReportMetric = {
      name: 'slow',
      text: 'raw',
      start: () => ({
        signature: {},
        score: () => {
          const end = performance.now() + 5;
          while (performance.now() < end);
          return {};
        },
        finish: () => ({}),
      }),
    };
    const running = evaluateReports(Array(400).fill('a'), Array(400).fill('a'), {
      metrics: [slow],
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    await expect(running).rejects.toThrow('enough');
    await expect(
      evaluateReports(['a'], ['a'], { signal: AbortSignal.abort(new Error('before')) }),
    ).rejects.toThrow('before');
  });

  it('refuses bad items, unknown metrics and doubles', async () => {
    await expect(evaluateReports(['a', 'b'], ['a', []])).rejects.toMatchObject({
      code: 'INPUT',
      details: { index: 1 },
    });
    await expect(evaluateReports(['a'], ['a'], { metrics: ['blue' as never] })).rejects.toThrow(
      'metrics.evaluateReports: expected metrics among bleu, rougeL, rouge, cider, meteor, tfidf, clinical, temporal, got "blue"; leave it out or give a ReportMetric.',
    );
    await expect(evaluateReports(['a'], ['a'], { metrics: ['bleu', 'bleu'] })).rejects.toThrow(
      /"bleu" twice/,
    );
    await expect(evaluateReports(['a'], ['a'], { metrics: [] })).rejects.toThrow(/got none/);
    await expect(evaluateReports(['a'], ['a'], { tokenizer: 'moses' as never })).rejects.toThrow(/got moses/);
  });
});
