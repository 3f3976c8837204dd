import { expect, it } from 'vitest';
import { formatTimeLeft } from './training-text.js';

it('says the time left as a person would', () => {
  expect([undefined, 40.4, 720, 11_100].map(formatTimeLeft)).toEqual([
    '',
    '  40 s left',
    '  12 min left',
    '  3 h 05 min left',
  ]);
});
