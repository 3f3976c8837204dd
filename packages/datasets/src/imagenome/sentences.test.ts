import { expect, it } from 'vitest';
import { splitSentences } from './sentences.js';

it('a sentence ends behind . ! ? with closing quotes and brackets, and a small letter may start the next', () => {
  expect(splitSentences('It is. it was! "was it?" (so.) and')).toEqual([
    'It is.',
    'it was!',
    '"was it?"',
    '(so.)',
    'and',
  ]);
});

it('no sentence ends behind Dr., e.g., approx. and the like, in any case, or inside a number', () => {
  const text = 'Told DR. Roe at 9 a.m. and Mrs. Poe, e.g. approx. 3.5 cm vs. 4 cm; see.that';
  expect(splitSentences(text)).toEqual([text]);
});
