// What the checks of the examples share. A check is a program: exit code 0 passed, 77 skipped with a last line that says why, else failed.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const SKIPPED = 77;
const CHROMIUM = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

/** Paths of the radiographs beside the examples. */
export const FILMS = ['nih-00001749_003.jpg', 'nih-00001403_002.jpg'].map((name) =>
  fileURLToPath(new URL(`radiographs/${name}`, import.meta.url)),
);

/** Runs a program of the example to its end and gives what it printed; throws with its output where it fails. */
export async function run(command, args, { env = {}, ...options } = {}) {
  const child = spawn(command, args, {
    ...options,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output}`);
  return output;
}

/** A port that nothing listens on. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a server of the example, waits until `url` answers, and gives how to stop it; throws with its output where it ends before. */
export async function startServer(command, args, { url, env = {}, seconds = 60, ...options }) {
  const child = spawn(command, args, {
    ...options,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = new Promise((resolve) => child.on('error', resolve).on('close', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    await Promise.race([ended, wait(5000).then(() => child.kill('SIGKILL'))]);
    return output;
  };
  for (const start = Date.now(); Date.now() - start < seconds * 1000; await wait(200)) {
    if (child.exitCode !== null) break;
    const answer = await fetch(url).catch(() => undefined);
    if (answer && answer.status < 500) return { stop, output: () => output };
  }
  await stop();
  throw new Error(`${command} ${args.join(' ')} did not serve ${url}:\n${output}`);
}

/** A started Chromium, driven by Playwright; ends the check as skipped where this machine has none. */
export async function openBrowser() {
  const executablePath = CHROMIUM.find((path) => path && existsSync(path));
  const tools = process.env.CRRG_TOOLS;
  if (!executablePath || !tools) {
    console.log(
      executablePath
        ? 'run by npm run test:examples'
        : 'no Chromium on this machine; set CHROMIUM to its path',
    );
    return process.exit(SKIPPED);
  }
  const { chromium } = createRequire(tools)('playwright-core');
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** A page of a browser, which collects what goes wrong on it in `problems`. */
export async function openPage(browser, options = {}) {
  const page = await (await browser.newContext(options)).newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    const isIcon = message.location().url.endsWith('/favicon.ico');
    if (message.type() === 'error' && !isIcon) problems.push(message.text());
  });
  return { page, problems };
}

/** A `File` of a film, for requests. */
export function fileOf(path, type = 'image/jpeg') {
  return new File([readFileSync(path)], path.split('/').at(-1), { type });
}
