import { createProblemList, type ProblemList } from '@crrg/core';
import {
  CLINICAL_FINDINGS,
  evaluateChexbertLabels,
  type ReportLabelValues,
  type UncertainLabels,
} from '@crrg/metrics';
import { fieldOf, requireField, showValue, type Row } from './fields.js';
import { ID_FIELDS } from './ids.js';
import { placesIn, type PartFiles } from './part-files.js';
import { patientsOf, requirePatients } from './patients.js';
import { pairRows } from './report-pairs.js';
import { readRows, type RowFile } from './rows.js';
import type { ScorePart } from './score-part.js';

const VALUES: ReadonlyMap<string, number | ''> = new Map<string, number | ''>([
  ['', ''],
  ['nan', ''],
  ['1', 1],
  ['0', 0],
  ['-1', -1],
]);

/** A report's labels by CheXbert's files: 1 positive, 0 negative, -1 uncertain, blank not mentioned. */
function labelsOf(row: Row, problems: ProblemList): ReportLabelValues {
  return Object.fromEntries(
    CLINICAL_FINDINGS.map((finding) => {
      const value = fieldOf(row, [finding]) ?? '';
      const text = typeof value === 'object' ? '[]' : String(value as string | number);
      const label = VALUES.get(
        text
          .trim()
          .toLowerCase()
          .replace(/(?<=\d)\.0+$/, ''),
      );
      if (label === undefined)
        problems.add(
          row.subject,
          `expected 1, 0, -1 or a blank for ${finding}, got ${showValue(value)}; give the labels that CheXbert writes.`,
        );
      return [finding, label ?? ''];
    }),
  );
}

async function readLabelRows(file: string, signal: AbortSignal | undefined): Promise<RowFile> {
  const { rows, notes } = await readRows(file, { knownFields: [...CLINICAL_FINDINGS, ...ID_FIELDS], signal });
  for (const finding of CLINICAL_FINDINGS)
    requireField(file, rows, [finding], 'give a column for each of the 14 findings');
  return { rows, notes: notes.map((note) => `${file}: ${note}`) };
}

/** Labels of candidates beside those of their references. */
async function pairLabels(file: string, references: RowFile, files: PartFiles) {
  const { rows, notes } = await readLabelRows(file, files.signal);
  const paired = await pairRows(rows, references.rows, { ...files, candidates: file });
  const problems = createProblemList();
  const labels = paired.pairs.map(
    ([ours, theirs]) => [labelsOf(ours, problems), labelsOf(theirs, problems)] as const,
  );
  problems.check();
  return { ...paired, labels, notes, subjects: paired.pairs.map(([row]) => row.subject) };
}

/**
 * CheXbert F1 from the label files of both sides.
 * @throws {@link InputErrors} with one problem for each bad line
 */
export async function scoreChexbertFiles(files: PartFiles, uncertain: UncertainLabels): Promise<ScorePart> {
  const references = await readLabelRows(files.references, files.signal);
  const first = await pairLabels(files.candidates, references, files);
  requirePatients(files.references, first.pairs.flat(), files.patientField);
  const other = files.compare === undefined ? undefined : await pairLabels(files.compare, references, files);
  const evaluate = (labels: typeof first.labels) =>
    evaluateChexbertLabels(
      labels.map(([ours]) => ours),
      labels.map(([, theirs]) => theirs),
      { uncertain },
    );
  return {
    items: {
      pairedBy: first.pairedBy,
      numUnmatched: references.rows.length - first.pairs.length,
      patients: patientsOf(first.pairs, files.patientField),
      notes: [...first.notes, ...references.notes, ...(other?.notes ?? [])],
    },
    evaluation: evaluate(first.labels),
    other: other && {
      file: files.compare!,
      evaluation: evaluate(placesIn(first, other, files.compare!).map((at) => other.labels[at]!)),
    },
  };
}
