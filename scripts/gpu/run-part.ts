import { spawn } from 'node:child_process';

/** How a part ended. */
export interface Outcome {
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  /** Why it failed or did not run. */
  readonly why?: string | undefined;
}

/** Runs Node, showing what it prints, and ends it with all that it started where it takes longer; the exit code, or undefined then. */
export function runNode(
  args: readonly string[],
  { env, minutes }: { readonly env: NodeJS.ProcessEnv; readonly minutes: number },
): Promise<number | undefined> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
    });
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      process.kill(-child.pid!, 'SIGKILL');
    }, minutes * 60_000);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve(isLate ? undefined : (code ?? 1));
    });
  });
}

/** The last line of a check. */
export function summarize(outcomes: readonly Outcome[]): string {
  const named = (state: Outcome['state']) =>
    outcomes
      .filter((outcome) => outcome.state === state)
      .map(({ name, why }) => (why === undefined ? name : `${name} (${why})`));
  const lists = (['passed', 'failed', 'skipped'] as const).map((state) => [state, named(state)] as const);
  return lists
    .filter(([, names]) => names.length > 0)
    .map(([state, names]) => `${names.length} ${state}: ${names.join(', ')}`)
    .join('; ');
}
