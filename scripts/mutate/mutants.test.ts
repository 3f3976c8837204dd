import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Mutant {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  readonly rule: string;
  readonly tests?: readonly string[];
}

const LISTS = new URL('mutants/', import.meta.url);
const ROOT = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');

describe.each(readdirSync(LISTS))('the mutants of %s', (name) => {
  const mutants = JSON.parse(readFileSync(new URL(name, LISTS), 'utf8')) as readonly Mutant[];

  it('each change one place of a file that is there, and name tests that are', () => {
    const stale = mutants.flatMap(({ file, find, replace, rule, tests = [] }) => {
      const exists = existsSync(new URL(file, ROOT));
      const occurrences = exists ? read(file).split(find).length - 1 : 0;
      const missing = tests.filter((test) => !existsSync(new URL(test, ROOT)));
      const isFine = occurrences === 1 && find !== replace && missing.length === 0;
      return isFine ? [] : [{ file, find, rule, occurrences, missing }];
    });
    expect(stale).toEqual([]);
  });
});
