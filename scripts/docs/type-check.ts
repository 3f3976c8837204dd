// Type-checks examples, all in one program, each as a module beside the page or source file that holds it.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { importsOf } from '../imports.mjs';
import type { Example } from './find-examples.js';

/** Declares what examples may take as given. */
const GIVEN = 'scripts/docs/given.d.ts';

/** Names that a package exports, to the module that exports them; none for what is given. */
type Exports = ReadonlyMap<string, string | undefined>;

function readOptions(root: string): ts.CompilerOptions {
  const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  return {
    ...options,
    noEmit: true,
    verbatimModuleSyntax: false,
    // As most projects have it: `strict` and no more.
    noUncheckedIndexedAccess: false,
    exactOptionalPropertyTypes: false,
  };
}

/** Modules of a package and their source files, by its manifest. */
function entriesOf(root: string, folder: string): [module: string, file: string][] {
  const { name, exports } = JSON.parse(
    readFileSync(path.join(root, 'packages', folder, 'package.json'), 'utf8'),
  );
  return Object.entries<Record<string, unknown>>(exports).flatMap(([key, conditions]) => {
    const source = conditions['@crrg/source'] as string | { default: string } | undefined;
    const file = typeof source === 'object' ? source.default : source;
    return file ? [[path.posix.join(name, key), path.join(root, 'packages', folder, file)] as const] : [];
  }) as [string, string][];
}

function exportsOf(program: ts.Program, entries: readonly [string, string][]): Exports {
  const checker = program.getTypeChecker();
  const found = new Map<string, string>();
  for (const [module, file] of entries) {
    const symbol = checker.getSymbolAtLocation(program.getSourceFile(file)!);
    for (const { name } of symbol ? checker.getExportsOfModule(symbol) : [])
      if (!found.has(name)) found.set(name, module);
  }
  return found;
}

function namesIn(source: ts.SourceFile): Exports {
  const declarations = source.statements.filter(ts.isVariableStatement);
  const names = declarations.flatMap((each) => each.declarationList.declarations.map(({ name }) => name));
  return new Map(names.filter(ts.isIdentifier).map(({ text }) => [text, undefined]));
}

const ownPackage = ({ file }: Example) => /^packages\/([^/]+)\/src\//.exec(file)?.[1];

/** The example as a module, on the same lines. One in a comment that imports nothing has the names of our packages, its own first. */
function moduleOf({ code }: Example, inScope: readonly Exports[]): string {
  if (importsOf(code).length > 0) return `export {}; ${code}`;
  const declared = (name: string) =>
    new RegExp(`\\b(?:const|let|function|class|type|interface)\\s+${name}\\b`).test(code);
  const imports = [...new Set(code.match(/[A-Za-z_$][\w$]*/g))].flatMap((name) => {
    const owner = declared(name) ? undefined : inScope.find((exported) => exported.has(name));
    return owner?.get(name) ? [`import { ${name} } from '${owner.get(name)}';`] : [];
  });
  return `export {}; ${imports.join(' ')} ${code}`;
}

/** What is wrong with the types of examples: a line a problem, with the place on the page. */
export function typeCheck(root: string, examples: readonly Example[]): string[] {
  const options = readOptions(root);
  const host = ts.createCompilerHost(options);
  const folders = readdirSync(path.join(root, 'packages'));
  const entries = new Map(folders.map((folder) => [folder, entriesOf(root, folder)]));
  const files = [...entries.values()].flatMap((all) => all.map(([, file]) => file));
  const sources = ts.createProgram([path.join(root, GIVEN), ...files], options, host);
  const exported = new Map([...entries].map(([folder, all]) => [folder, exportsOf(sources, all)]));
  const given = namesIn(sources.getSourceFile(path.join(root, GIVEN))!);
  const scopeOf = (example: Example) => {
    const own = ownPackage(example);
    return own ? [exported.get(own)!, given, ...exported.values()] : [];
  };

  const modules = new Map(
    examples.map((example) => [
      path.join(
        root,
        path.dirname(example.file),
        `example-${path.basename(example.file)}-${example.line}.ts`,
      ),
      { example, text: moduleOf(example, scopeOf(example)) },
    ]),
  );
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (file) => modules.has(file) || fileExists(file);
  host.readFile = (file) => modules.get(file)?.text ?? readFile(file);
  host.getSourceFile = (file, version, ...rest) => {
    const text = modules.get(file)?.text;
    return text === undefined
      ? getSourceFile(file, version, ...rest)
      : ts.createSourceFile(file, text, version, true);
  };
  const program = ts.createProgram(
    [path.join(root, GIVEN), ...files, ...modules.keys()],
    options,
    host,
    sources,
  );
  return [...modules].flatMap(([file, { example }]) => {
    const source = program.getSourceFile(file)!;
    const diagnostics = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ];
    return diagnostics.map(({ start, messageText }) => {
      const { line } = source.getLineAndCharacterOfPosition(start ?? 0);
      return `${example.file}:${example.line + line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
  });
}
