import { DataError } from '@crrg/core';
import { readInputText } from '@crrg/core/node';
import { PNEUMONIA_PROMPTS } from '@crrg/rclip';
import type { LabelPrompts } from './rclip-reader.js';

/** The prompts of CXR-CLIP's evaluation: its own for pneumonia, else "No X" and "X". */
export const defaultPrompts = (label: string): readonly [negative: string, positive: string] =>
  label.toLowerCase() === 'pneumonia' ? PNEUMONIA_PROMPTS : [`No ${label}`, label];

const isPair = (value: unknown): value is [string, string] =>
  Array.isArray(value) &&
  value.length === 2 &&
  value.every((text) => typeof text === 'string' && text.trim() !== '') &&
  value[0] !== value[1];

/**
 * Prompts by label: a JSON object `{"Pneumonia": ["No pneumonia", "Pneumonia"]}`, the negative one first.
 * @throws {DataError} for another kind of file
 */
export async function readPrompts(file: string): Promise<LabelPrompts> {
  const expected = 'expected {"label": ["negative prompt", "positive prompt"], ...}';
  let value: unknown;
  try {
    value = JSON.parse(await readInputText(file));
  } catch (cause) {
    if (cause instanceof SyntaxError)
      throw new DataError(`${file}: ${expected}, got no JSON; correct the file.`);
    throw cause;
  }
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const bad = entries.find(([, pair]) => !isPair(pair));
  if (entries.length === 0 || bad)
    throw new DataError(
      `${file}: ${expected}, got something else${bad ? ` for ${bad[0]}` : ''}; correct the file.`,
    );
  return new Map(entries as [string, [string, string]][]);
}
