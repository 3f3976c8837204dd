/** Programs that a release runs. */
import { spawn } from 'node:child_process';

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const TIMEOUT_MS = 600_000;

/** Runs a program to its end; its output and exit code. */
export function run(
  command: string,
  args: readonly string[],
  { cwd, env = {} }: { cwd: string; env?: NodeJS.ProcessEnv },
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, timeout: TIMEOUT_MS });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    child.on('error', (error) => resolve({ code: 127, out, err: String(error) }));
    child.on('close', (code) => resolve({ code: code ?? 1, out, err }));
  });
}

/** The same, refused where it fails. */
export async function mustRun(...call: Parameters<typeof run>): Promise<string> {
  const { code, out, err } = await run(...call);
  if (code !== 0)
    throw new Error(`${call[0]} ${call[1].join(' ')}: expected exit code 0, got ${code}\n${out}${err}`);
  return out;
}
