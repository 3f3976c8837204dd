import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomically } from '@crrg/core/node';
import type { Answer } from './answer.js';
import type { Question } from './request.js';

const SCHEMA = 'crrg/endpoint-answer/1';
const OUTCOMES: readonly unknown[] = ['whole', 'cut', 'refused', 'empty'];

/** Answers in a folder, one file each. */
export interface AnswerCache {
  /** Undefined where the question was not answered yet, or the file is damaged. */
  load(question: Question): Promise<Answer | undefined>;
  save(question: Question, answer: Answer): Promise<void>;
}

/** SHA-256 of all that an answer depends on: service, model, question and picture. */
function keyOf(address: URL, { model, prompt, maxTokens, png }: Question): string {
  const picture = createHash('sha256').update(png).digest('hex');
  return createHash('sha256')
    .update(JSON.stringify([address.href, model, prompt, maxTokens, picture]))
    .digest('hex');
}

function parseSaved(text: string): Answer | undefined {
  try {
    const { schema, text: said, outcome } = JSON.parse(text) as Record<string, unknown>;
    if (schema !== SCHEMA || typeof said !== 'string' || !OUTCOMES.includes(outcome)) return undefined;
    return { text: said, outcome: outcome as Answer['outcome'] };
  } catch {
    return undefined;
  }
}

/** Answers of a service that are kept in a folder: what was asked once costs nothing again. */
export function createAnswerCache(folder: string, address: URL): AnswerCache {
  const fileOf = (question: Question) => path.join(folder, `${keyOf(address, question)}.json`);
  return {
    load: async (question) => {
      const text = await readFile(fileOf(question), 'utf8').catch(() => undefined);
      return text === undefined ? undefined : parseSaved(text);
    },
    save: async (question, { text, outcome }) =>
      writeFileAtomically(
        fileOf(question),
        `${JSON.stringify({ schema: SCHEMA, model: question.model, outcome, text })}\n`,
      ),
  };
}
