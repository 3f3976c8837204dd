import { version } from '../../package.json';
import {
  agreementFrom,
  agreementRows,
  AGREEMENT_LENGTH,
  type LabelAgreement,
  type LabelScores,
  type MeanLabelScores,
  type UncertainLabels,
} from '../clinical/label-agreement.js';
import type { LabelCoding, ReportLabelValues } from '../clinical/label-values.js';
import { computeRadCliQ, type RadCliQColumns } from '../clinical/radcliq.js';
import { computeRadGraphF1, type RadGraphReport } from '../clinical/radgraph.js';
import { MetricsError } from '../errors.js';
import type { ReportEvaluation } from './evaluate.js';
import { ItemNumbers } from './item-statistics.js';
import type { ItemStatistics, Scores } from './metric.js';

/** Options of {@link evaluateChexbertLabels}. */
export interface ChexbertOptions {
  /** What an uncertain label is; `'rgrg'` for the numbers of RGRG's tables. @defaultValue 'positive', as the Python package `f1chexbert` */
  readonly uncertain?: UncertainLabels | undefined;
  /** What the values are: the numbers in CheXbert's files, or names. @defaultValue 'chexbert' */
  readonly coding?: LabelCoding | undefined;
}

/** An evaluation of one metric whose items are scored already. */
function evaluationOf(
  name: string,
  choices: Readonly<Record<string, string>>,
  items: readonly Scores[],
  statistics: ItemStatistics,
): ReportEvaluation {
  const columns = Object.keys(items[0]!);
  const sums = new Float64Array(statistics.width);
  statistics.values.forEach((value, at) => (sums[at % statistics.width]! += value));
  const signature = Object.entries({ 'crrg-metrics': version, ...choices });
  return {
    itemCount: items.length,
    totals: statistics.totals(sums, items.length),
    items: Object.fromEntries(columns.map((column) => [column, items.map((scores) => scores[column])])),
    signatures: { [name]: [name, ...signature.map(([key, value]) => `${key}:${value}`)].join('|') },
    statistics: { [name]: statistics },
  };
}

/** An evaluation of one metric whose totals are the means of its items. */
export function evaluationOfMeans(
  name: string,
  choices: Readonly<Record<string, string>>,
  items: readonly Readonly<Record<string, number>>[],
): ReportEvaluation {
  const names = Object.keys(items[0]!);
  const numbers = new ItemNumbers(items.length, names.length);
  for (const item of items) numbers.add(names.map((each) => item[each]!));
  const statistics = numbers.with((sums, count) =>
    Object.fromEntries(names.map((each, at) => [each, sums[at]! / count])),
  );
  return evaluationOf(name, choices, items, statistics);
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

const PARTS = [
  'micro14',
  'micro5',
  'macro14',
  'macro5',
  'weighted14',
  'weighted5',
  'example14',
  'example5',
] as const;

function chexbertScores(agreement: LabelAgreement): Scores {
  const of = (prefix: string, scores: LabelScores | MeanLabelScores) => ({
    [`${prefix}Precision`]: scores.precision,
    [`${prefix}Recall`]: scores.recall,
    [`${prefix}F1`]: scores.f1,
  });
  const parts = PARTS.map((part) => of(`chexbert${capital(part)}`, agreement[part]));
  const findings = Object.entries(agreement.perFinding).map(([name, scores]) => ({
    [`chexbert${name.replaceAll(' ', '')}F1`]: scores.f1,
  }));
  return Object.assign({}, ...parts, ...findings) as Scores;
}

/**
 * CheXbert F1 from labels that CheXbert gave to both sides: micro, macro, weighted and example-based over 14 and 5 findings, and F1 of each
 * finding; with what intervals and comparisons need. No labels are made here.
 *
 * @example
 * ```ts
 * const { totals } = evaluateChexbertLabels([{ Edema: 1, Fracture: '' }], [{ Edema: -1 }]);
 * totals.chexbertMicro14F1; // 1: uncertain counts as positive
 * ```
 * @throws {@link MetricsError} as {@link computeLabelAgreement}
 */
export function evaluateChexbertLabels(
  candidates: readonly ReportLabelValues[],
  references: readonly ReportLabelValues[],
  { uncertain = 'positive', coding = 'chexbert' }: ChexbertOptions = {},
): ReportEvaluation {
  const rows = agreementRows(candidates, references, { uncertain, coding });
  const numbers = new ItemNumbers(rows.length, AGREEMENT_LENGTH);
  for (const row of rows) numbers.add(row);
  const items = rows.map((row) => ({ chexbertExample14F1: agreementFrom(row, 1).example14.f1 }));
  const statistics = numbers.with((sums, count) => chexbertScores(agreementFrom(sums, count)));
  return evaluationOf('chexbert', { uncertain, undefined: '0' }, items, statistics);
}

function checkPairs(where: string, candidates: readonly unknown[], references: readonly unknown[]): void {
  if (candidates.length === references.length && candidates.length > 0) return;
  throw new MetricsError(
    'INPUT',
    `metrics.${where}: expected a reference for each candidate and at least one, got ${candidates.length} and ${references.length}; give both in one order.`,
  );
}

/**
 * RadGraph F1 from the graphs of both sides: the mean over reports at each level of {@link computeRadGraphF1}; with what intervals and comparisons need.
 *
 * @throws {@link MetricsError} `INPUT` for lists of unequal length, no reports, and what is no graph
 */
export function evaluateRadGraph(
  candidates: readonly RadGraphReport[],
  references: readonly RadGraphReport[],
): ReportEvaluation {
  checkPairs('evaluateRadGraph', candidates, references);
  const items = candidates.map((candidate, at) => {
    const { simple, partial, complete, combined } = computeRadGraphF1(candidate, references[at]!);
    return {
      radgraphSimple: simple,
      radgraphPartial: partial,
      radgraphComplete: complete,
      radgraphCombined: combined,
    };
  });
  return evaluationOfMeans('radgraph', { rewards: 'radgraph-0.1.18' }, items);
}

/**
 * RadCliQ-v1 from its columns: the mean over reports; with what intervals need.
 *
 * @throws {@link MetricsError} `INPUT` for no reports, and a column that is not a finite number
 */
export function evaluateRadCliQ(reports: readonly RadCliQColumns[]): ReportEvaluation {
  checkPairs('evaluateRadCliQ', reports, reports);
  const items = reports.map((columns) => ({ radcliqV1: computeRadCliQ(columns) }));
  return evaluationOfMeans('radcliq', { model: 'v1', better: 'lower' }, items);
}
