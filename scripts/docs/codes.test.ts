import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, it } from 'vitest';

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const page = read('docs/reference/errors.md');

/** The members of a union of strings. */
function codesOf(file: string, type: string): string[] {
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest);
  const declaration = source.statements
    .filter(ts.isTypeAliasDeclaration)
    .find(({ name }) => name.text === type)!;
  return [...declaration.type.getText(source).matchAll(/'(\w+)'/g)].map(([, code]) => code!);
}

/** The classes of a file that extend another, with the code that they pass on. */
function classesOf(file: string, code = /super\(\s*'(\w+)'/): string[][] {
  return [...read(file).matchAll(/^export class (\w+) extends CrrgError[^]*?^}/gm)].map(([text, name]) => [
    code.exec(text)![1]!,
    name!,
  ]);
}

const rows = [...page.matchAll(/^\| `([A-Z]+)`\s*\| (?:`(\w+)`)?/gm)].map(([, code, name]) => [code!, name]);
const sorted = (values: unknown[]) => values.map((value) => JSON.stringify(value)).sort();

it('docs/reference/errors.md has a row for every class of error with its code, and no other', () => {
  const classes = ['errors.ts', 'input-errors.ts', 'node/output-error.ts'].flatMap((file) =>
    classesOf(`packages/core/src/${file}`),
  );
  expect(classes.length).toBeGreaterThan(8);
  const named = rows.filter(([, name]) => name);
  expect(sorted(named)).toEqual(sorted(classes));
  expect(new Set(named.map(([code]) => code))).toEqual(
    new Set(codesOf('packages/core/src/errors.ts', 'ErrorCode')),
  );
});

it('docs/reference/errors.md has a row for every code of @crrg/metrics, and no other', () => {
  const codes = rows.filter(([, name]) => !name).map(([code]) => code);
  expect(codes).toEqual(codesOf('packages/metrics/src/errors.ts', 'MetricsErrorCode'));
});
