// Checks that every relative link of a Markdown file, every path that one names in code marks, and every document that a comment cites is
// there, with its anchor. Prints one line a problem; exit code 1 where there is one.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import GithubSlugger from 'github-slugger';
import MarkdownIt from 'markdown-it';
import ts from 'typescript';
import { filesUnder } from './imports.mjs';

const markdown = new MarkdownIt({ html: true });
const OUTSIDE = /^([a-z][a-z\d+.-]*:|\/\/)/i;
const DOCUMENT = /\bdocs\/[\w./-]+\.md(#[\w-]+)?/g;
const NAMED_PATH =
  /^(?:packages|scripts|docs|recipes|parity|benchmarks|examples|runtime-tests)\/[\w./@-]+(?:#[\w-]+)?$/;
/** Records of what was decided or changed name what was there then. */
const RECORDS = /^(?:docs\/decisions|\.changeset)\//;

function* withChildren(tokens) {
  for (const token of tokens) {
    yield token;
    if (token.children) yield* withChildren(token.children);
  }
}

const textOf = (inline) =>
  inline.children
    .filter(({ type }) => type === 'text' || type === 'code_inline')
    .map(({ content }) => content)
    .join('');

const attributesOf = (html, names) =>
  [...html.matchAll(new RegExp(`\\b(?:${names})\\s*=\\s*["']([^"']+)["']`, 'gi'))].map(([, value]) => value);

/** What a Markdown text offers and wants: `anchors`, a set, and `links` and `paths`, each `{target, line}`. */
export function readMarkdown(text) {
  const tokens = markdown.parse(text, {});
  const slugger = new GithubSlugger();
  const anchors = new Set();
  const links = [];
  const paths = [];
  let line = 1;
  tokens.forEach((token, index) => {
    if (token.map) line = token.map[0] + 1;
    if (token.type === 'heading_open') anchors.add(slugger.slug(textOf(tokens[index + 1])));
    for (const { type, content, attrs } of withChildren([token])) {
      const attribute = (name) => attrs?.find(([key]) => key === name)?.[1];
      if (type === 'link_open') links.push({ target: attribute('href'), line });
      if (type === 'image') links.push({ target: attribute('src'), line });
      if (type === 'code_inline' && NAMED_PATH.test(content)) paths.push({ target: content, line });
      if (type !== 'html_inline' && type !== 'html_block') continue;
      for (const id of attributesOf(content, 'id|name')) anchors.add(id);
      for (const target of attributesOf(content, 'href|src')) links.push({ target, line });
    }
  });
  return { anchors, links, paths };
}

/** Whether a position of a parsed program lies in a string, template or regular expression. */
function isInLiteral(node, position, source) {
  if (position < node.getStart(source) || position >= node.end) return false;
  if (ts.isLiteralExpression(node) || ts.isTemplateMiddleOrTemplateTail(node) || ts.isTemplateHead(node))
    return true;
  return ts.forEachChild(node, (child) => isInLiteral(child, position, source)) ?? false;
}

/** The documents that the comments of a program cite: `{target, line}`. */
export function citationsOf(text, fileName = 'file.ts') {
  const found = [...text.matchAll(DOCUMENT)];
  if (found.length === 0) return [];
  const source = ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest, true);
  return found
    .filter(({ index }) => !isInLiteral(source, index, source))
    .map(({ 0: target, index }) => ({ target, line: source.getLineAndCharacterOfPosition(index).line + 1 }));
}

/** Every link, path and citation in a repository that leads nowhere, one line each. */
export function checkLinks(root) {
  const documents = new Map();
  const read = (path) => {
    if (!documents.has(path)) documents.set(path, readMarkdown(readFileSync(path, 'utf8')));
    return documents.get(path);
  };

  /** What is wrong with a target below a folder, if something is. */
  function problemOf(target, folder, file) {
    const [path, anchor] = target.split('#', 2).map(decodeURIComponent);
    const found = path === '' ? file : resolve(folder, path);
    if (found !== root && !found.startsWith(root + sep)) return 'leads out of the repository';
    if (!existsSync(found)) return 'is not there';
    if (!anchor) return undefined;
    const document = statSync(found).isDirectory() ? join(found, 'README.md') : found;
    if (!/\.md$/.test(document)) return undefined;
    return existsSync(document) && read(document).anchors.has(anchor) ? undefined : `has no #${anchor}`;
  }

  const problems = (file, what, targets, folder) =>
    targets.flatMap(({ target, line }) => {
      const problem = problemOf(target, folder, file);
      return problem ? [`${relative(root, file)}:${line}: ${what} ${target}, which ${problem}.`] : [];
    });

  const ofMarkdown = filesUnder(root, /\.md$/).flatMap((file) => {
    const { links, paths } = read(file);
    const inside = links.filter(({ target }) => target && !OUTSIDE.test(target));
    const named = RECORDS.test(relative(root, file).split(sep).join('/')) ? [] : paths;
    return [...problems(file, 'links to', inside, dirname(file)), ...problems(file, 'names', named, root)];
  });
  const ofPrograms = filesUnder(root, /\.(?:[cm]?[jt]s)$/).flatMap((file) =>
    problems(file, 'cites', citationsOf(readFileSync(file, 'utf8'), file), root),
  );
  return [...ofMarkdown, ...ofPrograms];
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const root = process.argv[2] ? resolve(process.argv[2]) : fileURLToPath(new URL('..', import.meta.url));
  const problems = checkLinks(resolve(root));
  for (const problem of problems) console.log(problem);
  console.log(problems.length === 0 ? 'links: no problems' : `links: ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
