// Builds the page, serves the static build from a folder of a host, and uses it in Chromium as people do.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createReportPipeline } from '@crrg/pipeline/node';
import { openBrowser, openPage, run } from '../check-tools.mjs';
import { makeFilms } from './check/films.mjs';
import { PATIENCE_MS, findAccessProblems, give, isDone, isReady, readFilm, saved } from './check/page.mjs';
import { serveFolder } from './check/static-server.mjs';

const browser = await openBrowser();
await run('npm', ['run', 'build']);
const films = await makeFilms();
const host = await serveFolder(new URL('dist', import.meta.url).pathname);
const elsewhere = createServer((_, response) => response.end('no')).listen(0, '127.0.0.1');
const { page, problems } = await openPage(browser, {
  viewport: { width: 1280, height: 900 },
  reducedMotion: 'reduce',
});
const requests = new Set();
page.context().on('request', (request) => requests.add(new URL(request.url()).origin));

async function check(name, body) {
  const start = performance.now();
  await body();
  console.log(`${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
}

/** No rule of axe-core is broken, in light and in dark. */
async function isAccessible(state) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    assert.deepEqual(await findAccessProblems(page), [], `${state}, ${colorScheme}`);
  }
}

/** What Node says of the film. */
let expectedText;

const textOf = (selector) => page.locator(selector).innerText();

await check('opens in a folder of a host, ready for a film', async () => {
  await page.goto(host.url);
  await isReady(page);
  await isAccessible('empty');
});

await check('says of a PNG film what Node says', async () => {
  assert.equal(await readFilm(page, films.png), 'read');
  const report = JSON.parse(await saved(page, 'JSON'));
  const pipeline = await createReportPipeline({ model: 'tiny' });
  const expected = await pipeline.generateReport(films.png.buffer, { classify: true });
  pipeline.dispose();
  expectedText = expected.text;
  assert.notEqual(report.text, '');
  assert.equal(report.text, expected.text);
  assert.deepEqual(
    report.findings.map(({ region, sentence }) => [region, sentence]),
    expected.findings.map(({ region, sentence }) => [region, sentence]),
  );
  assert.equal(report.classification[0].positive, expected.classification[0].positive);
  assert.equal(report.input.sha256, expected.input.sha256);
  assert.match(await saved(page, 'Text'), /Research software, not a medical device/);
  assert.match(await saved(page, 'Overlay (SVG)'), /<svg[\s\S]*right lung/);
  for (const details of await page.locator('details summary').all()) await details.click();
  await page.getByRole('button', { name: /^Heat map/ }).click();
  assert.equal(await page.locator('.film .heat').count(), 1);
  await isAccessible('report');
});

await check('joins sentences and boxes, by keyboard and by pointer', async () => {
  const findings = page.locator('.finding button');
  await findings.first().focus();
  await page.keyboard.press('ArrowDown');
  const marks = () =>
    page.locator('.mark').evaluateAll((all) => all.map((mark) => mark.hasAttribute('data-selected')));
  assert.deepEqual(await marks(), [false, true]);
  await page.keyboard.press('Home');
  assert.deepEqual(await marks(), [true, false]);
  await page.keyboard.press('Escape');
  assert.deepEqual(await marks(), [false, false]);
  await page.locator('.mark-tag').nth(1).hover();
  assert.equal(await findings.nth(1).getAttribute('aria-pressed'), 'true');
});

await check('answers about a region, and about a box that is drawn', async () => {
  await page.getByRole('button', { name: 'Ask about the spine' }).click();
  await page.locator('.answer .finding-score').waitFor();
  await page.getByRole('button', { name: 'Draw a box to ask about' }).click();
  const film = await page.locator('.film').boundingBox();
  await page.mouse.move(film.x + 0.2 * film.width, film.y + 0.3 * film.height);
  await page.mouse.down();
  await page.mouse.move(film.x + 0.4 * film.width, film.y + 0.5 * film.height);
  await page.mouse.up();
  await page.locator('.answer .finding-score').nth(1).waitFor();
  assert.equal(await page.locator('.film .asked').count(), 1);
});

await check('reads a DICOM film', async () => {
  assert.equal(await readFilm(page, films.dicom), 'read');
  assert.match(await textOf('.report'), /film\.dcm/);
});

await check('says first why a film is in doubt', async () => {
  assert.equal(await readFilm(page, films.negative), 'read');
  assert.match(await textOf('.doubts'), /inverted/);
  assert.match(await textOf('.film-doubt'), /In doubt/);
  await isAccessible('doubt');
});

await check('refuses a damaged file in words', async () => {
  assert.equal(await readFilm(page, films.damaged), 'refused');
  assert.match(await textOf('.problem'), /This file was refused/);
  await isAccessible('refused');
});

await check('takes films that are dropped or pasted anywhere', async () => {
  for (const kind of ['drop', 'paste']) {
    await give(page, kind, films.png);
    assert.equal(await isDone(page), 'read');
    await page.getByRole('link', { name: 'CRRG' }).click();
  }
});

await check('computes with WebGL, where it is chosen, and remembers it', async () => {
  await page.getByRole('button', { name: /Engine and weights/ }).click();
  await page.getByRole('radio', { name: /WebGL/ }).check();
  await page.getByRole('button', { name: 'Use these' }).click();
  await page.reload();
  await isReady(page);
  assert.equal(await readFilm(page, films.png), 'read');
  const report = JSON.parse(await saved(page, 'JSON'));
  assert.match(report.provenance.backend, /webgl/);
  assert.equal(report.text, expectedText);
  await page.getByRole('button', { name: /Engine and weights/ }).click();
  await page.getByRole('radio', { name: /WebAssembly/ }).check();
  await page.getByRole('button', { name: 'Use these' }).click();
  await isReady(page);
});

await check('says which weights could not be loaded, and goes back', async () => {
  const use = async (address) => {
    await page.getByRole('button', { name: /Engine and weights/ }).click();
    await page.getByLabel('Report model').fill(address);
    await page.getByRole('button', { name: 'Use these' }).click();
  };
  await page.getByRole('link', { name: 'CRRG' }).click();
  await use('nothing/');
  await page.locator('.problem').waitFor();
  assert.match(await textOf('.problem'), /The weights could not be loaded/);
  await use('');
  await isReady(page);
  // The browser tells of the file that is not there.
  problems.splice(0, problems.length, ...problems.filter((line) => !line.includes('404')));
});

await check('is light or dark as it was chosen', async () => {
  for (const theme of ['light', 'dark', undefined]) {
    await page.getByRole('button', { name: /^Colours/ }).click();
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), theme);
  }
});

await check('stops, and reads again', async () => {
  await page.setInputFiles('input[type=file]', films.png);
  await page.getByRole('button', { name: 'Stop' }).click();
  assert.equal(await isDone(page), 'stopped');
  await page.getByRole('button', { name: 'Read it again' }).click();
  await page.waitForSelector('[data-phase=read]', { timeout: PATIENCE_MS });
  await page.setInputFiles('input[type=file]', films.png);
  await page.getByRole('link', { name: 'CRRG' }).click();
  await page.waitForTimeout(300);
  assert.equal(await page.locator('.empty').count(), 1);
});

await check('is used by keyboard alone', async () => {
  await page.reload();
  await isReady(page);
  const press = async (name) => {
    for (let at = 0; at < 30; at++) {
      await page.keyboard.press('Tab');
      const focused = await page.evaluate(() => document.activeElement?.textContent?.trim());
      if (focused?.includes(name)) return page.keyboard.press('Enter');
    }
    throw new Error(`The tab key does not reach "${name}".`);
  };
  await press('Engine and weights');
  assert.equal(await page.locator('dialog').getAttribute('open'), '');
  await isAccessible('settings');
  await page.keyboard.press('Escape');
  await press('Try the sample film');
  assert.equal(await isDone(page), 'read');
  await press('An opacity in the right lung');
});

await check('fits a phone', async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 360, `the page is ${width} pixels wide`);
  await isAccessible('phone');
  await page.setViewportSize({ width: 1280, height: 900 });
});

await check('lets nothing leave, neither from the page nor from its workers', async () => {
  const address = `http://127.0.0.1:${elsewhere.address().port}/`;
  const isBlocked = (url) =>
    fetch(url, { mode: 'no-cors' }).then(
      () => false,
      () => true,
    );
  assert.deepEqual([...requests], [new URL(host.url).origin]);
  assert.notEqual(page.workers().length, 0);
  for (const place of [page, ...page.workers()]) assert.equal(await place.evaluate(isBlocked, address), true);
  // Those two are what the policy blocks on purpose.
  problems.splice(0, problems.length, ...problems.filter((line) => !line.includes(address)));
});

await check('works without a network after a first visit that read no film', async () => {
  const { page: visitor, problems: found } = await openPage(browser);
  await visitor.goto(host.url);
  await visitor.getByText('Also without a network').waitFor({ timeout: PATIENCE_MS });
  await host.close();
  await visitor.reload();
  await isReady(visitor);
  for (const film of [films.png, films.dicom]) assert.equal(await readFilm(visitor, film), 'read');
  // The library asks for a newer manifest, and goes on with the kept one.
  assert.deepEqual(
    found.filter((line) => !line.includes('ERR_CONNECTION_REFUSED')),
    [],
  );
});

assert.deepEqual(problems, []);
await browser.close();
elsewhere.close();
