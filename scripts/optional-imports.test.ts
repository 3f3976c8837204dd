import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { filesUnder } from './imports.mjs';

const ROOT = path.resolve(import.meta.dirname, '..');
const PACKAGES = filesUnder(path.join(ROOT, 'packages'), /^package\.json$/).map((file) => path.dirname(file));

interface Manifest {
  readonly optionalDependencies?: Record<string, string>;
  readonly peerDependenciesMeta?: Record<string, { readonly optional?: boolean }>;
}

/** Packages that a user may not have installed. */
function optionalOf(folder: string): string[] {
  const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Manifest;
  const peers = Object.entries(manifest.peerDependenciesMeta ?? {}).filter(([, { optional }]) => optional);
  return [...Object.keys(manifest.optionalDependencies ?? {}), ...peers.map(([name]) => name)];
}

/** Whether bundlers let the import be: it is in the block of a `try`, or marked as one to leave alone. */
function isForgiven(call: ts.Node, text: string): boolean {
  if (text.slice(call.pos, call.end).includes('webpackIgnore: true')) return true;
  for (let node = call; node.parent !== undefined; node = node.parent)
    if (ts.isTryStatement(node.parent) && node.parent.tryBlock === node) return true;
  return false;
}

/** Imports of optional packages that break a build where the package is not installed: `FILE: SPECIFIER`. */
function strictImports(text: string, name: string, optional: readonly string[]): string[] {
  if (!text.includes('import(')) return [];
  const found: string[] = [];
  const isOptional = (specifier: string) =>
    optional.some((each) => specifier === each || specifier.startsWith(`${each}/`));
  const visit = (node: ts.Node) => {
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      let [argument] = node.arguments as readonly ts.Node[];
      while (argument && ts.isAsExpression(argument)) argument = argument.expression;
      if (argument && ts.isStringLiteral(argument) && isOptional(argument.text) && !isForgiven(node, text))
        found.push(`${name}: ${argument.text}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true));
  return found;
}

describe('an import of a package that may not be installed', () => {
  it.each(PACKAGES.map((folder) => [path.relative(ROOT, folder), folder]))(
    'breaks no build: %s',
    (_, folder) => {
      const sources = filesUnder(path.join(folder, 'src'), /(?<!\.test)\.ts$/);
      const optional = optionalOf(folder);
      const strict = sources.flatMap((file) =>
        strictImports(readFileSync(file, 'utf8'), path.relative(ROOT, file), optional),
      );
      expect(strict).toEqual([]);
    },
  );

  it.each([
    ['import("a").catch(told)', ['f: a']],
    ['try { await import("a/b"); } catch {}', []],
    ['try {} catch { await import("a/b"); }', ['f: a/b']],
    ['import(/* webpackIgnore: true */ "a")', []],
    ['import("ab")', []],
  ])('is told by where it stands: %s', (text, expected) => {
    expect(strictImports(text, 'f', ['a'])).toEqual(expected);
  });
});
