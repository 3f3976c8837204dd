import type { Doubt } from '@crrg/core';
import type { RegionDescription, Report } from '@crrg/pipeline';
import { formatDoubt, formatTable, printable, wrapText } from './text.js';

const percent = (score: number) => `${Math.round(100 * score)} %`;

function findingsTable({ regions, findings }: Report, width: number): string {
  if (findings.length === 0) return 'No region was selected for a sentence.\n';
  const scores = new Map(regions.map((region) => [region.name, region]));
  const rows = findings.map(({ region, sentence }) => {
    const { abnormalityScore, detectionScore } = scores.get(region)!;
    return [region, percent(abnormalityScore), percent(detectionScore), printable(sentence)];
  });
  return formatTable([['REGION', 'ABNORMAL', 'DETECTED', 'SENTENCE'], ...rows], width);
}

function regionList(label: string, { regions }: Report, status: string, width: number): string {
  const names = regions.filter((region) => region.status === status).map(({ name }) => name);
  if (names.length === 0) return '';
  return formatTable([[label, names.join(', ')]], width);
}

function classificationList({ classification = [] }: Report, width: number): string {
  const rows = classification.map(({ label, probability, threshold, positive }) => [
    printable(label),
    percent(probability),
    `${positive ? 'above' : 'below'} the threshold of ${percent(threshold)}`,
  ]);
  return rows.length === 0 ? '' : formatTable([['LABEL', 'PROBABILITY', 'VERDICT'], ...rows], width);
}

function doubtList(doubts: readonly Doubt[], width: number): string {
  return doubts.flatMap((doubt) => wrapText(formatDoubt(doubt), width).map((line) => `${line}\n`)).join('');
}

/** A report for people, lines of about `width` characters. */
export function formatReport(report: Report, width: number): string {
  const { input, provenance, text } = report;
  const { model, backend, durations } = provenance;
  const seconds = Object.values(durations).reduce((sum, each) => sum + each, 0) / 1000;
  const title = `${printable(input.file ?? 'radiograph')}  ${input.width} x ${input.height}  ${model.name} ${model.version}, ${backend}, ${seconds.toFixed(1)} s`;
  const body = printable(text);
  return [
    `${title}\n`,
    findingsTable(report, width),
    regionList('No sentence:', report, 'detected', width) +
      regionList('Not found:', report, 'not-detected', width),
    classificationList(report, width),
    body && `${wrapText(body, width).join('\n')}\n`,
    doubtList(report.doubts, width),
  ]
    .filter(Boolean)
    .join('\n');
}

/** A description for people. */
export function formatDescription(description: RegionDescription, width: number): string {
  const { region, box, sentence, abnormalityScore, selectionScore, doubts } = description;
  const corners = [box.x1, box.y1, box.x2, box.y2].map((value) => value.toFixed(0)).join(', ');
  const rows = [
    [region ?? 'box', printable(sentence)],
    ['abnormal', percent(abnormalityScore)],
    ['selected', percent(selectionScore)],
    ['box', `${corners} (x1, y1, x2, y2 in pixels of the picture)`],
  ];
  return formatTable(rows, width) + doubtList(doubts, width);
}
