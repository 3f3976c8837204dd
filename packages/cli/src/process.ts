import { OutputError } from '@crrg/core/node';
import { describeError } from './errors.js';
import { EXIT_CODES } from './io.js';
import { runCli } from './main.js';
import { openStdout } from './output/stdout.js';

/** Two signals within this time are one press of Ctrl+C that a terminal and a parent process both pass on. */
const SAME_PRESS_MS = 100;

/** Ends the process on an error of a stream. A reader such as `head` may leave early; nobody is left to tell where stderr fails. */
function watchStreams(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT_CODES.done);
    process.stderr.write(`crrg: ${describeError(new OutputError('stdout', error))}\n`);
    process.exit(EXIT_CODES.failed);
  });
  process.stderr.on('error', () => undefined);
}

/**
 * Runs the program on this process: its arguments, streams and signals. Ctrl+C stops at the next safe point, a second one at once; neither
 * leaves temporary files or locks. Sets the exit code and leaves the process to end by itself, so that nothing written is lost.
 */
export async function runProcess(): Promise<void> {
  const controller = new AbortController();
  let pressedAt = -Infinity;
  const interrupt = () => {
    const isAnother = performance.now() - pressedAt > SAME_PRESS_MS;
    pressedAt = performance.now();
    if (!controller.signal.aborted) controller.abort(new Error('interrupted'));
    else if (isAnother) {
      process.stderr.write('crrg: stopped\n');
      process.exit(EXIT_CODES.aborted);
    }
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  watchStreams();
  try {
    process.exitCode = await runCli(process.argv.slice(2), {
      stdout: openStdout(process.stdout),
      stderr: process.stderr,
      signal: controller.signal,
      env: process.env,
    });
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}
