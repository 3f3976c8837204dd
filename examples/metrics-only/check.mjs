// Builds the page, serves it, and scores the two files of data/ in Chromium: by keyboard, by dropping files, with files that do not fit.
// Its numbers are those of @crrg/metrics in Node.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { computeReportIntervals, evaluateReports } from '@crrg/metrics';
import { freePort, openBrowser, openPage, run, startServer } from '../check-tools.mjs';

const VITE = 'node_modules/vite/bin/vite.js';
const FILES = ['data/candidates.jsonl', 'data/references.jsonl'];

/** The numbers without this example's code: pairs by id, scores by the package. */
async function expectedScores() {
  const [candidates, references] = FILES.map((file) =>
    readFileSync(file, 'utf8').trim().split('\n').map(JSON.parse),
  );
  const byId = new Map(references.map(({ id, text }) => [id, text]));
  const evaluation = await evaluateReports(
    candidates.map(({ text }) => text),
    candidates.map(({ id }) => [byId.get(id)]),
    { metrics: ['bleu', 'meteor', 'rougeL', 'cider'], keepStatistics: true },
  );
  const intervals = await computeReportIntervals(evaluation, { numResamples: 2000, seed: 1 });
  return Object.entries(intervals).map(([score, { estimate, low, high }]) => ({
    score,
    estimate,
    low,
    high,
  }));
}

async function downloaded(page, id) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click(id)]);
  return readFileSync(await download.path(), 'utf8');
}

async function shoot(page, name) {
  const folder = process.env.SCREENSHOTS;
  if (folder) await page.screenshot({ path: join(folder, `metrics-only-${name}.png`), fullPage: true });
}

const choose = async (page, files) => {
  for (const [index, name] of ['candidates', 'references'].entries())
    await page.setInputFiles(`[name=${name}]`, files[index]);
};
const textFile = (text, name = 'reports.txt') => ({
  name,
  mimeType: 'text/plain',
  buffer: Buffer.from(text),
});

/** Equal but for the last bits: engines differ there in `Math.exp` and `Math.log`. */
function assertScores(scores, expected) {
  assert.deepEqual(
    scores.map(({ score }) => score),
    expected.map(({ score }) => score),
  );
  for (const [index, { score, ...numbers }] of expected.entries())
    for (const [name, value] of Object.entries(numbers))
      assert.ok(
        Math.abs(scores[index][name] - value) < 1e-12,
        `${score}.${name}: ${scores[index][name]}, ${value}`,
      );
}

async function checkScores(page, expected) {
  await choose(page, FILES);
  await page.focus('[name=references]');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#outcome:not([hidden])');
  const { numReports, pairing, scores } = JSON.parse(await downloaded(page, '#json'));
  assert.deepEqual({ numReports, pairing }, { numReports: 24, pairing: 'by id' });
  assertScores(scores, expected);
  const csv = await downloaded(page, '#csv');
  const rows = scores.map(({ score, estimate, low, high }) => `${score},${estimate},${low},${high}\r\n`);
  assert.equal(csv, `score,estimate,low,high\r\n${rows.join('')}`);
  assert.equal(await page.textContent('#pairing'), '24 reports, paired by id.');
  assert.equal(await page.locator('tbody tr').count(), expected.length);
}

async function checkDrop(page) {
  for (const text of ['Clear lungs.\nNormal heart.', 'The lungs are clear.\nThe heart is normal.']) {
    const target = page.locator('.drop').nth(text.startsWith('Clear') ? 0 : 1);
    const transfer = await page.evaluateHandle((content) => {
      const data = new DataTransfer();
      data.items.add(new File([content], 'dropped.txt'));
      return data;
    }, text);
    await target.dispatchEvent('drop', { dataTransfer: transfer });
  }
  await page.click('button:not([type])');
  await page.getByText('2 reports, paired by their order.').waitFor();
}

async function checkRefusals(page) {
  const cases = [
    [textFile('one\ntwo'), textFile('one'), 'as many candidates as references, got 2 and 1'],
    [
      textFile('{"id": 1, "text": "a"}'),
      textFile('{"id": 2, "text": "a"}'),
      'the same ids in both files, got 1, 2',
    ],
    [textFile('{"id": 1, "text": "a"}'), textFile('a'), 'ids in both files or in neither'],
    [textFile('{"note": 1}', 'notes.jsonl'), textFile('a'), 'notes.jsonl, line 1: expected a text'],
  ];
  for (const [candidates, references, message] of cases) {
    await choose(page, [candidates, references]);
    await page.click('button:not([type])');
    await page.locator('[role=alert]', { hasText: message }).waitFor();
    assert.equal(await page.locator('#outcome').isHidden(), true);
  }
}

await run('node', [VITE, 'build']);
const browser = await openBrowser();
const port = await freePort();
const args = [VITE, 'preview', '--host', '127.0.0.1', '--port', String(port), '--strictPort'];
const server = await startServer('node', args, { url: `http://127.0.0.1:${port}/` });
try {
  const { page, problems } = await openPage(browser, { viewport: { width: 900, height: 700 } });
  page.setDefaultTimeout(60_000);
  await page.goto(`http://127.0.0.1:${port}/`);
  await checkScores(page, await expectedScores());
  await shoot(page, 'desktop');
  await page.setViewportSize({ width: 390, height: 800 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await shoot(page, 'phone-dark');
  await checkDrop(page);
  await checkRefusals(page);
  await shoot(page, 'refused');
  assert.deepEqual(problems, []);
} finally {
  await browser.close();
  await server.stop();
}
console.log('scores in the page are those of Node; keyboard, drop, downloads and refusals work');
