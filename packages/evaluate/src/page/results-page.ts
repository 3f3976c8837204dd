import { escapeXml, INTENDED_USE } from '@crrg/core';
import {
  computeRocCurve,
  computeAuroc,
  renderConfusionSvg,
  renderRocSvg,
  type ConfusionCounts,
} from '@crrg/metrics';
import { renderLossCurves, type LossCurve } from '@crrg/train-loop';
import type { Evaluation } from '../evaluation.js';
import { rclipTables } from '../present/rclip-tables.js';
import { reportTables } from '../present/report-tables.js';
import type { ResultTable } from '../present/result-table.js';
import { rrgTables } from '../present/rrg-tables.js';
import { renderExample, type ExampleFilm } from './example.js';
import { createNumbering, element, renderFigure, renderTable, type Numbering } from './html.js';
import { renderRegionBars } from './region-bars.js';
import { PAGE_STYLE } from './style.js';

/** What every page of ours has in its head. @internal */
export const GENERATOR = '<meta name="generator" content="crrg">';

/** Scores beside the truth, for a ROC curve. */
export interface RocData {
  readonly name: string;
  readonly labels: readonly (0 | 1)[];
  readonly scores: readonly number[];
}

/** A training whose losses are shown. */
export interface LossData {
  readonly title: string;
  readonly curves: readonly LossCurve[];
}

/** One evaluation on a page. */
export interface PageSection {
  readonly name: string;
  readonly evaluation: Evaluation;
  /** @defaultValue none */
  readonly roc?: readonly RocData[] | undefined;
  /** @defaultValue none */
  readonly losses?: readonly LossData[] | undefined;
  /** @defaultValue none */
  readonly examples?: readonly ExampleFilm[] | undefined;
}

/** Everything on a results page. */
export interface ResultsPage {
  readonly title: string;
  readonly sections: readonly PageSection[];
  /** Tables before the sections, such as those that compare with published figures; rows whose class is `ours` stand out. */
  readonly overview?:
    readonly { readonly table: ResultTable; readonly ours?: ReadonlySet<number> | undefined }[] | undefined;
}

function tablesOf(evaluation: Evaluation): ResultTable[] {
  if (evaluation.schema === 'crrg/evaluation/rrg/1') return rrgTables(evaluation);
  return evaluation.schema === 'crrg/evaluation/rclip/1'
    ? rclipTables(evaluation)
    : reportTables(evaluation.reports);
}

function subjectOf(evaluation: Evaluation): [string, string][] {
  const short = (sha256: string) => sha256.slice(0, 12);
  if (evaluation.schema === 'crrg/evaluation/reports/1') {
    const { name, sha256 } = evaluation.system;
    return [['Reports', `${name} (SHA-256 ${short(sha256)}…)`]];
  }
  const { name, version, sha256 } = evaluation.model;
  const search: [string, string][] =
    evaluation.schema === 'crrg/evaluation/rrg/1'
      ? [
          [
            'Search',
            `${evaluation.search.numBeams} beams, at most ${evaluation.search.maxLength} tokens, repeated sentences: ${evaluation.search.similarity}`,
          ],
        ]
      : [];
  return [['Model', `${name} ${version} (SHA-256 ${short(sha256)}…)`], ...search];
}

function renderMeta(evaluation: Evaluation): string {
  const { studies, intervals, counts } = evaluation;
  const failed = studies.numFailed > 0 ? `; ${studies.numFailed} could not be evaluated` : '';
  const rows = [
    ...subjectOf(evaluation),
    [
      'Studies',
      `${studies.file}, split ${studies.split}${studies.firstRows === null ? '' : `, the first ${studies.firstRows}`}: ${counts.films} films of ${counts.patients} patients${failed}`,
    ],
    [
      'Intervals',
      `${100 * intervals.level} %, ${intervals.method}, ${intervals.numResamples} samples, seed ${intervals.seed}`,
    ],
  ];
  return element(
    'dl',
    rows.map(([name, value]) => element('dt', name!) + element('dd', escapeXml(value!))).join(''),
    'class="meta"',
  );
}

function renderRoc(roc: readonly RocData[], numbering: Numbering): string {
  const drawable = roc.filter(({ labels }) => labels.includes(0) && labels.includes(1));
  if (drawable.length === 0) return '';
  const svg = renderRocSvg(
    drawable.map(({ name, labels, scores }) => ({
      name: `${name} (AUROC ${computeAuroc(labels, scores).toFixed(3)})`,
      curve: computeRocCurve(labels, scores, { dropCollinear: true }),
    })),
  );
  return renderFigure(svg, 'Receiver operating characteristics.', numbering, { isPaper: true });
}

const matrixOf = ({ truePositives, falsePositives, falseNegatives, trueNegatives }: ConfusionCounts) => [
  [trueNegatives, falsePositives],
  [falseNegatives, truePositives],
];

function renderConfusions(evaluation: Evaluation, numbering: Numbering): string {
  if (evaluation.schema !== 'crrg/evaluation/rrg/1' || !evaluation.regions) return '';
  const { selection, abnormality } = evaluation.regions;
  const draw = (title: string, counts: ConfusionCounts, classNames: readonly string[], caption: string) =>
    renderFigure(
      renderConfusionSvg(matrixOf(counts), {
        title,
        classNames,
        rowLabel: 'Reference',
        columnLabel: 'Model',
      }),
      caption,
      numbering,
      { isPaper: true },
    );
  return element(
    'div',
    [
      draw(
        'Region selection',
        selection.all.confusion,
        ['no sentence', 'sentence'],
        'Regions with a reference phrase, and regions that the model selected.',
      ),
      draw(
        'Region abnormality',
        abnormality.confusion,
        ['normal', 'abnormal'],
        'Abnormal regions, among those that the model detected.',
      ),
    ].join('\n'),
    'class="pair"',
  );
}

function renderBars(evaluation: Evaluation, numbering: Numbering): string {
  if (evaluation.schema !== 'crrg/evaluation/rrg/1' || !evaluation.detection) return '';
  const caption = `Mean intersection over union of each region, with ${100 * evaluation.intervals.level} % intervals; 0 where a region was not detected.`;
  return renderFigure(renderRegionBars(evaluation.detection), caption, numbering);
}

function renderLosses(losses: readonly LossData[], numbering: Numbering): string {
  const drawable = losses.filter(({ curves }) => curves.some(({ points }) => points.length > 0));
  if (drawable.length === 0) return '';
  const figures = drawable.map(({ title, curves }) =>
    renderFigure(
      renderLossCurves(curves, { title, xLabel: 'batch', width: 640, height: 380 }),
      `Losses of ${title}.`,
      numbering,
      {
        isPaper: true,
      },
    ),
  );
  return `<h3>Training</h3>\n${element('div', figures.join('\n'), 'class="pair"')}`;
}

function renderExamples(examples: readonly ExampleFilm[], numbering: Numbering): string {
  if (examples.length === 0) return '';
  const introduction =
    'Films drawn at random among those with a written sentence, not chosen for being good: region by region what the model wrote, and what the reference says.';
  return [
    '<h3>Examples</h3>',
    element('p', introduction),
    ...examples.map((example) => renderExample(example, numbering)),
  ].join('\n');
}

function renderSection(section: PageSection, index: number, numbering: Numbering): string {
  const { name, evaluation, roc = [], losses = [], examples = [] } = section;
  const notes = evaluation.notes.map((note) => element('p', escapeXml(note))).join('');
  return [
    `<section id="section-${index + 1}">`,
    element('h2', escapeXml(name)),
    renderMeta(evaluation),
    ...tablesOf(evaluation).map((table) => renderTable(table, numbering)),
    notes && element('div', notes, 'class="notes"'),
    renderBars(evaluation, numbering),
    renderRoc(roc, numbering),
    renderConfusions(evaluation, numbering),
    renderLosses(losses, numbering),
    renderExamples(examples, numbering),
    '</section>',
  ]
    .filter(Boolean)
    .join('\n');
}

function renderContents(sections: readonly PageSection[]): string {
  if (sections.length < 2) return '';
  const items = sections.map(({ name }, index) =>
    element('li', element('a', escapeXml(name), `href="#section-${index + 1}"`)),
  );
  return element('nav', `Contents${element('ol', items.join(''))}`);
}

/**
 * A results page: one HTML text without scripts that needs nothing from a network.
 *
 * @example
 * ```ts
 * const html = renderResultsPage({ title: 'RRG on 2,000 films', sections: [{ name: 'RRG', evaluation }] });
 * ```
 */
export function renderResultsPage({ title, sections, overview = [] }: ResultsPage): string {
  const numbering = createNumbering();
  const body = [
    element('h1', escapeXml(title)),
    element('div', INTENDED_USE, 'class="caution" role="note"'),
    renderContents(sections),
    ...overview.map(({ table, ours }) =>
      renderTable(table, numbering, { rowClass: (index) => (ours?.has(index) ? 'ours' : undefined) }),
    ),
    ...sections.map((section, index) => renderSection(section, index, numbering)),
    element('footer', `Made by crrg. ${INTENDED_USE}`),
  ].filter(Boolean);
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">`,
    GENERATOR,
    element('title', escapeXml(title)),
    element('style', PAGE_STYLE),
    '</head>',
    '<body>',
    element('main', `\n${body.join('\n')}\n`),
    '</body>',
    '</html>',
    '',
  ].join('\n');
}
