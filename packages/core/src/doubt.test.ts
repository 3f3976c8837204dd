import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DOUBT_CODES, mergeDoubts, type Doubt } from './index.js';

it('keeps the first doubt of each code, in order', () => {
  const first: Doubt = { code: 'negative', message: 'a' };
  const second: Doubt = { code: 'negative', message: 'b' };
  const other: Doubt = { code: 'bits-unused', message: 'c' };
  expect(mergeDoubts([first], [other, second])).toEqual([first, other]);
  expect(mergeDoubts()).toEqual([]);
});

describe('docs/doubts.md', () => {
  it('lists every code with its meaning, and no other', () => {
    const table = readFileSync(new URL('../../../docs/doubts.md', import.meta.url), 'utf8');
    const rows = [...table.matchAll(/^\| `([a-z-]+)`\s*\| (.*?)\s*\|/gm)].map(([, code, meaning]) => [
      code,
      meaning,
    ]);
    expect(Object.fromEntries(rows)).toEqual(DOUBT_CODES);
    expect(rows).toHaveLength(Object.keys(DOUBT_CODES).length);
  });
});
