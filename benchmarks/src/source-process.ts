import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** What Node is given to run a TypeScript file of this checkout, named from this folder, in a process of its own. */
export function sourceArguments(file: string, args: readonly string[]): string[] {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const program = fileURLToPath(new URL(file, import.meta.url));
  return ['--conditions=@crrg/source', '--import', tsx, program, ...args];
}

/** The command line of this checkout, for {@link sourceArguments}. */
export const COMMAND = '../../packages/cli/src/run.ts';
