/** A copy of the repository in which versions, builds and publishing leave no trace. */
import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { mustRun } from './shell.js';

const SCOPE = '@crrg';

export interface PublicPackage {
  readonly folder: string;
  readonly manifest: { readonly name: string; readonly version: string; readonly [field: string]: unknown };
}

/** The dependencies of the original, linked one by one; our own packages as links within the copy. */
function linkModules(from: string, to: string): void {
  if (!existsSync(from)) return;
  mkdirSync(path.join(to, SCOPE), { recursive: true });
  for (const name of readdirSync(from)) {
    if (name === SCOPE || name === '.cache') continue;
    symlinkSync(path.join(from, name), path.join(to, name));
  }
  const own = path.join(from, SCOPE);
  if (!existsSync(own)) return;
  for (const name of readdirSync(own)) {
    cpSync(path.join(own, name), path.join(to, SCOPE, name), { verbatimSymlinks: true });
  }
}

/** Copies what git tracks and what it does not ignore. */
export async function copyRepository(root: string, copy: string): Promise<void> {
  const files = await mustRun('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
  });
  const present = files.split('\0').filter((file) => file && existsSync(path.join(root, file)));
  for (const file of present) {
    if (lstatSync(path.join(root, file)).isDirectory()) continue;
    mkdirSync(path.dirname(path.join(copy, file)), { recursive: true });
    cpSync(path.join(root, file), path.join(copy, file));
  }
  const workspaces = new Set(
    present.filter((file) => file.endsWith('package.json')).map((file) => path.dirname(file)),
  );
  for (const workspace of workspaces) {
    linkModules(path.join(root, workspace, 'node_modules'), path.join(copy, workspace, 'node_modules'));
  }
}

/** The packages of a checkout that are published. */
export function publicPackages(root: string): PublicPackage[] {
  return readdirSync(path.join(root, 'packages'))
    .map((name) => path.join(root, 'packages', name))
    .filter((folder) => existsSync(path.join(folder, 'package.json')))
    .map((folder) => ({
      folder,
      manifest: JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')),
    }))
    .filter(({ manifest }) => !manifest.private);
}
