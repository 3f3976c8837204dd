import { DataError } from '@crrg/core';
import { DEFAULT_LITERAL_LIMITS, PythonFloat, type WritablePythonValue } from './literal.js';
import { isPythonPrintable } from './printable.js';

const NAMED_ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
};

const hex = (codePoint: number, digits: number) => codePoint.toString(16).padStart(digits, '0');

function escapeCharacter(character: string, quote: string): string {
  if (character === quote) return `\\${quote}`;
  const named = NAMED_ESCAPES[character];
  if (named !== undefined) return named;
  const codePoint = character.codePointAt(0)!;
  if (isPythonPrintable(codePoint)) return character;
  if (codePoint <= 0xff) return `\\x${hex(codePoint, 2)}`;
  return codePoint <= 0xffff ? `\\u${hex(codePoint, 4)}` : `\\U${hex(codePoint, 8)}`;
}

/** `repr(text)` of a Python `str`: single quotes, or double ones where the text holds single quotes alone. */
export function formatPythonString(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let escaped = '';
  for (const character of text) escaped += escapeCharacter(character, quote);
  return `${quote}${escaped}${quote}`;
}

/** `repr(value)` of a Python `float`: the shortest digits that give it back, an exponent below 1e-4 and from 1e16 on. */
export function formatPythonFloat(value: number): string {
  if (!Number.isFinite(value))
    throw new DataError(`datasets.formatPythonFloat: expected a finite number, got ${value}.`);
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [mantissa, exponentText] = value.toExponential().split('e') as [string, string];
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) {
    const sign = exponent < 0 ? '-' : '+';
    return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  const digits = mantissa.replace(/[-.]/g, '');
  const point = exponent + 1;
  const body =
    point <= 0
      ? `0.${'0'.repeat(-point)}${digits}`
      : digits.length <= point
        ? `${digits.padEnd(point, '0')}.0`
        : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return value < 0 ? `-${body}` : body;
}

function formatNumber(value: number): string {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return String(value);
  return formatPythonFloat(value);
}

/**
 * A value as Python's `repr` writes it, which is how lists stand in the cells of the CSV files of RGRG and CXR-CLIP
 * (docs/reference/datasets.md#rrg-tables). Whole numbers become `int`; {@link PythonFloat} keeps a float.
 *
 * @example
 * ```ts
 * formatPythonLiteral(['no effusion', "it's", true, null, 2]); // ['no effusion', "it's", True, None, 2]
 * ```
 * @throws {@link DataError} for numbers that are not finite, and lists deeper than 16
 */
export function formatPythonLiteral(value: WritablePythonValue): string {
  return formatAt(value, 0);
}

function formatAt(value: WritablePythonValue, depth: number): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return formatPythonString(value);
  if (typeof value === 'number') return formatNumber(value);
  if (value instanceof PythonFloat) return formatPythonFloat(value.value);
  if (depth >= DEFAULT_LITERAL_LIMITS.maxDepth)
    throw new DataError(
      `datasets.formatPythonLiteral: expected lists at most ${DEFAULT_LITERAL_LIMITS.maxDepth} deep, got a deeper one.`,
    );
  return `[${value.map((item) => formatAt(item, depth + 1)).join(', ')}]`;
}
