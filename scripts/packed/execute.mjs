import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TIMEOUT_MS = 600_000;

/**
 * Runs a command, in the repository unless `cwd` says otherwise; its output and exit code.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string> }} [options]
 * @returns {Promise<{ code: number, out: string, err: string }>}
 */
export function execute(command, args, options = {}) {
  return new Promise((resolve) => {
    const env = {
      ...process.env,
      TURBO_TELEMETRY_DISABLED: '1',
      NO_UPDATE_NOTIFIER: '1',
      npm_config_loglevel: 'error',
      ...options.env,
    };
    const child = spawn(command, args, { cwd: options.cwd ?? ROOT, env, timeout: TIMEOUT_MS });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    child.on('error', (error) => resolve({ code: 1, out, err: String(error) }));
    child.on('close', (code) => resolve({ code: code ?? 1, out, err }));
  });
}
