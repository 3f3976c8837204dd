import { ConfigError } from './errors.js';

/** Undefined for a value that is fine, else what it must be: `a positive integer`. */
export type FieldCheck = (value: unknown) => string | undefined;

/** A check per field; a nested table for a nested object. */
export interface FieldChecks {
  readonly [field: string]: FieldCheck | FieldChecks;
}

type Fields = Record<string, unknown>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isPositiveInteger = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) > 0;
const isFinite = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

/** A check from a test and what the value must be. */
export function fieldCheck(test: (value: unknown) => boolean, expected: string): FieldCheck {
  return (value) => (test(value) ? undefined : expected);
}

/** The checks that configurations share. */
export const fieldChecks = {
  count: fieldCheck(isPositiveInteger, 'a positive integer'),
  index: fieldCheck(
    (value) => Number.isSafeInteger(value) && (value as number) >= 0,
    'an integer of at least 0',
  ),
  number: fieldCheck(isFinite, 'a number'),
  length: fieldCheck((value) => isFinite(value) && value >= 0, 'a number of at least 0'),
  positive: fieldCheck((value) => isFinite(value) && value > 0, 'a positive number'),
  fraction: fieldCheck((value) => isFinite(value) && value > 0 && value <= 1, 'a number in (0, 1]'),
  positives: fieldCheck(
    (value) => Array.isArray(value) && value.length > 0 && value.every((item) => isFinite(item) && item > 0),
    'a list of positive numbers',
  ),
  fourCounts: fieldCheck(
    (value) => Array.isArray(value) && value.length === 4 && value.every(isPositiveInteger),
    'four positive integers',
  ),
} as const;

/** A check for one of some texts. */
export function oneOf(...choices: readonly string[]): FieldCheck {
  const expected = choices.map((choice) => `"${choice}"`).join(' or ');
  return fieldCheck((value) => choices.includes(value as string), expected);
}

/**
 * The fields of `value`, completed from `defaults`; what is wrong with them, unknown fields and null included, is added to `problems`.
 * The result holds copies of lists.
 * @param path what to put before each field's name in a problem: `rpn.`
 */
export function completeFields(
  value: unknown,
  defaults: object,
  checks: FieldChecks,
  path: string,
  problems: string[],
): Record<string, unknown> {
  if (value !== undefined && !isObject(value))
    problems.push(`${path.slice(0, -1) || 'config'} must be an object, got ${JSON.stringify(value)}`);
  const given = isObject(value) ? value : {};
  const result: Fields = {};
  for (const field of Object.keys(given))
    if (!Object.hasOwn(checks, field)) problems.push(`${path}${field} is not a field`);
  for (const [field, check] of Object.entries(checks)) {
    const fallback = (defaults as Fields)[field];
    if (typeof check !== 'function') {
      result[field] = completeFields(given[field], fallback as object, check, `${path}${field}.`, problems);
      continue;
    }
    const actual = given[field] === undefined ? fallback : given[field];
    const expected = check(actual);
    if (expected) problems.push(`${path}${field} must be ${expected}, got ${JSON.stringify(actual)}`);
    result[field] = Array.isArray(actual) ? [...(actual as unknown[])] : actual;
  }
  return result;
}

/**
 * Throws one error that names every problem; nothing where there is none.
 * @throws {ConfigError}
 */
export function refuseProblems(where: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new ConfigError(`${where}: ${problems.join('; ')}; correct these fields.`, { details: { problems } });
}
