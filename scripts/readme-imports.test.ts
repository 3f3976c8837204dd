import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { importsOf } from './imports.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const READMES = readdirSync(path.join(ROOT, 'packages'))
  .map((name) => `packages/${name}/README.md`)
  .filter((file) => existsSync(path.join(ROOT, file)));
const nameOf = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** Packages that a Markdown text imports in its examples, and those that it tells to install. */
function packagesOf(text: string): { imported: Set<string>; installed: Set<string> } {
  const fences = [...text.matchAll(/^```(?:ts|js|typescript|javascript)\b.*\n([^]*?)^```/gm)];
  const imports = fences.flatMap(([, code]) => importsOf(code!));
  const commands = [...text.matchAll(/npm (?:install|i) ([^\n`]+)/g)].flatMap(([, names]) =>
    names!.split(/\s+/),
  );
  return {
    imported: new Set(
      imports.map(({ specifier }) => nameOf(specifier)).filter((name) => !/^(node:|\.)/.test(name)),
    ),
    installed: new Set(commands),
  };
}

it.each([...READMES, 'README.md'])('what %s imports is what it tells to install', (file) => {
  const { imported, installed } = packagesOf(readFileSync(path.join(ROOT, file), 'utf8'));
  installed.add(`@crrg/${file.split('/')[1]}`);
  expect([...imported].filter((name) => !installed.has(name))).toEqual([]);
});

it('an import that nothing installs is found', () => {
  const { imported, installed } = packagesOf(
    "npm install `a`\n\n```ts\nimport 'a/b';\nimport x from '@s/c/d';\n```\n",
  );
  expect([...imported]).toEqual(['a', '@s/c']);
  expect(installed.has('@s/c')).toBe(false);
});
