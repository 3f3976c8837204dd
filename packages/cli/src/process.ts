import { runCli } from './main.js';
import { EXIT_CODES } from './io.js';

/**
 * Runs the program on this process: its arguments, streams and signals. Ctrl+C stops at the next safe point, a second one at once.
 * Sets the exit code and leaves the process to end by itself, so that nothing written is lost.
 */
export async function runProcess(): Promise<void> {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(EXIT_CODES.aborted);
    controller.abort(new Error('interrupted'));
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  // A reader such as `head` may leave early.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? EXIT_CODES.done : EXIT_CODES.failed);
  });
  try {
    process.exitCode = await runCli(process.argv.slice(2), {
      stdout: process.stdout,
      stderr: process.stderr,
      signal: controller.signal,
      env: process.env,
    });
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}
