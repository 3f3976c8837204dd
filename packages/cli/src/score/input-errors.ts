/** One thing that is wrong with a file: where, and what was expected. */
export interface InputProblem {
  /** `FILE` or `FILE: line 3`. */
  readonly subject: string;
  readonly message: string;
}

/** A file cannot be scored; every problem is a line for the user. */
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
