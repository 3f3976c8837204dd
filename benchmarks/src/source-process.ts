import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

/** What Node is given to run a TypeScript file of this checkout, named from this folder, in a process of its own. */
export function sourceArguments(file: string, args: readonly string[]): string[] {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const program = fileURLToPath(new URL(file, import.meta.url));
  return ['--conditions=@crrg/source', '--import', tsx, program, ...args];
}

/** The command line of this checkout, for {@link sourceArguments}. */
export const COMMAND = '../../packages/cli/src/run.ts';

/** What a TypeScript file of this folder prints as the last line, in JSON, run in a process of its own, with these further variables. */
export async function askSource<T>(
  file: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<T> {
  const env = { ...process.env, ...variables };
  const { stdout } = await promisify(execFile)(process.execPath, sourceArguments(file, args), { env });
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as T;
}
