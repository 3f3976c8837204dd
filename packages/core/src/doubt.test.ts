import { expect, it } from 'vitest';
import { mergeDoubts, type Doubt } from './index.js';

it('keeps the first doubt of each code, in order', () => {
  const first: Doubt = { code: 'negative', message: 'a' };
  const second: Doubt = { code: 'negative', message: 'b' };
  const other: Doubt = { code: 'bits-unused', message: 'c' };
  expect(mergeDoubts([first], [other, second])).toEqual([first, other]);
  expect(mergeDoubts()).toEqual([]);
});
