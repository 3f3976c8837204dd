import { CrrgError } from '@crrg/core';

/** How the reading of one file went; `finding` says what is wrong. */
export type Outcome =
  | { readonly kind: 'decoded' }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'finding'; readonly problem: string };

/** A reader that tells its findings itself, because it shows errors as text. */
export class FindingError extends Error {}

/** Marks the errors of `@crrg/metrics`, which stands alone. */
const METRICS_ERROR = Symbol.for('crrg.metrics.error');

const isOurs = (error: unknown): error is Error =>
  CrrgError.isInstance(error) || (error instanceof Error && METRICS_ERROR in error);

/** Whether an error is a refusal that users can act on. */
export function outcomeOf(error: unknown): Outcome {
  if (isOurs(error)) return { kind: 'refused', message: error.message };
  if (error instanceof FindingError) return { kind: 'finding', problem: error.message };
  return {
    kind: 'finding',
    problem: error instanceof Error ? (error.stack ?? String(error)) : `threw ${String(error)}`,
  };
}
