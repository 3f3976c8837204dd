import type { StepInput } from '../search/decode.js';
import type { Candidates } from '../search/search.js';

/** A step that was run, by row of the cache. */
export interface RunStep {
  /** What each row's only beam was fed; rows of several beams are never ahead. */
  readonly tokenIds: readonly number[];
  /** Where the step's columns begin. */
  readonly column: number;
  readonly candidates: readonly Candidates[];
}

/**
 * The steps of one run, in which each but the first was fed the likeliest token of the one before.
 * @param candidates of each row; those of step `t` are where a beam `t` has them, if there are several steps
 */
export function stepsOfRun(
  inputs: readonly StepInput[],
  candidates: readonly Candidates[],
  { column, numSteps }: { readonly column: number; readonly numSteps: number },
): RunStep[] {
  const fed = inputs.map(({ tokenIds }) => tokenIds[0]!);
  if (numSteps === 1) return [{ tokenIds: fed, column, candidates }];
  return Array.from({ length: numSteps }, (_, step) => ({
    tokenIds: step === 0 ? fed : candidates.map(({ beams }) => beams[step - 1]!.tokenIds[0]!),
    column: column + step,
    candidates: candidates.map(({ beams }) => ({ beams: [beams[step]!] })),
  }));
}

/** True where `step` was fed what the sequences in these rows are to be fed now; other rows do not matter. */
export function wasFed(
  step: RunStep | undefined,
  sequences: readonly StepInput[],
  rows: readonly number[],
): step is RunStep {
  return (
    step !== undefined &&
    sequences.every(
      ({ tokenIds }, index) => tokenIds.length === 1 && tokenIds[0] === step.tokenIds[rows[index]!],
    )
  );
}
