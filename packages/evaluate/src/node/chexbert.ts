import path from 'node:path';
import { DataError } from '@crrg/core';
import { writeFileAtomically, writingTo } from '@crrg/core/node';
import { readCsv, type CsvRow } from '@crrg/datasets/node';
import { CLINICAL_FINDINGS, type ReportLabelValues } from '@crrg/metrics';
import { collapseWhiteSpace, type ChexbertLabels } from '../reports/evaluate-report-films.js';
import { cellOf } from './csv-cell.js';
import { csvLine } from './csv-line.js';

/** The column that CheXbert reads texts from, and keeps beside its labels. */
const TEXT_COLUMN = 'Report Impression';

/** A text that CheXbert may be given, beside the reference. */
interface ReportTexts {
  readonly text: string;
  readonly report: string | null;
}

const textsOf = (films: readonly ReportTexts[]) =>
  [...new Set(films.flatMap(({ text, report }) => [text, report ?? '']).map(collapseWhiteSpace))].filter(
    Boolean,
  );

/** Writes every generated and reference text once, as CheXbert's program reads them. @returns the file */
export async function writeChexbertInput(folder: string, films: readonly ReportTexts[]): Promise<string> {
  const file = path.join(folder, 'chexbert-input.csv');
  const lines = [[TEXT_COLUMN], ...textsOf(films).map((text) => [text])].map(csvLine);
  await writingTo(file, () => writeFileAtomically(file, lines.join('')));
  return file;
}

function labelsOf(row: CsvRow): ReportLabelValues {
  return Object.fromEntries(
    CLINICAL_FINDINGS.map((finding) => {
      const cell = cellOf(row, finding).trim();
      const value = cell === '' || cell.toLowerCase() === 'nan' ? null : Number(cell);
      if (value === null || [1, 0, -1].includes(value)) return [finding, value];
      throw new DataError(
        `${row.where}: expected 1, 0, -1 or a blank for ${finding}, got another value; correct the row.`,
      );
    }),
  );
}

/**
 * Labels that CheXbert's program wrote, for texts of films.
 * @throws {DataError} where a text has no labels: the file is of other reports
 */
export async function readChexbertLabels(
  file: string,
  films: readonly ReportTexts[],
): Promise<ChexbertLabels> {
  const labels = new Map<string, ReportLabelValues>();
  for await (const row of readCsv(file, { columns: [TEXT_COLUMN, ...CLINICAL_FINDINGS] }))
    labels.set(collapseWhiteSpace(cellOf(row, TEXT_COLUMN)), labelsOf(row));
  const texts = textsOf(films);
  const without = texts.filter((text) => !labels.has(text)).length;
  if (without === 0) return labels;
  throw new DataError(
    `${file}: expected labels of all ${texts.length} texts, got none for ${without}; run CheXbert on chexbert-input.csv of this evaluation.`,
  );
}
