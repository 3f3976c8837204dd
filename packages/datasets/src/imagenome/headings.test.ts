import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { removeHeadings } from './headings.js';

const tables = readFileSync(
  new URL('../../../../docs/reference/mimic-cxr-tables.md', import.meta.url),
  'utf8',
);

/** `A [B | C]` of the table as A, A B, A C. */
function expandOptions(text: string): string[] {
  const [, start, options] = /^(.*?) ?\[(.*)\]$/.exec(text) ?? [];
  return start === undefined
    ? [text]
    : [start, ...options!.split(' | ').map((option) => `${start} ${option}`)];
}

/** The titles of `P + " END" for P in {...}` of the table. */
function titlesOfTable(): string[] {
  const text = tables.replace(/\s+/g, ' ');
  const sets = [...text.matchAll(/P \+ "( [A-Z ]+:)" for P in \{([^}]*)\}/g)];
  return sets.flatMap(([, end, starts]) =>
    starts!.split('; ').flatMap((start) => expandOptions(start).map((each) => each + end!)),
  );
}

it('every title of the table in the docs is a heading of its own', () => {
  const titles = titlesOfTable();
  expect(titles.length).toBe(44 + 7 + 14 + 4 + 4 + 3 + 7 - 1);
  for (const title of titles) expect([title, removeHeadings(`<${title}>`, 'strict')]).toEqual([title, '<>']);
});
