import { createProblemList, InputErrors } from '@crrg/core';
import { readDecodedText } from '@crrg/core/node';
import {
  checkRadGraphReport,
  evaluateRadCliQ,
  evaluateRadGraph,
  MetricsError,
  RADCLIQ_COLUMNS,
  type RadCliQColumns,
  type RadGraphReport,
} from '@crrg/metrics';
import { fieldOf, requireField, showValue, type Row } from './fields.js';
import { placesIn, type PartFiles } from './part-files.js';
import { patientsOf, requirePatients } from './patients.js';
import { readRows } from './rows.js';
import type { ScorePart } from './score-part.js';

/** Graphs by the key of the report, as the Python package radgraph writes them. */
async function readGraphs(file: string): Promise<{ graphs: Map<string, RadGraphReport>; notes: string[] }> {
  const { text, notes } = await readDecodedText(file);
  const refuse = (got: string): never => {
    throw new InputErrors([
      {
        subject: file,
        message: `expected a JSON object of reports by key, got ${got}; give what radgraph writes.`,
      },
    ]);
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    refuse((error as Error).message);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('another value');
  const entries = Object.entries(value);
  if (entries.length === 0) return refuse('an empty object');
  const problems = createProblemList();
  for (const [key, graph] of entries)
    try {
      checkRadGraphReport('graph', graph);
    } catch (error) {
      if (!MetricsError.isInstance(error)) throw error;
      problems.add(`${file}: report ${key}`, error.message.replace(/^graph: /, ''));
    }
  problems.check();
  return { graphs: new Map(entries), notes: notes.map((note) => `${file}: ${note}`) };
}

/** Graphs of candidates beside those of their references. */
async function pairGraphs(
  file: string,
  references: ReadonlyMap<string, RadGraphReport>,
  referenceFile: string,
) {
  const { graphs, notes } = await readGraphs(file);
  const problems = createProblemList();
  const pairs = [...graphs].flatMap(([key, graph]) => {
    const reference = references.get(key);
    if (!reference)
      problems.add(
        `${file}: report ${key}`,
        `expected a report with the same key in ${referenceFile}, got none; give both sides the same keys.`,
      );
    return reference ? [[graph, reference] as const] : [];
  });
  problems.check();
  const ids = [...graphs.keys()];
  return { pairs, ids, notes, subjects: ids.map((key) => `${file}: report ${key}`) };
}

/**
 * RadGraph F1 from the graphs of both sides.
 * @throws {@link InputErrors} with one problem for each bad report
 */
export async function scoreRadGraphFiles(files: PartFiles): Promise<ScorePart> {
  const references = await readGraphs(files.references);
  const first = await pairGraphs(files.candidates, references.graphs, files.references);
  const other =
    files.compare === undefined
      ? undefined
      : await pairGraphs(files.compare, references.graphs, files.references);
  const evaluate = (pairs: typeof first.pairs) =>
    evaluateRadGraph(
      pairs.map(([ours]) => ours),
      pairs.map(([, theirs]) => theirs),
    );
  return {
    items: {
      pairedBy: 'key',
      numUnmatched: references.graphs.size - first.pairs.length,
      notes: [...first.notes, ...references.notes, ...(other?.notes ?? [])],
    },
    evaluation: evaluate(first.pairs),
    other: other && {
      file: files.compare!,
      evaluation: evaluate(placesIn(first, other, files.compare!).map((at) => other.pairs[at]!)),
    },
  };
}

/** The columns' names in files, those of CXR-Report-Metric first. */
const COLUMN_FIELDS: Readonly<Record<keyof RadCliQColumns, readonly string[]>> = {
  radgraphCombined: ['radgraph_combined', 'radgraph'],
  bertscore: ['bertscore'],
  sembScore: ['semb_score', 'semb'],
  bleu2: ['bleu_score', 'bleu2'],
};

/**
 * RadCliQ-v1 from a table of its columns, a row a report.
 * @throws {@link InputErrors} with one problem for each bad line
 */
export async function scoreRadCliQFile(
  file: string,
  { patientField, signal }: Pick<PartFiles, 'patientField' | 'signal'>,
): Promise<ScorePart> {
  const { rows, notes } = await readRows(file, { knownFields: Object.values(COLUMN_FIELDS).flat(), signal });
  for (const fields of Object.values(COLUMN_FIELDS)) requireField(file, rows, fields, 'name the columns');
  requirePatients(file, rows, patientField);
  const problems = createProblemList();
  const numberOf = (row: Row, fields: readonly string[]) => {
    const value = fieldOf(row, fields);
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number === 'number' && Number.isFinite(number)) return number;
    problems.add(
      row.subject,
      `expected a number in ${fields[0]!}, got ${showValue(value)}; repair the line.`,
    );
    return 0;
  };
  const reports = rows.map(
    (row) =>
      Object.fromEntries(
        RADCLIQ_COLUMNS.map((name) => [name, numberOf(row, COLUMN_FIELDS[name])]),
      ) as unknown as RadCliQColumns,
  );
  problems.check();
  return {
    items: {
      pairedBy: 'row',
      numUnmatched: 0,
      patients: patientsOf(
        rows.map((row) => [row]),
        patientField,
      ),
      notes: [...notes.map((note) => `${file}: ${note}`), 'RadCliQ-v1 estimates errors: lower is better.'],
    },
    evaluation: evaluateRadCliQ(reports),
  };
}
