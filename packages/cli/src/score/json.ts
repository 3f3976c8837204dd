import type { ProblemList } from '@crrg/core';
import { createBreath } from '../breath.js';
import type { Row } from './fields.js';

/** A number that JavaScript would write otherwise: too many digits, `1.0`, an exponent. */
const UNUSUAL_NUMBER = /[[:,\s]-?(?:[0-9]{16}|[0-9]+[.eE])/;
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/g;

/** Numbers that would not be written back as they are become texts, so that identifiers keep every digit. */
function keepDigits(json: string): string {
  if (!UNUSUAL_NUMBER.test(json)) return json;
  return json.replace(STRING_OR_NUMBER, (token) =>
    token.startsWith('"') || String(Number(token)) === token ? token : `"${token}"`,
  );
}

/** A JSON value, or what is wrong with it. Numbers whose digits would change are texts. */
export function parseJson(text: string): { value: unknown } | { message: string } {
  try {
    const value = JSON.parse(text) as unknown;
    const kept = keepDigits(text);
    return { value: kept === text ? value : (JSON.parse(kept) as unknown) };
  } catch (error) {
    return { message: (error as Error).message };
  }
}

/** A text alone counts as an item with the field `text`. */
function toFields(value: unknown): Row['fields'] | undefined {
  if (typeof value === 'string') return { text: value };
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Row['fields'])
    : undefined;
}

/** The items of a JSON list. */
export function rowsOfList(file: string, list: readonly unknown[], problems: ProblemList): Row[] {
  return list.flatMap((value, index) => {
    const subject = `${file}: item ${index + 1}`;
    const fields = toFields(value);
    if (!fields) problems.add(subject, 'expected an object or a text; write one for each item.');
    return fields ? [{ subject, fields }] : [];
  });
}

/** The items of JSON Lines; empty lines are left out. */
export async function rowsOfJsonLines(
  file: string,
  text: string,
  signal: AbortSignal | undefined,
  problems: ProblemList,
): Promise<Row[]> {
  const rows: Row[] = [];
  const breath = createBreath(signal);
  for (const [index, line] of text.split(/\r\n?|\n/).entries()) {
    if (breath.isDue()) await breath.take();
    if (line.trim() === '') continue;
    const subject = `${file}: line ${index + 1}`;
    const parsed = parseJson(line);
    const fields = 'value' in parsed ? toFields(parsed.value) : undefined;
    if (fields) rows.push({ subject, fields });
    else
      problems.add(
        subject,
        `expected a JSON object, got ${'message' in parsed ? parsed.message : 'another value'}; write one in each line.`,
      );
  }
  return rows;
}
