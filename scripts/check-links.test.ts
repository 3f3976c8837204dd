import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkLinks, citationsOf, readMarkdown } from './check-links.mjs';

let root: string;

function write(path: string, content: string): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'links-'));
  write('docs/guide.md', '# Guide\n\n## Two words, `code`\n\n| <a id="t1"></a>T1 | x |\n');
  write('packages/one/src/index.ts', '/** See docs/guide.md#two-words-code. */\nexport const one = 1;\n');
});

afterEach(() => rmSync(root, { recursive: true }));

describe('checkLinks', () => {
  it('finds no dead link or citation in this repository', () => {
    expect(checkLinks(resolve(fileURLToPath(new URL('..', import.meta.url))))).toEqual([]);
  });

  it('follows links, anchors, paths and citations that lead somewhere', () => {
    write(
      'README.md',
      '# Top\n\n[a](docs/guide.md#t1) [b](#top) [c](docs) [d](https://x.y/z.md#no) ![e](e.png)',
    );
    write('e.png', '');
    write(
      'packages/one/README.md',
      '[up](../../docs/guide.md "title") `packages/one/src/index.ts` `packages/<name>`',
    );
    expect(checkLinks(root)).toEqual([]);
  });

  it.each<[string, string, string, string]>([
    [
      'a file that is not there',
      'a.md',
      'x\n\n[y](docs/none.md)',
      'a.md:3: links to docs/none.md, which is not there.',
    ],
    [
      'a heading that is not there',
      'a.md',
      '[y](docs/guide.md#t2)',
      'links to docs/guide.md#t2, which has no #t2.',
    ],
    ['a heading of its own', 'a.md', '# One\n\n[y](#two)', 'a.md:3: links to #two, which has no #two.'],
    ['a picture', 'a.md', '<img src="b.svg">', 'a.md:1: links to b.svg, which is not there.'],
    ['a link by reference', 'a.md', '[y][z]\n\n[z]: none.md', 'links to none.md, which is not there.'],
    [
      'a way out',
      'docs/a.md',
      '[y](../../etc)',
      'docs/a.md:1: links to ../../etc, which leads out of the repository.',
    ],
    [
      'a path in code marks',
      'a.md',
      '- `packages/one/src/no.ts`',
      'names packages/one/src/no.ts, which is not there.',
    ],
    [
      'a cited document',
      'src/a.ts',
      '\n// docs/none.md',
      'src/a.ts:2: cites docs/none.md, which is not there.',
    ],
    [
      'a cited anchor',
      'a.mjs',
      '/* docs/guide.md#t9 */',
      'a.mjs:1: cites docs/guide.md#t9, which has no #t9.',
    ],
  ])('finds %s', (_what, path, content, message) => {
    write(path, content);
    const problems = checkLinks(root);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
  });

  it('lets records of decisions name files of their day, but not link to them', () => {
    write('docs/decisions/0001-a.md', '`packages/gone/src/index.ts` [gone](../../packages/gone)');
    expect(checkLinks(root)).toEqual([
      'docs/decisions/0001-a.md:1: links to ../../packages/gone, which is not there.',
    ]);
  });
});

describe('readMarkdown', () => {
  it('makes anchors as GitHub does: twice the same heading, letters beyond ASCII, setext, marks', () => {
    const { anchors } = readMarkdown('# A *b*\n\n# A b\n\nÜber uns\n---\n\n```\n# no heading\n```\n');
    expect([...anchors]).toEqual(['a-b', 'a-b-1', 'über-uns']);
  });

  it('takes no link from code', () => {
    expect(readMarkdown('`[a](b.md)`\n\n```\n[c](d.md)\n```\n').links).toEqual([]);
  });
});

describe('citationsOf', () => {
  it('takes comments, not strings', () => {
    const text =
      'const a = "docs/a.md"; // docs/b.md\nconst c = `docs/c.md ${/docs\\/d.md/}`;\n/** docs/e.md#f. */';
    expect(citationsOf(text)).toEqual([
      { target: 'docs/b.md', line: 1 },
      { target: 'docs/e.md#f', line: 3 },
    ]);
  });
});
