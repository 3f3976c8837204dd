import { spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../../check-tools.mjs';

/** Starts the built server and waits until it is ready, or answers `path`. */
export async function startReports(settings, path = '/ready') {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const child = spawn('node', ['dist/main.js'], {
    env: { ...process.env, ...settings, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve(code ?? signal)));
  for (let tries = 0; tries < 600 && child.exitCode === null; tries++) {
    const response = await fetch(`${origin}${path}`).catch(() => undefined);
    if (response?.ok) return { origin, ended, output: () => output, kill: (signal) => child.kill(signal) };
    await wait(100);
  }
  child.kill('SIGKILL');
  throw new Error(`the server did not answer ${path}:\n${output}`);
}
