/**
 * What a dry release runs with, from npm: Node in three versions, npm, pnpm and a registry. They lie in a folder that is kept, beside the
 * repository's own lock file and not in it.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { FACTORS, type Combination } from './combinations.js';
import { mustRun } from './shell.js';

type NodeMajor = Combination['node'];

const TOOLS = {
  private: true,
  dependencies: {
    ...Object.fromEntries(FACTORS.node.map((major) => [`node-${major}`, `npm:node@${major}`])),
    'npm-10': 'npm:npm@10',
    'npm-11': 'npm:npm@11',
    'pnpm-10': 'npm:pnpm@10',
    pnpm: 'latest',
    verdaccio: '6.10.4',
  },
  // verdaccio-audit asks for the dist-tag `cjs` of node-fetch, which mirrors may lack.
  overrides: { 'node-fetch': '2.7.0' },
};

/** Installs them where they are not yet; the folder. */
export async function installTools(cache: string): Promise<string> {
  const manifest = JSON.stringify(TOOLS, null, 2);
  const folder = path.join(
    cache,
    `tools-${createHash('sha256').update(manifest).digest('hex').slice(0, 12)}`,
  );
  const isDone = path.join(folder, 'done');
  if (existsSync(isDone)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), manifest);
  // The package `node` fetches the binary of the platform in its install script.
  await mustRun(
    'npm',
    ['install', '--no-audit', '--no-fund', '--ignore-scripts=false', '--engine-strict=false'],
    {
      cwd: folder,
    },
  );
  writeFileSync(isDone, '');
  return folder;
}

/** The program of a Node version. */
export function nodeOf(tools: string, major: NodeMajor): string {
  return path.join(
    tools,
    'node_modules',
    `node-${major}`,
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  );
}

/** An installer as it comes with a Node version, or as its users have it: program and first arguments. */
export function installerOf(tools: string, { node, manager }: Combination): [string, ...string[]] {
  const entry = {
    npm: node === 24 ? 'npm-11/bin/npm-cli.js' : 'npm-10/bin/npm-cli.js',
    pnpm: node === 20 ? 'pnpm-10/bin/pnpm.cjs' : 'pnpm/bin/pnpm.mjs',
  }[manager];
  return [nodeOf(tools, node), path.join(tools, 'node_modules', entry)];
}
