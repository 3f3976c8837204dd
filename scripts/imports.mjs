// Source files of a folder, and what they import.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';

/** Files below a folder whose names fit, outside of what is installed or built. */
export function filesUnder(folder, extensions = /\.(ts|mts|js|mjs)$/) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory())
      return ['node_modules', 'dist', 'generated', '.git', '.turbo'].includes(entry.name)
        ? []
        : filesUnder(path, extensions);
    return extensions.test(entry.name) ? [path] : [];
  });
}

/** Every import and re-export of a file: `{specifier, kind: 'value' | 'type' | 'dynamic'}`. */
export function importsOf(text, fileName = 'file.ts') {
  const found = [];
  const typeOnly = (clause) => {
    if (!clause) return false;
    if (clause.isTypeOnly) return true;
    const named = clause.namedBindings ?? clause.exportClause ?? clause;
    const elements = !clause.name && named.elements;
    return Boolean(elements && elements.length > 0 && elements.every((element) => element.isTypeOnly));
  };
  const visit = (node) => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
      const isType = ts.isImportDeclaration(node)
        ? typeOnly(node.importClause)
        : node.isTypeOnly || typeOnly(node.exportClause && { exportClause: node.exportClause });
      found.push({ specifier: node.moduleSpecifier.text, kind: isType ? 'type' : 'value' });
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      let [argument] = node.arguments;
      while (argument && (ts.isAsExpression(argument) || ts.isParenthesizedExpression(argument)))
        argument = argument.expression;
      if (argument && ts.isStringLiteralLike(argument))
        found.push({ specifier: argument.text, kind: 'dynamic' });
    } else if (
      ts.isImportTypeNode(node) &&
      ts.isLiteralTypeNode(node.argument) &&
      ts.isStringLiteral(node.argument.literal)
    ) {
      found.push({ specifier: node.argument.literal.text, kind: 'type' });
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest, false));
  return found;
}

/** The files of a folder with their imports. */
export function readSources(folder) {
  return filesUnder(folder).map((path) => ({ path, imports: importsOf(readFileSync(path, 'utf8'), path) }));
}

/** Paths that a relative import may mean: source files import each other by the name of what is built from them. */
export function candidatesOf(specifier, importer) {
  const path = resolve(dirname(importer), specifier);
  return [path, path.replace(/\.js$/, '.ts'), path.replace(/\.mjs$/, '.mts')];
}
