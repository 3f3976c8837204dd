/** A whole number that Python holds as a `float`, so that it is written `1.0` and not `1`. */
export class PythonFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** What a Python literal stands for; `None` is null. */
export type PythonValue = string | number | boolean | null | readonly PythonValue[];

/** What can be written as a Python literal. */
export type WritablePythonValue =
  string | number | boolean | null | PythonFloat | readonly WritablePythonValue[];

/** Bounds of a literal from a file that nobody vouches for. */
export interface PythonLiteralLimits {
  /** Lists inside lists. @defaultValue 16 */
  readonly maxDepth?: number | undefined;
  /** Characters (UTF-16 units) of the text. @defaultValue 16,777,216 */
  readonly maxLength?: number | undefined;
}

export const DEFAULT_LITERAL_LIMITS = { maxDepth: 16, maxLength: 1 << 24 } as const;
