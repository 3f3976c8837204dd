import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  CLINICAL_FINDINGS,
  COMPETITION_FINDINGS,
  computeLabelAgreement,
  type ReportLabelValues,
} from '../clinical/index.js';
import type { RadGraphReport } from '../clinical/radgraph.js';
import { computeMultilabelMetrics } from '../classification/index.js';
import { evaluateChexbertLabels, evaluateRadCliQ, evaluateRadGraph } from './made-scores.js';

const read = <T>(name: string) =>
  JSON.parse(readFileSync(new URL(`../clinical/__fixtures__/${name}.json`, import.meta.url), 'utf8')) as T;

type Averages = Record<string, { precision: number; recall: number; 'f1-score': number }>;
const chexbert = read<
  { candidates: ReportLabelValues[]; references: ReportLabelValues[] } & Record<
    'positive' | 'negative',
    { all: Averages; five: Averages }
  >
>('chexbert');
const radgraph = read<{
  radgraph: {
    hyp: RadGraphReport;
    ref: RadGraphReport;
    simple: number;
    partial: number;
    complete: number;
    combined: number;
  }[];
  radcliq: { columns: [number, number, number, number]; score: number }[];
}>('radgraph');

const AVERAGES = {
  Micro: 'micro avg',
  Macro: 'macro avg',
  Weighted: 'weighted avg',
  Example: 'samples avg',
} as const;

describe('evaluateChexbertLabels', () => {
  it.each(['positive', 'negative'] as const)(
    "gives scikit-learn's report, as f1chexbert prints it, with uncertain as %s",
    (uncertain) => {
      const { totals } = evaluateChexbertLabels(chexbert.candidates, chexbert.references, { uncertain });
      const { all, five } = chexbert[uncertain];
      for (const [ours, theirs] of Object.entries(AVERAGES))
        for (const [count, report] of [
          [14, all],
          [5, five],
        ] as const)
          for (const [name, key] of [
            ['Precision', 'precision'],
            ['Recall', 'recall'],
            ['F1', 'f1-score'],
          ] as const)
            expect(totals[`chexbert${ours}${count}${name}`]).toBeCloseTo(report[theirs]![key], 14);
      for (const finding of CLINICAL_FINDINGS) {
        const f1 = totals[`chexbert${finding.replaceAll(' ', '')}F1`];
        expect(f1 ?? 0).toBeCloseTo(all[finding]!['f1-score'], 14);
      }
    },
  );

  it('agrees with the multi-label scores of this package', () => {
    const binary = (rows: readonly ReportLabelValues[]) =>
      rows.map((row) =>
        CLINICAL_FINDINGS.map((finding) => Number(row[finding] === 1 || row[finding] === -1)),
      );
    const { micro, macro, weighted, samples } = computeMultilabelMetrics(
      binary(chexbert.references),
      binary(chexbert.candidates),
      { undefinedParts: 0 },
    );
    const { totals } = evaluateChexbertLabels(chexbert.candidates, chexbert.references);
    expect(totals['chexbertMicro14F1']).toBeCloseTo(micro.f1!, 14);
    expect(totals['chexbertMacro14F1']).toBeCloseTo(macro.f1!, 14);
    expect(totals['chexbertWeighted14F1']).toBeCloseTo(weighted.f1!, 14);
    expect(totals['chexbertExample14F1']).toBeCloseTo(samples.f1!, 14);
  });

  it("follows RGRG's conventions under their name: uncertain is positive in pooled scores, not report by report", () => {
    const [candidates, references] = [[{ Edema: -1, Fracture: 1 }], [{ Edema: 1, Fracture: 1 }]];
    const { totals } = evaluateChexbertLabels(candidates, references, { uncertain: 'rgrg' });
    expect([totals['chexbertMicro14F1'], totals['chexbertExample14F1']]).toEqual([1, 2 / 3]);
    const all = evaluateChexbertLabels(candidates, references, { uncertain: 'positive' }).totals;
    expect(all['chexbertExample14F1']).toBe(1);
    const { micro5, example14 } = computeLabelAgreement(candidates, references, { coding: 'chexbert' });
    expect([micro5.f1, example14.f1]).toEqual([totals['chexbertMicro5F1'], totals['chexbertExample14F1']]);
  });

  it('leaves an uncertain label out with its partner where asked', () => {
    const { totals } = evaluateChexbertLabels(
      [{ Edema: -1, Fracture: 1, Pneumonia: 1 }],
      [{ Edema: 1, Fracture: 1, Pneumonia: 0 }],
      { uncertain: 'ignore' },
    );
    expect(totals['chexbertMicro14Recall']).toBe(1);
    expect(totals['chexbertMicro14Precision']).toBe(0.5);
    expect(totals['chexbertEdemaF1']).toBeUndefined();
  });

  it('says in the signature what uncertain is, and gives every report its F1', () => {
    const { signatures, items } = evaluateChexbertLabels(
      [{ Edema: 1 }, { Edema: 1 }],
      [{ Edema: 1 }, { Edema: 0 }],
    );
    expect(signatures['chexbert']).toMatch(/^chexbert\|crrg-metrics:.*\|uncertain:positive\|undefined:0$/);
    expect(items['chexbertExample14F1']).toEqual([1, 0]);
  });

  it('has the five findings of the competition among the fourteen', () => {
    expect(COMPETITION_FINDINGS.filter((name) => !CLINICAL_FINDINGS.includes(name))).toEqual([]);
  });
});

describe('evaluateRadGraph', () => {
  const [candidates, references] = [
    radgraph.radgraph.map(({ hyp }) => hyp),
    radgraph.radgraph.map(({ ref }) => ref),
  ];
  const { totals, items } = evaluateRadGraph(candidates, references);

  it.each(['simple', 'partial', 'complete', 'combined'] as const)(
    'gives the numbers of the reference programs: %s',
    (level) => {
      const expected = radgraph.radgraph.map((item) => item[level]);
      const ours = items[`radgraph${level[0]!.toUpperCase()}${level.slice(1)}`] as number[];
      expect(Math.max(...ours.map((value, at) => Math.abs(value - expected[at]!)))).toBeLessThanOrEqual(
        1e-15,
      );
      const mean = expected.reduce((sum, value) => sum + value, 0) / expected.length;
      expect(totals[`radgraph${level[0]!.toUpperCase()}${level.slice(1)}`]).toBeCloseTo(mean, 14);
    },
  );

  it('is 0 where a report has no entity, also against another without', () => {
    expect(evaluateRadGraph([{ entities: {} }], [{ entities: {} }]).totals).toEqual({
      radgraphSimple: 0,
      radgraphPartial: 0,
      radgraphComplete: 0,
      radgraphCombined: 0,
    });
  });

  it.each([
    [{}, 'expected an object with entities, got object'],
    [{ entities: { '1': { tokens: 'a' } } }, 'expected tokens and label in entity 1, got others'],
    [
      { entities: { '1': { tokens: 'a', label: 'b', relations: [['modify', '2']] } } },
      'expected relations of entity 1 to be a kind and the key of an entity, got ["modify","2"]',
    ],
  ])('refuses what is no graph: %j', (report, message) => {
    expect(() => evaluateRadGraph([report as never], [{ entities: {} }])).toThrow(message);
  });
});

describe('evaluateRadCliQ', () => {
  it("gives the published model's numbers", () => {
    const { items } = evaluateRadCliQ(
      radgraph.radcliq.map(({ columns: [radgraphCombined, bertscore, sembScore, bleu2] }) => ({
        radgraphCombined,
        bertscore,
        sembScore,
        bleu2,
      })),
    );
    const ours = items['radcliqV1'] as number[];
    const largest = Math.max(...ours.map((value, at) => Math.abs(value - radgraph.radcliq[at]!.score)));
    expect(largest).toBeLessThanOrEqual(1e-15);
  });

  it('is lower for the better report', () => {
    const score = (value: number) =>
      evaluateRadCliQ([{ radgraphCombined: value, bertscore: value, sembScore: value, bleu2: value }]).totals[
        'radcliqV1'
      ]!;
    expect(score(0.9)).toBeLessThan(score(0.1));
  });

  it('refuses a column without a number', () => {
    expect(() =>
      evaluateRadCliQ([{ radgraphCombined: 0.1, bertscore: NaN, sembScore: 0, bleu2: 0 }]),
    ).toThrow(
      'metrics.computeRadCliQ: expected a finite number for bertscore, got NaN; compute the column first.',
    );
  });
});
