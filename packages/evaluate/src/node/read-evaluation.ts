import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from '@crrg/core';
import type { Evaluation } from '../evaluation.js';

/** Reads `evaluation.json` of a folder. @throws {DataError} where there is none */
export async function readEvaluation(folder: string): Promise<Evaluation> {
  const file = path.join(folder, 'evaluation.json');
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new DataError(
      `${file}: expected an evaluation, got none that can be read; run crrg evaluate with --out ${folder}.`,
      {
        cause,
      },
    );
  }
  const schema = String((value as Partial<Evaluation> | null)?.schema);
  if (!/^crrg\/evaluation\/(rrg|rclip|reports)\/1$/.test(schema))
    throw new DataError(
      `${file}: expected the schema crrg/evaluation/.../1, got another; write it anew with this version of crrg.`,
    );
  return value as Evaluation;
}
