import { InvalidArgumentError } from 'commander';

/** Reads a number of the command line, or says what was expected for the option. */
export function numberOption(
  name: string,
  isGood: (value: number) => boolean,
  expected: string,
): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (isGood(value)) return value;
    throw new InvalidArgumentError(`expected ${expected} for ${name}.`);
  };
}

/** Whole and not negative. */
export const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
