import { CrrgError } from '@crrg/core';
import { printable } from './format/text.js';
import type { CliIo } from './io.js';

/** The command line makes no sense. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Marks the errors of `@crrg/metrics`, which stands alone; loading it for a look would slow every start. */
const METRICS_ERROR = Symbol.for('crrg.metrics.error');

/**
 * The name of the function that refused, at the start of a message: `pipeline.report (part): `, in the metrics also `score: `. Where output
 * cannot be written, the message begins with the name of a file instead.
 */
const CALLER = /^[a-z-]+\.[A-Za-z]+(?: \([^)]*\))?: /;
const METRICS_CALLER = /^(?:metrics\.)?[A-Za-z]+(?: \([^)]*\))?: /;

/** A message of an error of this project without the name of the function that refused. */
export function withoutCaller(message: string): string {
  return message.replace(CALLER, '');
}

/** One line without the name of the function that refused; nothing that a terminal would act on. */
export function describeError(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const isOfMetrics = error instanceof Error && METRICS_ERROR in error;
  const text = isOfMetrics
    ? message.replace(METRICS_CALLER, '')
    : CrrgError.isInstance(error) && error.code !== 'OUTPUT'
      ? withoutCaller(message)
      : message;

  return printable(text).replace(/\s+/g, ' ').trim() || 'unknown error';
}

/** The stack, one place a line. */
function placesOf({ stack = '', message }: Error): string {
  const lines = stack.replace(message, () => printable(message)).split('\n');
  return lines.map(printable).join('\n');
}

/** Writes `crrg: SUBJECT: message` to stderr; with `CRRG_DEBUG=1` also where it happened. */
export function printError(io: CliIo, error: unknown, subject?: string): void {
  io.stderr.write(`crrg: ${subject === undefined ? '' : `${printable(subject)}: `}${describeError(error)}\n`);
  if (io.env?.['CRRG_DEBUG'] === '1' && error instanceof Error) {
    const cause = error.cause instanceof Error ? `\ncaused by ${placesOf(error.cause)}` : '';
    io.stderr.write(`${placesOf(error)}${cause}\n`);
  }
}
