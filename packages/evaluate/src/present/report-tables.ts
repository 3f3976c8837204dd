import { CLINICAL_FINDINGS } from '@crrg/metrics';
import type { ClinicalSection, ReportSection } from '../reports/evaluate-report-films.js';
import { REPORT_SCORES } from '../reports/report-scores.js';
import { formatNumber, formatPercent, formatScore, scoreCells, type ResultTable } from './result-table.js';

const SCORE_NAMES: Readonly<Record<(typeof REPORT_SCORES)[number], string>> = {
  bleu1: 'BLEU-1',
  bleu2: 'BLEU-2',
  bleu3: 'BLEU-3',
  bleu4: 'BLEU-4',
  meteor: 'METEOR',
  rougeL: 'ROUGE-L (beta 1.2)',
  cider: 'CIDEr-D, n-grams of one weight',
  ciderCorpus: 'CIDEr-D, frequencies of the references',
  rouge1F1: 'ROUGE-1 (F1)',
  rouge2F1: 'ROUGE-2 (F1)',
  rougeLF1: 'ROUGE-L (F1, beta 1)',
};

function languageTable({ settings, written, allFilms, texts, ...counts }: ReportSection): ResultTable {
  const both = [written, allFilms].flatMap((part) => part ?? []);
  const names = allFilms ? ['written reports', 'all films'] : ['written reports'];
  const { numWithoutReport, numWithoutReference } = counts;
  const missing = [
    ...(numWithoutReport > 0 ? [`${numWithoutReport} films without a generated report`] : []),
    ...(numWithoutReference > 0 ? [`${numWithoutReference} films without a reference, not scored`] : []),
  ];
  return {
    title: 'Reports against their references',
    columns: ['score', ...names.slice(0, both.length)],
    rows: [
      ...REPORT_SCORES.map((name) => [
        SCORE_NAMES[name],
        ...both.map(({ scores }) => formatScore(scores[name])),
      ]),
      ['reports', ...both.map(({ numReports }) => String(numReports))],
    ],
    notes: [
      `RGRG's tokenisation (case kept, full stops apart). ${settings.meteor}.`,
      `${texts.distinct} different texts, the most common for ${formatPercent(texts.mostCommonShare)} of the films; ${formatNumber(texts.meanWords, 1)} words a report${texts.meanReferenceWords === null ? '' : `, ${formatNumber(texts.meanReferenceWords, 1)} in the references`}.`,
      ...(missing.length > 0 ? [`${missing.join('; ')}.`] : []),
    ],
  };
}

const LABELLERS = { crrg: 'labelReport of @crrg/metrics', chexbert: 'CheXbert' } as const;

function clinicalTable({ labeller, scores, numReports }: ClinicalSection): ResultTable {
  const rows = (['micro5', 'micro14', 'example14'] as const).map((name) => {
    const of = {
      micro5: '5 findings, pooled',
      micro14: '14 findings, pooled',
      example14: '14 findings, by report',
    };
    return [
      of[name],
      ...scoreCells(
        scores,
        ['Precision', 'Recall', 'F1'].map((score) => name + score),
      ),
    ];
  });
  return {
    title: `Findings stated, by ${LABELLERS[labeller]}`,
    columns: ['', 'precision', 'recall', 'F1'],
    rows: [
      ...rows,
      ['5 findings, mean', '–', '–', formatScore(scores.macro5F1)],
      ['14 findings, mean', '–', '–', formatScore(scores.macro14F1)],
    ],
    notes: [
      `${numReports} reports. Pooled scores count uncertain findings as stated, scores by report do not, as RGRG.`,
      ...(labeller === 'crrg' ? ['Labels by rules; figures of CheXbert cannot be compared with them.'] : []),
    ],
  };
}

function findingsTable(sections: readonly ClinicalSection[]): ResultTable {
  return {
    title: 'Findings one by one (F1)',
    columns: ['finding', ...sections.flatMap(({ labeller }) => [LABELLERS[labeller], 'references with it'])],
    rows: CLINICAL_FINDINGS.map((finding) => [
      finding,
      ...sections.flatMap(({ findings }) => [
        formatScore(findings[finding]?.f1),
        String(findings[finding]?.support ?? 0),
      ]),
    ]),
    notes: [],
  };
}

/** The tables of whole reports. */
export function reportTables(reports: ReportSection): ResultTable[] {
  return [
    languageTable(reports),
    ...reports.clinical.map(clinicalTable),
    ...(reports.clinical.length > 0 ? [findingsTable(reports.clinical)] : []),
  ];
}
