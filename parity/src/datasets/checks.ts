import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ParityContext } from '../framework/context.js';

/** A value with the fields of every object in the order of their names. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([name, field]) => [name, canonical(field)]));
}

/** A text that is the same for equal values. */
export const textOf = (value: unknown): string => JSON.stringify(canonical(value));

/** Compares lists of anything; the error is the number of rows that differ. */
export function checkRows(
  context: ParityContext,
  name: string,
  ours: readonly unknown[],
  theirs: readonly unknown[],
): boolean {
  const wrong = [...Array(Math.max(ours.length, theirs.length)).keys()].filter(
    (row) => textOf(ours[row] ?? null) !== textOf(theirs[row] ?? null),
  );
  const note =
    wrong.length > 0 ? `${ours.length} for ${theirs.length} rows, first other row ${wrong[0]}` : undefined;
  return context.report(`${name}, ${theirs.length} rows`, wrong.length, 0, note);
}

/** As {@link checkRows}, in any order. */
export function checkSets(
  context: ParityContext,
  name: string,
  ours: readonly unknown[],
  theirs: readonly unknown[],
): boolean {
  const sorted = (rows: readonly unknown[]) => [...new Set(rows.map(textOf))].sort();
  return checkRows(context, name, sorted(ours), sorted(theirs));
}

/** Compares texts to the byte; the error is 1 where they differ. */
export function checkText(context: ParityContext, name: string, ours: string, theirs: string): boolean {
  return context.report(name, ours === theirs ? 0 : 1, 0);
}

/** A file of the golden folder. */
export const goldenText = ({ folder }: ParityContext, file: string): Promise<string> =>
  readFile(join(folder, file), 'utf8');

/** The objects of a file of JSON lines. */
export async function goldenLines<T>(context: ParityContext, file: string): Promise<T[]> {
  const text = await goldenText(context, file);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}
