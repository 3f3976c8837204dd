import { createProblemList, InputErrors, type InputProblem, type ProblemList } from '@crrg/core';
import { createBreath } from '../breath.js';
import { fieldOf, findField, requireField, showValue, type Row } from './fields.js';
import { readRows } from './rows.js';

/** Labels and scores of one condition. */
export interface LabelledScores {
  /** `undefined` in a file of one condition without a name. */
  readonly condition: string | undefined;
  readonly labels: readonly number[];
  readonly scores: readonly number[];
  /** Absent where the file has no weights. */
  readonly weights?: readonly number[] | undefined;
}

/** What a file of labels and scores holds. */
export interface LabelFile {
  /** Conditions without a bad line, in order of appearance. */
  readonly conditions: readonly LabelledScores[];
  /** One problem for each bad line of the other conditions. */
  readonly problems: readonly InputProblem[];
  /** What was assumed when the file was read. */
  readonly notes: readonly string[];
}

interface Group {
  readonly name: string | undefined;
  readonly labels: number[];
  readonly scores: number[];
  readonly weights: number[];
  readonly problems: InputProblem[];
}

const CONDITION_FIELDS = ['condition', 'finding', 'name'];
const KNOWN_FIELDS = ['label', 'score', 'weight', ...CONDITION_FIELDS];
const LABELS: Readonly<Record<string, number>> = { '0': 0, '1': 1, '0.0': 0, '1.0': 1, false: 0, true: 1 };

/** Lists too; `null` as well. Some of them have no text. */
const isObject = (value: unknown) => typeof value === 'object';

function labelOf(row: Row, problems: ProblemList): number {
  const value = fieldOf(row, ['label']);
  const key = isObject(value) ? '' : String(value).trim().toLowerCase();
  if (Object.hasOwn(LABELS, key)) return LABELS[key]!;
  problems.add(row.subject, `expected label 0 or 1, got ${show(value)}; leave out what was not assessed.`);
  return 0;
}

/** A plain number with a comma in place of the point. */
const DECIMAL_COMMA = /^\s*-?\d+,\d+\s*$/;

/** Reads numbers of a column; `hasComma` where the file writes 0,87 for 0.87. */
function numberOf(row: Row, name: string, least: number, hasComma: boolean, problems: ProblemList): number {
  const value = fieldOf(row, [name]);
  const text = typeof value === 'string' && hasComma ? value.replace(',', '.') : value;
  const number = typeof text === 'string' && text.trim() !== '' ? Number(text) : text;
  if (typeof number === 'number' && Number.isFinite(number) && number >= least) return number;
  const expected = least > -Infinity ? `a ${name} of at least ${least}` : `a finite number in ${name}`;
  problems.add(row.subject, `expected ${expected}, got ${show(value)}; repair or leave out the line.`);
  return 0;
}

const show = (value: unknown) => (value === undefined ? 'no such field' : showValue(value));

/** Which columns the rows have, and in which ones numbers have a decimal comma: at least one has, and none has a point. */
interface Columns {
  readonly hasWeights: boolean;
  readonly isNamed: boolean;
  readonly commas: ReadonlySet<string>;
}

async function columnsOf(rows: readonly Row[], signal: AbortSignal | undefined): Promise<Columns> {
  const breath = createBreath(signal);
  const [withComma, withPoint] = [new Set<string>(), new Set<string>()];
  let [hasWeights, isNamed] = [false, false];
  for (const row of rows) {
    if (breath.isDue()) await breath.take();
    hasWeights ||= findField(row, ['weight']) !== undefined;
    isNamed ||= findField(row, CONDITION_FIELDS) !== undefined;
    for (const name of hasWeights ? ['score', 'weight'] : ['score']) {
      const value = fieldOf(row, [name]);
      if (typeof value !== 'string') continue;
      if (DECIMAL_COMMA.test(value)) withComma.add(name);
      if (value.includes('.')) withPoint.add(name);
    }
  }
  return { hasWeights, isNamed, commas: new Set([...withComma].filter((name) => !withPoint.has(name))) };
}

/** The condition of a row; `null` where other rows have one and this one has not. */
function conditionOf(row: Row, isNamed: boolean): string | undefined | null {
  if (!isNamed) return undefined;
  const value = fieldOf(row, CONDITION_FIELDS);
  const name = value === undefined || isObject(value) ? '' : String(value as string | number).trim();
  return name === '' ? null : name;
}

/**
 * Reads a file with the fields `label` and `score`, optionally `condition` (several classifiers or findings in one file) and `weight`.
 * @throws `InputErrors` where the file cannot be read, a row has no condition though others have, or no condition is without bad lines
 */
export async function readLabelledScores(file: string, signal?: AbortSignal): Promise<LabelFile> {
  const { rows, notes } = await readRows(file, { knownFields: KNOWN_FIELDS, signal });
  for (const name of ['label', 'score']) requireField(file, rows, [name], 'name the columns');
  const { hasWeights, isNamed, commas } = await columnsOf(rows, signal);
  const groups = new Map<string | undefined, Group>();
  const unnamed = createProblemList();
  const breath = createBreath(signal);
  for (const row of rows) {
    if (breath.isDue()) await breath.take();
    const name = conditionOf(row, isNamed);
    if (name === null) {
      unnamed.add(row.subject, 'expected a condition, which other rows have, got none; fill it in.');
      continue;
    }
    const group = groups.get(name) ?? { name, labels: [], scores: [], weights: [], problems: [] };
    groups.set(name, group);
    addRow(group, row, hasWeights, commas);
  }
  unnamed.check();
  return { ...sort([...groups.values()], hasWeights), notes: [...notes, ...commaNotes(commas)] };
}

function addRow(group: Group, row: Row, hasWeights: boolean, commas: ReadonlySet<string>): void {
  const where = group.name === undefined ? '' : ` of condition ${group.name}`;
  const problems = {
    ...createProblemList(),
    add: (subject: string, message: string) =>
      void group.problems.push({ subject: `${subject}${where}`, message }),
  };
  group.labels.push(labelOf(row, problems));
  group.scores.push(numberOf(row, 'score', -Infinity, commas.has('score'), problems));
  if (hasWeights) group.weights.push(numberOf(row, 'weight', 0, commas.has('weight'), problems));
}

function sort(groups: readonly Group[], hasWeights: boolean): Pick<LabelFile, 'conditions' | 'problems'> {
  const problems = groups.flatMap((group) => group.problems);
  const good = groups.filter((group) => group.problems.length === 0);
  if (good.length === 0) throw new InputErrors(problems);
  const conditions = good.map(({ name, labels, scores, weights }) => ({
    condition: name,
    labels,
    scores,
    weights: hasWeights ? weights : undefined,
  }));
  return { conditions, problems };
}

function commaNotes(commas: ReadonlySet<string>): string[] {
  return [...commas].map((name) => `numbers in ${name} are read with a decimal comma.`);
}
