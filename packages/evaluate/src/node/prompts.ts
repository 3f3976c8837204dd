import { DataError } from '@crrg/core';
import { readInputText } from '@crrg/core/node';
import { PNEUMONIA_PROMPTS } from '@crrg/rclip';
import type { ClassPrompts, LabelPrompts } from './rclip-reader.js';

/** The prompts of CXR-CLIP's evaluation: its own for pneumonia, else "No X" and "X". */
export const defaultPrompts = (label: string): readonly [negative: string, positive: string] =>
  label.toLowerCase() === 'pneumonia' ? PNEUMONIA_PROMPTS : [`No ${label}`, label];

const isPrompt = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';

const isPair = (value: unknown): value is [string, string] =>
  Array.isArray(value) && value.length === 2 && value.every(isPrompt) && value[0] !== value[1];

const isList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.every(isPrompt);

/** The entries of a JSON object whose values are all good. @throws {DataError} */
async function readEntries<T>(
  file: string,
  expected: string,
  isGood: (value: unknown) => value is T,
  fewest: number,
): Promise<ReadonlyMap<string, T>> {
  let value: unknown;
  try {
    value = JSON.parse(await readInputText(file));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new DataError(`${file}: expected ${expected}, got no JSON; correct the file.`);
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const entries: [string, unknown][] = isObject ? Object.entries(value as object) : [];
  const bad = entries.find(([, each]) => !isGood(each));
  if (entries.length < fewest || bad)
    throw new DataError(
      `${file}: expected ${expected}, got ${bad ? `something else for ${bad[0]}` : `${entries.length} entries`}; correct the file.`,
    );
  return new Map(entries as [string, T][]);
}

/**
 * Prompts by label: a JSON object `{"Pneumonia": ["No pneumonia", "Pneumonia"]}`, the negative one first.
 * @throws {DataError} for another kind of file
 */
export const readPrompts = (file: string): Promise<LabelPrompts> =>
  readEntries(file, '{"label": ["negative prompt", "positive prompt"], ...}', isPair, 1);

/**
 * Prompts by class: a JSON object `{"Edema": ["mild pulmonary edema", ...], ...}` of two classes or more, any number of prompts each.
 * @throws {DataError} for another kind of file
 */
export const readClassPrompts = (file: string): Promise<ClassPrompts> =>
  readEntries(file, '{"class": ["prompt", ...], ...} of at least two classes', isList, 2);
