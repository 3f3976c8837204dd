import { CrrgError, InputErrors } from '@crrg/core';

/** The options that a message names in backticks, as functions call them, as the command line calls them: `batchSize` is --batch-size. */
export function toFlags(message: string): string {
  return message.replace(
    /`([a-z]+(?:[A-Z][a-z]*)*)`/g,
    (_, name: string) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
  );
}

/** An error of a function whose options the command line has under the same names. */
export function withFlags(error: unknown): unknown {
  if (error instanceof InputErrors)
    return new InputErrors(
      error.problems.map((problem) => ({ ...problem, message: toFlags(problem.message) })),
    );
  if (CrrgError.isInstance(error)) error.message = toFlags(error.message);
  return error;
}
