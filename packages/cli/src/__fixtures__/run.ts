import type { CliIo } from '../io.js';
import { runCli } from '../main.js';

/** What a command did. */
export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `crrg` as a process without a terminal would. */
export async function run(args: readonly string[], io: Partial<CliIo> = {}): Promise<CliRun> {
  let [stdout, stderr] = ['', ''];
  const code = await runCli(args, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    ...io,
  });
  return { code, stdout, stderr };
}
