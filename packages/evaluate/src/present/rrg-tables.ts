import { ANATOMICAL_REGIONS } from '@crrg/core';
import type {
  DetectionSection,
  RrgSections,
  SelectionSection,
  SentenceSection,
} from '../rrg/evaluate-rrg-films.js';
import type { FilmLabelSection, FindingSection } from '../rrg/film-labels.js';
import { SUBSETS } from '../rrg/selection.js';
import { reportTables } from './report-tables.js';
import { formatNumber, formatPercent, formatScore, scoreCells, type ResultTable } from './result-table.js';

/** Added to titles of figures that come about as RGRG measures itself. */
const LEAK = " with the reference's leak";

function detectionTable(detection: DetectionSection, suffix = ''): ResultTable {
  const { scores, averagePrecision, numFilms, numBoxes } = detection;
  const row = (name: string, score: string) => [name, score];
  return {
    title: `Regions found${suffix}`,
    columns: ['score', 'value'],
    rows: [
      row('mean IoU', formatScore(scores.meanIou)),
      row('IoU as RGRG counts (sums of areas)', formatScore(scores.overlap)),
      row('regions detected, of those annotated', formatScore(scores.detectedShare)),
      row('regions detected a film, of 29', formatScore(scores.detectedRegionsPerFilm, 2)),
      ...(averagePrecision
        ? [
            row('COCO AP', formatScore(averagePrecision.scores.ap)),
            row('COCO AP50', formatScore(averagePrecision.scores.ap50)),
            row('COCO AP75', formatScore(averagePrecision.scores.ap75)),
            row('COCO AR', formatScore(averagePrecision.scores.ar)),
          ]
        : []),
    ],
    notes: [
      `${numBoxes} annotated boxes of ${numFilms} films. A region without an annotated box is not scored.`,
    ],
  };
}

function regionTable({ detection, sentences }: RrgSections): ResultTable {
  const known = ANATOMICAL_REGIONS.filter((name) => detection?.regions[name] ?? sentences?.regions[name]);
  return {
    title: 'Regions one by one',
    columns: ['region', 'mean IoU', 'IoU (sums)', 'detected', 'AP', 'METEOR'],
    rows: known.map((name) => {
      const found = detection?.regions[name];
      const ap = detection?.averagePrecision?.regions[name];
      return [
        name,
        ...scoreCells(found?.scores ?? {}, ['meanIou', 'overlap', 'detectedShare']),
        ap === undefined ? '–' : formatNumber(ap),
        formatScore(sentences?.regions[name]?.meteor),
      ];
    }),
    notes: [],
  };
}

function selectionTable(
  { selection, abnormality, numFilms, numRegions }: SelectionSection,
  suffix = '',
): ResultTable {
  const names = ['precision', 'recall', 'f1'];
  return {
    title: `Regions selected and called abnormal${suffix}`,
    columns: ['', 'precision', 'recall', 'F1'],
    rows: [
      ...SUBSETS.map((name) => [`selected, ${name} regions`, ...scoreCells(selection[name].scores, names)]),
      ['called abnormal, of those detected', ...scoreCells(abnormality.scores, names)],
    ],
    notes: [
      `${numRegions} regions of ${numFilms} films. Among abnormal regions precision is 1 by construction.`,
    ],
  };
}

function sentenceTable({ scores, numPairs }: SentenceSection): ResultTable {
  return {
    title: 'Sentences against the phrases of their regions (METEOR)',
    columns: ['', 'METEOR', 'pairs'],
    rows: [
      ...([...SUBSETS, 'mismatched'] as const).map((name) => [
        name === 'mismatched' ? 'other regions of the film' : `${name} regions`,
        formatScore(scores[name]),
        String(numPairs[name]),
      ]),
      ['ratio: own region over other regions', formatScore(scores.ratio, 2), ''],
    ],
    notes: [],
  };
}

type Group = FilmLabelSection['groups'][number];

function findingCells({ numPositive, numFilms, scores }: FindingSection): string[] {
  return [
    `${numPositive} / ${numFilms}`,
    ...scoreCells(scores, ['balancedAccuracy', 'sensitivity', 'specificity']),
  ];
}

function textTable({ groups, contradictions }: FilmLabelSection): ResultTable {
  const rows = groups.flatMap(({ name, anyLungFinding, healthyWithFinding }: Group) =>
    anyLungFinding ? [[name, ...findingCells(anyLungFinding), formatScore(healthyWithFinding.share)]] : [],
  );
  return {
    title: "What the texts say against the films' labels: any finding of the lungs",
    columns: [
      '',
      'sick / films',
      'balanced accuracy',
      'sensitivity',
      'specificity',
      'healthy with a finding',
    ],
    rows,
    notes: [
      `Contradicting themselves: a sentence against its region's score ${formatPercent(contradictions.sentenceAgainstScore)}, a lung against its zones ${formatPercent(contradictions.lungAgainstZones)}; against the classifier ${formatPercent(contradictions.reportAgainstClassifier)} of the films.`,
    ],
  };
}

function abnormalFilmTable({ groups }: FilmLabelSection): ResultTable {
  const names = ['auroc', 'accuracy', 'sensitivity', 'specificity'];
  return {
    title: 'Scores against the labels of films',
    columns: ['', 'positive / films', 'AUROC', 'accuracy', 'sensitivity', 'specificity'],
    rows: groups.flatMap(({ name, largestAbnormality, classifier }) => [
      ...(largestAbnormality
        ? [
            [
              `abnormality, ${name}`,
              `${largestAbnormality.numPositive} / ${largestAbnormality.numFilms}`,
              ...scoreCells(largestAbnormality.scores, names),
            ],
          ]
        : []),
      ...Object.entries(classifier).map(([label, scores]) => [
        `${label}, ${name}`,
        `${scores.numPositive} / ${scores.numFilms}`,
        ...scoreCells(scores.scores, names),
      ]),
    ]),
    notes: [
      "Abnormality: the largest abnormality score of a film's regions, positive where a region is called abnormal. By name: the classifier beside the reports.",
    ],
  };
}

/** The tables of a report model, in the order in which a reader asks. */
export function rrgTables(evaluation: RrgSections): ResultTable[] {
  const { detection, regions, sentences, reports, films, withReferenceLeak } = evaluation;
  const { detection: leaky, regions: leakyRegions } = withReferenceLeak ?? { detection: null, regions: null };
  return [
    ...(reports ? reportTables(reports) : []),
    ...(detection ? [detectionTable(detection)] : []),
    ...(regions ? [selectionTable(regions)] : []),
    ...(sentences ? [sentenceTable(sentences)] : []),
    ...(films ? [textTable(films), abnormalFilmTable(films)].filter(({ rows }) => rows.length > 0) : []),
    ...(detection || sentences ? [regionTable(evaluation)] : []),
    ...(leaky ? [detectionTable(leaky, LEAK)] : []),
    ...(leakyRegions ? [selectionTable(leakyRegions, LEAK)] : []),
  ];
}
