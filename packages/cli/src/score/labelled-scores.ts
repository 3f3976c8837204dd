import { createProblemList, type ProblemList } from '../input-errors.js';
import { fieldOf, readRows, requireField, type Row } from './rows.js';

/** Labels and scores of one condition. */
export interface LabelledScores {
  /** `undefined` in a file of one condition without a name. */
  readonly condition: string | undefined;
  readonly labels: readonly number[];
  readonly scores: readonly number[];
  /** Absent where the file has no weights. */
  readonly weights?: readonly number[] | undefined;
}

const LABELS: Readonly<Record<string, number>> = { '0': 0, '1': 1, '0.0': 0, '1.0': 1, false: 0, true: 1 };

function labelOf(row: Row, problems: ProblemList): number {
  const value = fieldOf(row, ['label']);
  const label = LABELS[String(value).trim().toLowerCase()];
  if (label === undefined)
    problems.add(row.subject, `expected label 0 or 1, got ${show(value)}; leave out what was not assessed.`);
  return label ?? 0;
}

function numberOf(row: Row, name: string, least: number, problems: ProblemList): number {
  const value = fieldOf(row, [name]);
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number) && number >= least) return number;
  const expected = least > -Infinity ? `a ${name} of at least ${least}` : `a finite number in ${name}`;
  problems.add(row.subject, `expected ${expected}, got ${show(value)}; repair or leave out the line.`);
  return 0;
}

const show = (value: unknown) => (value === undefined ? 'no such field' : JSON.stringify(value));

/**
 * Reads a file with the fields `label` and `score`, optionally `condition` (several classifiers or findings in one file) and `weight`.
 * Conditions come in order of appearance.
 * @throws `InputErrors` with one problem for each bad line
 */
export async function readLabelledScores(file: string): Promise<LabelledScores[]> {
  const rows = await readRows(file);
  for (const name of ['label', 'score']) requireField(file, rows, [name], 'name the columns');
  const problems = createProblemList();
  const hasWeights = rows.some((row) => Object.hasOwn(row.fields, 'weight'));
  const groups = new Map<string | undefined, { labels: number[]; scores: number[]; weights: number[] }>();
  for (const row of rows) {
    const condition = fieldOf(row, ['condition', 'finding', 'name']);
    const key = condition === undefined ? undefined : String(condition);
    const group = groups.get(key) ?? { labels: [], scores: [], weights: [] };
    groups.set(key, group);
    group.labels.push(labelOf(row, problems));
    group.scores.push(numberOf(row, 'score', -Infinity, problems));
    if (hasWeights) group.weights.push(numberOf(row, 'weight', 0, problems));
  }
  problems.check();
  return [...groups].map(([condition, { labels, scores, weights }]) => ({
    condition,
    labels,
    scores,
    weights: hasWeights ? weights : undefined,
  }));
}
