import { describe, expect, it } from 'vitest';
import type { RclipEvaluation, ReportsEvaluation, RrgEvaluation } from '../evaluation.js';
import { comparisonTables, formatComparison, oursIn } from './comparison-tables.js';
import { PUBLISHED } from './published.js';

const score = (estimate: number) => ({ estimate, low: estimate - 0.01, high: estimate + 0.01 });

const reports = {
  written: {
    numReports: 5,
    scores: { bleu1: score(0.3), bleu4: score(0.1), cider: score(0.5), ciderCorpus: score(2) },
  },
  clinical: [
    { labeller: 'crrg', scores: { micro5F1: score(0.4) } },
    { labeller: 'chexbert', scores: { micro5F1: score(0.6) } },
  ],
};
const system = { schema: 'crrg/evaluation/reports/1', reports } as unknown as ReportsEvaluation;
const decision = (f1: number) => ({ scores: { f1: score(f1) } });
const regions = {
  selection: { all: decision(0.1), normal: decision(0.2), abnormal: decision(0.3) },
  abnormality: decision(0.4),
};
const rrg = {
  schema: 'crrg/evaluation/rrg/1',
  reports: null,
  detection: { scores: { overlap: score(0.7) } },
  regions,
  sentences: { scores: { ratio: score(1.5) } },
  withReferenceLeak: { detection: { scores: { overlap: score(0.9) } }, regions },
} as unknown as RrgEvaluation;
const label = {
  scores: { auroc: score(0.8), accuracy: score(0.5) },
  atHalf: { accuracy: score(0.77), f1: score(0.2) },
};
const rclip = {
  schema: 'crrg/evaluation/rclip/1',
  probe: { Pneumonia: label },
  zeroShot: { Pneumonia: { scores: { auroc: score(0.6) } } },
} as unknown as RclipEvaluation;

const tableOf = (id: string, ...evaluations: Parameters<typeof comparisonTables>[0][number][]) =>
  comparisonTables(evaluations).find((table) => table.id === id)!;
const ours = (id: string, ...evaluations: Parameters<typeof comparisonTables>[0][number][]) =>
  tableOf(id, ...evaluations).rows.filter(({ source }) => source === 'ours');

describe('published rows', () => {
  it('have a known source, at least one note, and figures in columns of their table', () => {
    for (const { columns, rows } of PUBLISHED.tables)
      for (const { name, source, notes, values } of rows) {
        expect(PUBLISHED.sources[source], name).toBeDefined();
        expect(notes.length, name).toBeGreaterThan(0);
        for (const note of notes) expect(PUBLISHED.notes[note], note).toBeTruthy();
        for (const key of Object.keys(values)) expect(columns.map((column) => column.key)).toContain(key);
      }
  });

  it("are those of the paper's Table 1", () => {
    const cells = formatComparison(tableOf('reports')).rows.map((row) => row.slice(0, 9).join(' '));
    expect(cells).toEqual([
      'S&T [1] 100 % 0.299 0.184 0.121 0.084 0.124 0.263 –',
      'AdaAtt [1] 100 % 0.299 0.185 0.124 0.088 0.118 0.266 –',
      'GPT-4o [2] 3.70 % 0.273 0.128 0.061 0.032 0.250 0.177 –',
      'RRG-base [3] 1.35 % 0.224 0.146 0.101 0.072 0.104 0.237 0.429',
      'RRG-opt [3] 3.70 % 0.241 0.157 0.108 0.078 0.109 0.239 0.513',
      'RGRG [4] 100 % 0.373 0.249 0.175 0.126 0.168 0.264 0.495',
    ]);
  });

  it('call no row ConVIRT without saying that it is an initialisation, and compare nothing with it', () => {
    const { rows, notes } = tableOf('classification');
    const named = rows.filter(({ name }) => /convirt/i.test(name));
    expect(named.map(({ name, values }) => [name, values['auroc']])).toEqual([
      ['random initialisation (printed as ConVIRT)', 0.719],
      ['ImageNet initialisation (printed as ConVIRT)', 0.831],
    ]);
    expect(named.map(({ comparable }) => comparable)).toEqual([false, false]);
    expect(notes['initialisation']).toContain('not ConVIRT. Nothing about ConVIRT follows');
  });

  it('keep all the digits that were published', () => {
    const cells = formatComparison(tableOf('classification')).rows.map((row) => row[2]);
    expect(cells).toContain('0.7885');
  });

  it('say which rows come from memory', () => {
    const { notes } = formatComparison(tableOf('classification'));
    expect(notes.at(-1)).toMatch(/^Source: CXR-CLIP .*, from memory of the publication: /);
  });
});

describe('rows of ours', () => {
  it('stand below the published ones with their intervals, CIDEr in the variant of the published rows', () => {
    const table = tableOf('reports', { name: 'mine', evaluation: system });
    expect(oursIn(table)).toEqual(new Set([6]));
    expect(formatComparison(table).rows.at(-1)).toEqual([
      'mine',
      '–',
      '0.300 (0.290 to 0.310)',
      '–',
      '–',
      '0.100 (0.090 to 0.110)',
      '–',
      '–',
      '0.500 (0.490 to 0.510)',
      '',
    ]);
  });

  it('are one for each labeller of clinical findings', () => {
    const rows = ours('clinical', { name: 'mine', evaluation: system });
    expect(rows.map(({ values }) => values['labeller'])).toEqual(['rules of crrg', 'CheXbert']);
  });

  it("keep figures with the reference's leak apart", () => {
    const rows = ours('regions', { name: 'mine', evaluation: rrg });
    expect(rows.map(({ name, values }) => [name, values['overlap']])).toEqual([
      ['mine', score(0.7)],
      ["mine, with the reference's leak", score(0.9)],
    ]);
    const sentences = ours('sentences', { name: 'mine', evaluation: rrg });
    expect(sentences.map(({ name, values }) => [name, values['ratio']])).toEqual([['mine', score(1.5)]]);
  });

  it('have accuracy and F1 at 0.5, as the published ones', () => {
    const [row] = ours('classification', { name: 'mine', evaluation: rclip });
    expect(row!.values).toMatchObject({ auroc: score(0.8), accuracy: score(0.77), f1: score(0.2) });
    expect(row!.values['zeroShotAuroc']).toEqual(score(0.6));
  });

  it('bring the tables beyond the paper with them', () => {
    expect(comparisonTables([]).map(({ id }) => id)).toEqual(['reports', 'classification']);
    expect(comparisonTables([{ name: 'x', evaluation: rrg }]).map(({ id }) => id)).toContain('regions');
  });
});
