// Writes the pages of the API reference into docs/generated, one for each entry of each package, from the sources and their comments.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application } from 'typedoc';
import { readMarkdown } from '../check-links.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PACKAGES = path.join(ROOT, 'packages');
const OUT = path.join(ROOT, 'docs/generated');

/** Source files of what packages export, to the name that users import. */
function entries() {
  return readdirSync(PACKAGES).flatMap((folder) => {
    const { name, exports } = JSON.parse(readFileSync(path.join(PACKAGES, folder, 'package.json'), 'utf8'));
    return Object.entries(exports).flatMap(([key, conditions]) => {
      const source = conditions['@crrg/source'];
      const file = typeof source === 'object' ? source.default : source;
      return file ? [[path.join(PACKAGES, folder, file), path.posix.join(name, key)]] : [];
    });
  });
}

/** The first name of each file: `@crrg/pipeline`, not `@crrg/pipeline/node`, which is the same. What both entries have is told under the first. */
const names = new Map(entries().reverse());
const files = [...names.keys()].sort((a, b) => (names.get(a) < names.get(b) ? -1 : 1));

/** Puts the class of `@throws {ConfigError} where ...` back into the text, where the generator leaves it out. */
function tellErrors(comment) {
  for (const { tag, typeAnnotation, content } of comment?.blockTags ?? [])
    if (tag === '@throws' && typeAnnotation)
      content.unshift(
        { kind: 'code', text: `\`${typeAnnotation.replace(/^\{|\}$/g, '')}\`` },
        { kind: 'text', text: ' ' },
      );
}

const app = await Application.bootstrapWithPlugins({
  entryPoints: files,
  tsconfig: path.join(ROOT, 'tsconfig.json'),
  basePath: PACKAGES,
  plugin: ['typedoc-plugin-markdown'],
  out: OUT,
  router: 'module',
  readme: 'none',
  name: 'API',
  preservedTypeAnnotationTags: ['@throws'],
  skipErrorChecking: true,
  excludeInternal: true,
  excludeExternals: true,
  disableSources: true,
  disableGit: true,
  githubPages: false,
  hidePageHeader: true,
  entryFileName: 'index.md',
  sanitizeComments: true,
  useHTMLEncodedBrackets: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  sort: ['source-order'],
  groupOrder: ['Functions', 'Variables', 'Classes', 'Interfaces', 'Type Aliases', '*'],
});
const project = await app.convert();
if (!project) process.exit(1);
const nameOf = new Map(
  [...names].map(([file, name]) => [path.relative(PACKAGES, file).replace(/(\/index)?\.ts$/, ''), name]),
);
for (const module of project.children ?? []) module.name = nameOf.get(module.name) ?? module.name;
for (const { comment } of Object.values(project.reflections)) tellErrors(comment);
await app.generateOutputs(project);

// The generator counts equal headings otherwise than GitHub; where its number leads nowhere, the first heading of that name is meant.
for (const name of readdirSync(OUT, { recursive: true, encoding: 'utf8' }).filter((each) =>
  each.endsWith('.md'),
)) {
  const file = path.join(OUT, name);
  const text = readFileSync(file, 'utf8');
  const { anchors } = readMarkdown(text);
  writeFileSync(
    file,
    text.replace(/\]\(#([\w-]+)-\d+\)/g, (link, first) =>
      anchors.has(link.slice(3, -1)) ? link : `](#${first})`,
    ),
  );
}
process.exitCode = app.logger.hasErrors() ? 1 : 0;
