// Builds the app with Turbopack and with webpack, or the one that is named (`--turbopack`), starts it and the standalone server in a folder of
// its own, and compares their reports, and that of the page in Chromium, with the report of plain Node.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateReport } from '@crrg/pipeline';
import { FILMS, fileOf, freePort, openBrowser, openPage, run, startServer } from '../check-tools.mjs';

const [FILM] = FILMS;
const NEXT = 'node_modules/next/dist/bin/next';
const env = { NEXT_TELEMETRY_DISABLED: '1' };
const bundlers = process.argv.length > 2 ? process.argv.slice(2) : ['--turbopack', '--webpack'];

/** What must be equal wherever the same weights read the same film. */
const told = ({ text, findings, doubts }) => ({
  text,
  findings: findings.map(({ region, sentence }) => ({ region, sentence })),
  doubts,
});
const expected = told(await generateReport(FILM));
assert.notEqual(expected.text, '');

async function post(origin, film) {
  const body = new FormData();
  body.set('film', film);
  const response = await fetch(`${origin}/api/report`, { method: 'POST', body });
  return { status: response.status, ...(await response.json()) };
}

async function checkServer(origin) {
  const { report, overlay, error } = await post(origin, fileOf(FILM));
  assert.equal(error, undefined);
  assert.deepEqual(told(report), expected);
  assert.match(report.provenance.backend, /^onnxruntime-node/);
  assert.match(overlay, /^data:image\/png;base64,iVBOR.{20000}/);
  const refused = await post(origin, new File(['no film'], 'notes.txt'));
  assert.equal(refused.status, 422);
  assert.match(refused.error, /expected/);
}

async function checkPage(browser, origin) {
  const { page, problems } = await openPage(browser);
  await page.goto(origin);
  for (const where of ['server', 'device']) {
    await page.setInputFiles('input[type=file]', FILM);
    await page.check(`input[value=${where}]`);
    await page.click('button');
    await page.getByText(where === 'server' ? 'onnxruntime-node' : 'onnxruntime-web').waitFor();
    assert.equal(await page.textContent('#text'), expected.text, where);
    if (process.env.SCREENSHOTS)
      await page.screenshot({ path: join(process.env.SCREENSHOTS, `next-${where}.png`), fullPage: true });
  }
  assert.deepEqual(problems, []);
}

/** Starts a server, does `work`, stops it. */
async function served(args, options, work) {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const ports = { PORT: String(port), HOSTNAME: '127.0.0.1' };
  const server = await startServer('node', args(port), {
    ...options,
    url: origin,
    env: { ...env, ...ports },
  });
  try {
    await work(origin);
  } catch (error) {
    throw new Error(`${args(port).join(' ')}:\n${server.output()}`, { cause: error });
  } finally {
    await server.stop();
  }
}

/** The standalone server as it is deployed: a folder of its own, no node_modules above it. */
async function checkStandalone() {
  const folder = mkdtempSync(join(tmpdir(), 'crrg-standalone-'));
  try {
    cpSync('.next/standalone', folder, { recursive: true, verbatimSymlinks: true });
    await served(() => ['server.js'], { cwd: folder }, checkServer);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

const start = (port) => [NEXT, 'start', '-p', String(port), '-H', '127.0.0.1'];
await run('npm', ['run', 'prebuild']);
const browser = await openBrowser();
try {
  for (const bundler of bundlers) {
    await run('node', [NEXT, 'build', bundler], { env });
    await checkStandalone();
    await served(start, {}, async (origin) => {
      await checkServer(origin);
      await checkPage(browser, origin);
    });
  }
} finally {
  await browser.close();
}
console.log(`builds, standalone servers and the page give the report of plain Node: "${expected.text}"`);
