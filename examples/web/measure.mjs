// Takes pictures of the page in its states and prints what a visit costs. After `npm run build`:
//
//   CRRG_TOOLS=../../package.json node measure.mjs [FOLDER for the pictures]
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openBrowser } from '../check-tools.mjs';
import { makeFilms } from './check/films.mjs';
import { isDone, isReady, readFilm } from './check/page.mjs';
import { serveFolder } from './check/static-server.mjs';

const folder = process.argv[2] ?? 'pictures';
const dist = new URL('dist', import.meta.url).pathname;
const DESKTOP = { width: 1360, height: 860 };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

const browser = await openBrowser();
const films = await makeFilms();
mkdirSync(folder, { recursive: true });

/** Milliseconds in which the main thread did nothing else, of each block above 50. */
const watchBlocks = () => {
  globalThis.blocks = [];
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) globalThis.blocks.push(duration);
  }).observe({ type: 'longtask', buffered: true });
};

async function open(host, options = {}) {
  const context = options.context ?? (await browser.newContext({ viewport: DESKTOP, ...options }));
  const page = await context.newPage();
  await page.addInitScript(watchBlocks);
  await page.goto(host.url);
  return { context, page };
}

async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** The longest block since the last call. */
const longestBlock = (page) => page.evaluate(() => Math.max(0, ...globalThis.blocks.splice(0)));

const megabytes = (requests) =>
  `${(requests.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6).toFixed(2)} MB`;
const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;
const figures = {};

async function measureVisits() {
  const host = await serveFolder(dist);
  let page;
  let context;
  const visit = async () => {
    ({ page, context } = await open(host, { context }));
    await isReady(page);
  };
  figures['first visit, until ready'] = seconds(await timed(visit));
  figures['first visit, longest block of the main thread'] = `${Math.round(await longestBlock(page))} ms`;
  figures['first film'] = seconds(await timed(() => readFilm(page, films.png)));
  figures['second film'] = seconds(await timed(() => readFilm(page, films.dicom)));
  figures['two films, longest block of the main thread'] = `${Math.round(await longestBlock(page))} ms`;
  await page.waitForTimeout(3000);
  figures['first visit, sent with gzip'] = megabytes(host.requests.splice(0));
  await page.close();
  figures['second visit, until ready'] = seconds(await timed(visit));
  figures['second visit, sent'] = megabytes(host.requests.splice(0));
  await context.close();
  const early = async () => {
    ({ page, context } = await open(host));
    await readFilm(page, films.png);
  };
  figures['from an empty browser to the first report'] = seconds(await timed(early));
  await context.close();
  await host.close();
}

async function takePictures() {
  const host = await serveFolder(dist);
  const slow = await serveFolder(dist, { bytesPerSecond: 2e6 });
  const shoot = (page, name) => page.screenshot({ path: join(folder, `${name}.png`) });

  const { page: waiting } = await open(slow);
  await waiting.waitForSelector('progress', { timeout: 60_000 });
  await waiting.waitForTimeout(2500);
  await shoot(waiting, 'loading');
  await waiting.close();

  const { page } = await open(host);
  await isReady(page);
  await shoot(page, 'empty');
  await page.mouse.move(0, 0);
  await page.setInputFiles('input[type=file]', films.negative);
  await page.waitForSelector('.finding:not([data-pending])');
  await shoot(page, 'reading');
  await isDone(page);
  await readFilm(page, films.png);
  await page.mouse.move(0, 0);
  await shoot(page, 'report');
  await page.locator('.finding button').first().focus();
  await page.getByRole('button', { name: /^Heat map/ }).click();
  await shoot(page, 'heat-map');
  await page.getByRole('button', { name: /^Heat map/ }).click();
  for (const summary of await page.locator('summary').all()) await summary.click();
  await page.getByRole('button', { name: 'Ask about the right lower lung zone' }).click();
  await page.locator('.answer .finding-score').waitFor();
  await page.screenshot({ path: join(folder, 'details.png'), fullPage: true });
  await page.getByRole('button', { name: /Engine and weights/ }).click();
  await shoot(page, 'settings');
  await page.keyboard.press('Escape');
  await readFilm(page, films.dicom);
  await page.locator('summary').last().click();
  await shoot(page, 'dicom');
  await page.mouse.move(0, 0);
  await readFilm(page, films.negative);
  await shoot(page, 'doubt');
  await readFilm(page, films.damaged);
  await shoot(page, 'refused');
  await page.emulateMedia({ colorScheme: 'dark' });
  await shoot(page, 'refused-dark');
  await readFilm(page, films.negative);
  await shoot(page, 'doubt-dark');
  await page.reload();
  await isReady(page);
  await shoot(page, 'empty-dark');
  await readFilm(page, films.png);
  await page.locator('.finding button').first().focus();
  await shoot(page, 'report-dark');
  await page.close();

  const { page: phone } = await open(host, PHONE);
  await isReady(phone);
  await shoot(phone, 'phone-empty');
  await readFilm(phone, films.negative);
  await phone.screenshot({ path: join(folder, 'phone-doubt.png'), fullPage: true });
  await phone.getByRole('button', { name: /Engine and weights/ }).click();
  await shoot(phone, 'phone-settings');
  await slow.close();
  await host.close();
}

if (!process.env.ONLY_PICTURES) await measureVisits();
await takePictures();
await browser.close();
for (const [name, value] of Object.entries(figures)) console.log(`${name}: ${value}`);
