import { describe, expect, it } from 'vitest';
import { readFixture } from '../__fixtures__/read-fixture.js';
import { toChexbertLabels } from '../clinical/chexbert-heads.js';
import { computeBertScore, inverseDocumentWeights, type BertScore } from '../text/bert-score.js';
import { evaluateBertScore, type BertScoreModel } from './bert-score-evaluation.js';

const golden = readFixture<{
  table: number[][];
  items: { hyp: number[]; ref: number[]; plain: (number | null)[]; idf: (number | null)[] }[];
}>('bert-score');
/** A token's row plus a tenth of its place, so that vectors depend on the text. */
const statesOf = (ids: readonly number[]) =>
  ids.flatMap((id, place) => golden.table[id]!.map((value) => value + 0.1 * place));
const embedded = (ids: readonly number[]) => ({ ids, states: statesOf(ids) });
const flat = ({ precision, recall, f1 }: BertScore) => [precision, recall, f1];

/** A text is the numbers of its words; 0 and 1 are the marks. */
const MODEL: BertScoreModel = {
  name: 'table',
  tokenize: (text) => [0, ...text.split(' ').filter(Boolean).map(Number), 1],
  embed: (ids) => Promise.resolve(statesOf(ids)),
};

describe('computeBertScore', () => {
  it.each(['plain', 'idf'] as const)('gives the numbers of bert_score: %s', (kind) => {
    const weights =
      kind === 'plain'
        ? (id: number) => (id < 2 ? 0 : 1)
        : inverseDocumentWeights(golden.items.map(({ ref }) => ref));
    for (const { hyp, ref, [kind]: expected } of golden.items) {
      const ours = flat(computeBertScore(embedded(hyp), embedded(ref), weights));
      ours.forEach((value, at) => expect(value).toBeCloseTo(expected[at] ?? 0, 12));
    }
  });

  it('matches each token with the nearest one of the other text, by hand', () => {
    // Two directions and one between: cosines 1, 0 and sqrt(1/2).
    const [east, north, between] = [
      [1, 0],
      [0, 2],
      [3, 3],
    ];
    const candidate = { ids: [5, 6], states: [...east!, ...north!] };
    const { precision, recall, f1 } = computeBertScore(candidate, { ids: [7], states: between! }, () => 1);
    expect([precision, recall, f1].map((value) => value.toFixed(12))).toEqual(
      Array(3).fill(Math.SQRT1_2.toFixed(12)),
    );
    const { precision: first, recall: whole } = computeBertScore(
      candidate,
      { ids: [5], states: east! },
      () => 1,
    );
    expect([first, whole]).toEqual([0.5, 1]);
  });

  it('refuses vectors that are not those of the tokens', () => {
    expect(() => computeBertScore({ ids: [1, 2], states: [1, 2, 3] }, embedded([0]), () => 1)).toThrow(
      'metrics.computeBertScore: expected a vector for each of 2 tokens, got 3 numbers; give the',
    );
    expect(() => computeBertScore({ ids: [1], states: [1, 2] }, embedded([0]), () => 1)).toThrow(
      'expected vectors of one width, got 2 and 4; use one network.',
    );
  });
});

describe('evaluateBertScore', () => {
  it('averages, takes the best reference for each number, and rescales with a baseline', async () => {
    const { totals, items, signatures } = await evaluateBertScore(MODEL, ['2 3', '4'], ['2 3', ['5', '4']]);
    expect(items['bertscoreF1']![0]).toBeCloseTo(1, 12);
    expect(totals['bertscoreF1']).toBeCloseTo(1, 12);
    expect(signatures['bertscore']).toMatch(/\|model:table\|idf:no\|rescaled:no$/);
    const baseline = { precision: 0.5, recall: 0.5, f1: 0.8 };
    const plain = await evaluateBertScore(MODEL, ['2 3'], ['6 7 8']);
    const rescaled = await evaluateBertScore(MODEL, ['2 3'], ['6 7 8'], { baseline });
    expect(rescaled.totals['bertscorePrecision']).toBeCloseTo(
      (plain.totals['bertscorePrecision']! - 0.5) / 0.5,
      12,
    );
    expect(rescaled.totals['bertscoreF1']).toBeCloseTo((plain.totals['bertscoreF1']! - 0.8) / 0.2, 12);
  });

  it('does not count the marks of begin and end', async () => {
    const { totals } = await evaluateBertScore(MODEL, ['2 3'], ['6 7 8']);
    const ids = ['2 3', '6 7 8'].map((text) => [...MODEL.tokenize(text)]) as [number[], number[]];
    const expected = computeBertScore(embedded(ids[0]), embedded(ids[1]), (id) => (id < 2 ? 0 : 1));
    expect(totals['bertscorePrecision']).toBeCloseTo(expected.precision, 12);
    expect(totals['bertscoreRecall']).toBeCloseTo(expected.recall, 12);
  });

  it('stops on abort', async () => {
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(evaluateBertScore(MODEL, ['2'], ['2'], { signal })).rejects.toThrow('stop');
  });
});

describe('toChexbertLabels', () => {
  const heads = (classes: readonly number[]) =>
    classes.map((best, at) =>
      Array.from({ length: at === 13 ? 2 : 4 }, (_, each) => (each === best ? 1 : -1)),
    );

  it('reads blank, positive, negative and uncertain, in the order of CheXbert', () => {
    const labels = toChexbertLabels(heads([0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]));
    expect(labels).toMatchObject({
      'Enlarged Cardiomediastinum': '',
      Cardiomegaly: 1,
      'Lung Opacity': 0,
      'Lung Lesion': -1,
      'No Finding': 1,
    });
  });

  it('refuses other outputs', () => {
    expect(() => toChexbertLabels([[0, 1]])).toThrow(
      'metrics.toChexbertLabels: expected 13 outputs of 4 numbers and one of 2, got 2; give',
    );
  });
});
