import type { RclipEvaluation } from '../evaluation.js';
import type { ClassSection } from '../rclip/classes.js';
import type { LabelSection } from '../rclip/classification.js';
import type { RetrievalDirection } from '../rclip/retrieval-scores.js';
import { formatNumber, formatScore, scoreCells, type ResultTable } from './result-table.js';

const DECISIONS = ['accuracy', 'balancedAccuracy', 'f1', 'sensitivity', 'specificity'];
const COLUMNS = ['AUROC', 'accuracy', 'balanced accuracy', 'F1', 'sensitivity', 'specificity'];

const films = ({ numPositive, numFilms }: LabelSection) => `${numPositive} / ${numFilms}`;

function probeTable(probe: NonNullable<RclipEvaluation['probe']>): ResultTable {
  return {
    title: 'Probe',
    columns: ['label', 'positive / films', 'threshold', ...COLUMNS],
    rows: Object.entries(probe).flatMap(([label, section]) => [
      [
        label,
        films(section),
        formatNumber(section.threshold),
        ...scoreCells(section.scores, ['auroc', ...DECISIONS]),
      ],
      [label, films(section), '0.500', ...scoreCells(section.atHalf, ['auroc', ...DECISIONS])],
    ]),
    notes: Object.entries(probe).map(
      ([label, { majorityAccuracy }]) =>
        `${label}: always saying what most films are has an accuracy of ${formatNumber(majorityAccuracy)}.`,
    ),
  };
}

function zeroShotTable({ zeroShot, prompts }: RclipEvaluation): ResultTable {
  const entries = Object.entries(zeroShot!);
  return {
    title: 'Zero-shot classification',
    columns: ['label', 'positive / films', ...COLUMNS],
    rows: entries.map(([label, section]) => [
      label,
      films(section),
      ...scoreCells(section.scores, ['auroc', ...DECISIONS]),
    ]),
    notes: entries.map(
      ([label]) => `${label}: ${prompts[label]!.map((prompt) => `"${prompt}"`).join(' against ')}.`,
    ),
  };
}

function retrievalTable({
  imageToText,
  textToImage,
}: NonNullable<RclipEvaluation['retrieval']>): ResultTable {
  const row = (name: string, { numQueries, numCandidates, scores }: RetrievalDirection) => [
    name,
    `${numQueries} / ${numCandidates}`,
    ...scoreCells(scores, ['recallAt1', 'recallAt5', 'recallAt10']),
    formatScore(scores.meanRank, 1),
  ];
  return {
    title: 'Retrieval',
    columns: ['', 'queries / candidates', 'R@1', 'R@5', 'R@10', 'mean rank'],
    rows: [row('text of an image', imageToText), row('image of a text', textToImage)],
    notes: ['Equal texts count once; a text that several films share finds any of them.'],
  };
}

function classTable({ classes, confusion, numFilms, scores }: ClassSection): ResultTable {
  return {
    title: 'Zero-shot classification among classes',
    columns: ['true class', ...classes.map((name) => `called ${name}`)],
    rows: confusion.map((counts, index) => [classes[index]!, ...counts.map(String)]),
    notes: [
      `Accuracy ${formatScore(scores.accuracy)}, mean F1 ${formatScore(scores.macroF1)}; ${numFilms} films that show exactly one of the classes. A film is called the class whose prompts it is nearest to on average.`,
    ],
  };
}

/** The tables of a contrastive model. */
export function rclipTables(evaluation: RclipEvaluation): ResultTable[] {
  const { probe, zeroShot, retrieval, classes } = evaluation;
  return [
    ...(probe ? [probeTable(probe)] : []),
    ...(zeroShot ? [zeroShotTable(evaluation)] : []),
    ...(classes ? [classTable(classes)] : []),
    ...(retrieval ? [retrievalTable(retrieval)] : []),
  ];
}
