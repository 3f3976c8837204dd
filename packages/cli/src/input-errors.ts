import { readFile } from 'node:fs/promises';
import { printError } from './errors.js';
import { decodeInputText, type DecodedText } from './input-text.js';
import { EXIT_CODES } from './io.js';
import type { CommandContext } from './main.js';

/** One thing that is wrong with a file: where, and what was expected. */
export interface InputProblem {
  /** `FILE` or `FILE: line 3`. */
  readonly subject: string;
  readonly message: string;
}

/** A file cannot be used; every problem is a line for the user. */
export class InputErrors extends Error {
  override readonly name = 'InputErrors';
  readonly problems: readonly InputProblem[];

  constructor(problems: readonly InputProblem[]) {
    super(problems.map(({ subject, message }) => `${subject}: ${message}`).join('\n'));
    this.problems = problems;
  }
}

/** Takes problems while a file is read; `check` throws them together. */
export interface ProblemList {
  add(subject: string, message: string): void;
  /** @throws {@link InputErrors} where there is a problem */
  check(): void;
}

export function createProblemList(): ProblemList {
  const problems: InputProblem[] = [];
  return {
    add: (subject, message) => void problems.push({ subject, message }),
    check: () => {
      if (problems.length > 0) throw new InputErrors(problems);
    },
  };
}

/** Lines of problems that are printed; the rest is counted. */
const MOST_PROBLEMS = 20;

/** Does the work of a command; where it meets {@link InputErrors}, prints them and sets the exit code. */
export async function withInputErrors(
  { io, setExitCode }: CommandContext,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof InputErrors)) throw error;
    for (const { subject, message } of error.problems.slice(0, MOST_PROBLEMS))
      printError(io, new Error(message), subject);
    const hidden = error.problems.length - MOST_PROBLEMS;
    if (hidden > 0) io.stderr.write(`crrg: ${hidden} more bad lines\n`);
    setExitCode(EXIT_CODES.failed);
  }
}

const READ_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  ERR_STRING_TOO_LONG: 'it is longer than 512 MB; divide it',
};

/**
 * A file's text without its byte order mark, and notes on how it was read.
 * @throws {@link InputErrors} where it cannot be read or is no text
 */
export async function readDecodedText(file: string): Promise<DecodedText> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    const reason = READ_ERRORS[error.code ?? ''] ?? error.message;
    throw new InputErrors([{ subject: file, message: `cannot be read: ${reason}.` }]);
  });
  const decoded = decodeInputText(bytes);
  if ('text' in decoded) return decoded;
  throw new InputErrors([{ subject: file, message: decoded.problem }]);
}

/**
 * A file of UTF-8 text without its byte order mark.
 * @throws {@link InputErrors} where it cannot be read or is in another encoding
 */
export async function readInputText(file: string): Promise<string> {
  const { text, notes } = await readDecodedText(file);
  if (notes.length === 0) return text;
  throw new InputErrors(notes.map((note) => ({ subject: file, message: `expected UTF-8 text, ${note}` })));
}
