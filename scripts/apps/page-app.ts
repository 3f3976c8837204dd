import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext } from 'playwright-core';
import { adapterFlags } from '@crrg/parity/chromium';
import { serve, type Host } from './host.js';
import type { AppAnswer, Outcome } from './outcome.js';
import type { App, Pair } from './pairs.js';
import { installedVersion, TFJS_WASM, writeWithoutBuild } from './project.js';

const WITHOUT_GPU = ['--disable-gpu', '--disable-software-rasterizer'];
const PATIENCE_MS = 300_000;
/** What a page keeps of the weights is written after it has opened. */
const KEEPING_MS = 2000;

/** Packages that the script for script tags finds beside its own. */
const ON_NETWORK = ['@crrg/pipeline', '@crrg/image', '@crrg/model-tiny', 'onnxruntime-web'];

/** The page, with the script by the name that builds give it, where the build writes no page of its own. */
const pageOf = (folder: string, script: string) =>
  readFileSync(join(folder, 'index.html'), 'utf8').replace('/src/page.js', script);

/** The hosts of an app; the page is on the first. */
type Site = readonly [Host, ...Host[]];

async function openBuilt(folder: string, bundler: App['runs']): Promise<Site> {
  const dist = join(folder, 'dist', bundler);
  const page =
    bundler === 'vite' ? readFileSync(join(dist, 'index.html'), 'utf8') : pageOf(folder, '/page.js');
  const host = await serve(page, [
    ['/models/tiny/', join(folder, 'node_modules/@crrg/model-tiny/weights')],
    ['/tfjs/', join(folder, TFJS_WASM)],
    ['/', dist],
  ]);
  return [host];
}

/** A page with the script of the package from another origin, which lays packages out as content delivery networks do. */
async function openWithoutBuild(folder: string): Promise<Site> {
  const placeOf = (name: string) => `/npm/${name}@${installedVersion(folder, name)}/`;
  const network = await serve(
    '',
    ON_NETWORK.map((name) => [placeOf(name), join(folder, 'node_modules', name)]),
  );
  writeWithoutBuild(folder, `${network.address}${placeOf('@crrg/pipeline')}dist/cdn/crrg.js`);
  return [await serve(pageOf(folder, '/without-build.js'), [['/', join(folder, 'src')]]), network];
}

/** Bytes that hosts sent since the last question. */
const takeBytes = (site: Site) => site.reduce((sum, host) => sum + host.takeBytes(), 0);

/** One visit in a tab of its own. */
async function visit(context: BrowserContext, url: string, films: readonly string[]): Promise<AppAnswer> {
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  try {
    await page.goto(url);
    await page.setInputFiles('input', [...films]);
    const said = page.waitForFunction(() => document.querySelector('#outcome')!.textContent, undefined, {
      timeout: PATIENCE_MS,
    });
    const answer = JSON.parse((await (await said).jsonValue())!) as AppAnswer;
    await page.waitForTimeout(KEEPING_MS);
    return answer;
  } catch (error) {
    const message = [...problems, String(error)].join('; ');
    return { error: { name: 'Error', code: null, message } };
  } finally {
    await page.close();
  }
}

/** Runs an app in a page: two visits of a browser that was never there. */
export async function runInPage(
  pair: Pair,
  folder: string,
  films: readonly string[],
  executablePath: string,
): Promise<Outcome> {
  const { app, engine } = pair;
  const site = await (app.runs === 'script' ? openWithoutBuild(folder) : openBuilt(folder, app.runs));
  const profile = mkdtempSync(join(tmpdir(), 'crrg-apps-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: [
      ...['--no-sandbox', '--disable-dev-shm-usage', '--disk-cache-size=500000000'],
      ...(app.lacksGpu ? WITHOUT_GPU : adapterFlags()),
    ],
  });
  const url = `${site[0].address}/?engine=${engine}${app.way === 'worker' ? '&worker' : ''}`;
  try {
    const answer = await visit(context, url, films);
    const first = takeBytes(site);
    if (answer.error) return { pair, answer };
    const again = await visit(context, url, films.slice(0, 1));
    return again.error ? { pair, answer: again } : { pair, answer, bytes: [first, takeBytes(site)] };
  } finally {
    await context.close();
    for (const host of site) host.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  }
}
