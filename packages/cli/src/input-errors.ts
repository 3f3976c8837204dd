import { InputErrors } from '@crrg/core';
import { printError } from './errors.js';
import { EXIT_CODES, type CommandContext } from './io.js';

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
    for (const { subject, message, cause } of error.problems.slice(0, MOST_PROBLEMS))
      printError(io, cause ?? new Error(message), subject);
    const hidden = error.problems.length - MOST_PROBLEMS;
    if (hidden > 0) io.stderr.write(`crrg: ${hidden} more bad lines\n`);
    setExitCode(EXIT_CODES.failed);
  }
}
