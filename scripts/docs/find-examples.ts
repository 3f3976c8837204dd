// The examples of the repository: TypeScript in fences of Markdown pages and of `@example` in comments.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import MarkdownIt from 'markdown-it';
import { filesUnder } from '../imports.mjs';

/** One fenced block of code. */
export interface Example {
  /** Path of the page or source file from the root of the repository, with `/`. */
  readonly file: string;
  /** Line of the first line of code, from 1. */
  readonly line: number;
  readonly code: string;
  /** What follows the language on the line of the fence: `run`, or `no-check: why`. */
  readonly mark: string;
}

const markdown = new MarkdownIt();
const LANGUAGE = /^(?:ts|typescript|js|javascript)\b(.*)$/;

/** The examples of a Markdown text. */
export function examplesOfMarkdown(file: string, text: string): Example[] {
  return markdown.parse(text, {}).flatMap(({ type, info, content, map }) => {
    const [, mark] = (type === 'fence' && LANGUAGE.exec(info)) || [];
    return mark === undefined ? [] : [{ file, line: map![0] + 2, code: content, mark: mark.trim() }];
  });
}

/** The examples in the comments of a source file. */
export function examplesOfSource(file: string, text: string): Example[] {
  return [...text.matchAll(/\/\*\*[^]*?\*\//g)].flatMap(({ 0: comment, index }) => {
    const line = text.slice(0, index).split('\n').length;
    const inner = comment.replace(/^\/\*\*|\*\/$/g, '').replace(/^[ \t]*\* ?/gm, '');
    return examplesOfMarkdown(file, inner).map((example) => ({ ...example, line: example.line + line - 1 }));
  });
}

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'docs',
  'packages',
  'parity',
  'recipes',
  'benchmarks',
  'examples',
];
const isRecord = (file: string) => /^docs\/(?:decisions|api)\/|CHANGELOG\.md$/.test(file);

/** Every example of the repository. */
export function findExamples(root: string): Example[] {
  const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
  const below = (folder: string, ending: RegExp) =>
    filesUnder(path.join(root, folder), ending).map((file) =>
      path.relative(root, file).split(path.sep).join('/'),
    );
  const pages = PAGES.flatMap((each) => (each.endsWith('.md') ? [each] : below(each, /\.md$/)));
  const sources = below('packages', /(?<!\.test)\.ts$/).filter((file) =>
    /^packages\/[^/]+\/src\//.test(file),
  );
  return [
    ...pages.filter((file) => !isRecord(file)).flatMap((file) => examplesOfMarkdown(file, read(file))),
    ...sources.flatMap((file) => examplesOfSource(file, read(file))),
  ];
}
