import { CrrgError } from './errors.js';

/** One thing that is wrong with a file: where, and what was expected. */
export interface InputProblem {
  /** `FILE` or `FILE: line 3`. */
  readonly subject: string;
  readonly message: string;
  /** What was thrown, where the message is another error's. */
  readonly cause?: unknown;
}

/** A file of the user cannot be used; every problem is named. */
export class InputErrors extends CrrgError {
  override name = 'InputErrors';
  readonly problems: readonly InputProblem[];

  constructor(problems: readonly InputProblem[]) {
    super('DATA', problems.map(({ subject, message }) => `${subject}: ${message}`).join('\n'));
    this.problems = problems;
  }
}

/** Takes problems while a file is read; `check` throws them together. */
export interface ProblemList {
  add(subject: string, message: string): void;
  /** Takes an error that something met under this subject. */
  addError(subject: string, error: unknown): void;
  /** @throws {@link InputErrors} where there is a problem */
  check(): void;
}

/** An empty list of problems. */
export function createProblemList(): ProblemList {
  const problems: InputProblem[] = [];
  return {
    add: (subject, message) => void problems.push({ subject, message }),
    addError: (subject, cause) =>
      void problems.push({
        subject,
        message: cause instanceof Error ? cause.message : String(cause),
        cause,
      }),
    check: () => {
      if (problems.length > 0) throw new InputErrors(problems);
    },
  };
}
