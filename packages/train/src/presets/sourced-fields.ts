import { fieldCheck, fieldChecks, refuseProblems, type FieldCheck } from '@crrg/core';

/** Checks by field of a part of a preset. */
export type SettingChecks = Readonly<Record<string, FieldCheck>>;

/** What is wrong with a preset, and how its parts are read; see {@link readPreset}. */
export interface PresetReader {
  /** The values of settings `{ "value": ..., "from": ... }`; those that are null are left out. Settings of `optional` need not be there. */
  settings(
    json: unknown,
    checks: SettingChecks,
    path: string,
    optional?: SettingChecks,
  ): Record<string, unknown>;
  /** The members of an object; names that are neither in `names` nor `optional` are problems, as absent ones of `names` are. */
  members(
    json: unknown,
    names: readonly string[],
    path: string,
    optional?: readonly string[],
  ): Record<string, unknown>;
}

/** A positive integer, or null for "none". */
export const countOrNull: FieldCheck = fieldCheck(
  (value) => value === null || fieldChecks.count(value) === undefined,
  'a positive integer or null',
);

/** From 0 to below 1. */
export const share: FieldCheck = fieldCheck(
  (value) => typeof value === 'number' && value >= 0 && value < 1,
  'a number from 0 to below 1',
);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isText = (value: unknown) => typeof value === 'string' && value.trim() !== '';

/**
 * Reads a preset strictly: every field is there, none that is unknown, and each setting says from which of the file's `sources` its value is.
 * @throws {ConfigError} that names every problem
 */
export function readPreset<T>(
  json: unknown,
  schema: string,
  names: readonly string[],
  read: (fields: Readonly<Record<string, unknown>>, reader: PresetReader) => T,
  optional: readonly string[] = [],
): T {
  const problems: string[] = [];
  const members = (
    value: unknown,
    wanted: readonly string[],
    path: string,
    unneeded: readonly string[] = [],
  ) => {
    const fields = isObject(value) ? value : {};
    if (!isObject(value)) problems.push(`${path || 'preset'} must be an object`);
    for (const name of Object.keys(fields))
      if (!wanted.includes(name) && !unneeded.includes(name))
        problems.push(`${path && `${path}.`}${name} is not a field`);
    for (const name of wanted)
      if (isObject(value) && !Object.hasOwn(fields, name))
        problems.push(`${path && `${path}.`}${name} is missing`);
    return fields;
  };
  const fields = members(json, ['schema', 'name', 'source', 'sources', ...names], '', optional);
  if (fields['schema'] !== schema) problems.push(`schema must be "${schema}"`);
  for (const name of ['name', 'source']) if (!isText(fields[name])) problems.push(`${name} must be a text`);
  const sources = isObject(fields['sources']) ? fields['sources'] : {};
  if (!Object.values(sources).every(isText)) problems.push('sources must say in words what each one is');
  const settings = (value: unknown, needed: SettingChecks, path: string, optional: SettingChecks = {}) => {
    const values: Record<string, unknown> = {};
    const checks = { ...needed, ...optional };
    for (const [name, setting] of Object.entries(
      members(value, Object.keys(needed), path, Object.keys(optional)),
    )) {
      const where = path ? `${path}.${name}` : name;
      const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
      if (!check) continue;
      const { value: given, from } = members(setting, ['value', 'from'], where);
      const expected = check(given);
      if (expected) problems.push(`${where}.value must be ${expected}, got ${JSON.stringify(given)}`);
      if (typeof from !== 'string' || !Object.hasOwn(sources, from))
        problems.push(`${where}.from must be one of sources, got ${JSON.stringify(from)}`);
      if (given !== null) values[name] = given;
    }
    return values;
  };
  const preset = read(fields, { settings, members });
  refuseProblems('train.parsePreset', problems);
  return preset;
}
