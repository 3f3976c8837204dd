import { expect, it } from 'vitest';
import { CrrgError, ImageError } from './errors.js';
import { createProblemList, InputErrors } from './input-errors.js';

it('throws every problem of a file together, and nothing where there is none', () => {
  const problems = createProblemList();
  problems.check();
  const cause = new ImageError('image.decode: expected a PNG, got text.');
  problems.add('a.jsonl: line 2', 'expected an id, got none.');
  problems.addError('a.jsonl: line 3', cause);
  const thrown = (() => {
    try {
      problems.check();
    } catch (error) {
      return error as InputErrors;
    }
    return undefined;
  })();
  expect(thrown).toBeInstanceOf(InputErrors);
  expect(CrrgError.isInstance(thrown)).toBe(true);
  expect(thrown!.problems).toEqual([
    { subject: 'a.jsonl: line 2', message: 'expected an id, got none.' },
    { subject: 'a.jsonl: line 3', message: cause.message, cause },
  ]);
  expect(thrown!.message).toBe(
    'a.jsonl: line 2: expected an id, got none.\na.jsonl: line 3: image.decode: expected a PNG, got text.',
  );
});
