// Builds the server, starts it (with room for two reports; with no time for any; with no time at its end), and checks each of its answers.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { generateReport } from '@crrg/pipeline';
import { Ajv } from 'ajv';
import { FILMS, run } from '../check-tools.mjs';
import { makeFilms } from './check/films.mjs';
import { checkJudge } from './check/judge.mjs';
import { startReports } from './check/server.mjs';

const SCHEMA = createRequire(import.meta.url)('@crrg/pipeline/schemas/report.schema.json');
const validate = new Ajv({ strict: false }).compile(SCHEMA);
const SECRET = 'DOE^JANE';

/** What of a report does not depend on when and where it was made. */
const withoutTimes = ({ provenance: { durations: _, ...provenance }, ...report }) => ({
  ...report,
  provenance,
});

await run('node', ['node_modules/typescript/bin/tsc']);
const settings = { REPORTS_WORKERS: '1', REPORTS_QUEUE: '1', REPORTS_MAX_MB: '4' };
const [server, hasty, abrupt] = await Promise.all([
  startReports(settings),
  startReports({ ...settings, REPORTS_SECONDS: '0.06', REPORTS_CLASSIFIER: '/nowhere' }),
  startReports({ ...settings, REPORTS_SHUTDOWN_SECONDS: '0' }),
]);
const { origin } = server;
const films = await makeFilms();

async function check(name, body) {
  const start = performance.now();
  try {
    await body();
  } catch (error) {
    throw new Error(`${name}\n${server.output()}\n${hasty.output()}`, { cause: error });
  }
  console.log(`${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
}

const formOf = ({ bytes, name, type }, field = 'film') => {
  const form = new FormData();
  form.set(field, new File([bytes], name, { type }));
  return { method: 'POST', body: form };
};
const bare = ({ bytes, type }) => ({ method: 'POST', body: bytes, headers: { 'content-type': type } });
const post = (path, init, more = {}) => fetch(`${origin}${path}`, { ...init, ...more });
const accept = (type) => ({ headers: { accept: type } });

/** A figure of `/metrics`. */
async function metric(name) {
  const lines = (await (await fetch(`${origin}/metrics`)).text()).split('\n');
  return Number(lines.find((line) => line.startsWith(`${name} `))?.split(' ')[1]);
}

async function refused(status, code, response) {
  const answer = await (await response).json();
  assert.deepEqual([answer.statusCode, answer.code], [status, code], JSON.stringify(answer));
  assert.equal((await response).status, status);
  assert.match((await response).headers.get('intended-use'), /not a medical device/);
  return answer;
}

/** Waits for a moment of the pool. */
async function until({ origin }, isReached) {
  for (let tries = 0; tries < 500; tries++) {
    const { pool } = await (await fetch(`${origin}/ready`)).json();
    if (isReached(pool)) return;
    await wait(10);
  }
  throw new Error('expected another state of the pool');
}

const isIdle = (each) => until(each, ({ busy, waiting }) => busy === 0 && waiting === 0);
const isBusy = (each) => until(each, ({ busy }) => busy === 1);
/** A report that takes long. */
const LONG = '/reports?classify&explain';

try {
  await check('the soak sees what it looks for', checkJudge);

  await check('a report is that of plain Node, from a form and from the bytes alone', async () => {
    const report = await (
      await post('/reports', formOf({ ...films.jpeg, name: 'nih-00001749_003.jpg' }))
    ).json();
    const expected = JSON.parse(JSON.stringify(await generateReport(FILMS[0])));
    assert.deepEqual(withoutTimes(report), withoutTimes(expected));
    assert.notEqual(report.text, '');
    for (const film of [films.jpeg, films.png, films.dicom]) {
      const response = await post('/reports', bare(film));
      assert.equal(response.status, 200, film.name);
      const told = await response.json();
      assert.ok(validate(told), JSON.stringify(validate.errors));
      assert.equal(told.input.file, null);
      assert.match(told.intendedUse, /not a medical device/);
    }
  });

  await check('options of the query count, and those that are none are refused', async () => {
    const report = await (await post('/reports?classify&numBeams=1', formOf(films.dicom))).json();
    assert.ok(report.classification.length > 0);
    await refused(400, 'BAD_OPTION', post('/reports?numBeams=9', formOf(films.jpeg)));
    await refused(400, 'BAD_OPTION', post('/reports?beams=1', formOf(films.jpeg)));
    await refused(400, 'BAD_OPTION', post('/reports?explain', formOf(films.jpeg)));
    await refused(400, 'BAD_OPTION', post('/overlays?stream', formOf(films.jpeg)));
  });

  await check('a stream tells regions, sentences and the report', async () => {
    const report = await (await post('/reports', formOf(films.jpeg))).json();
    const lines = await post('/reports?stream', formOf(films.jpeg));
    assert.equal(lines.headers.get('content-type'), 'application/x-ndjson');
    const events = (await lines.text()).trim().split('\n').map(JSON.parse);
    const sentences = report.findings.map(() => 'sentence');
    assert.ok(sentences.length > 0);
    assert.deepEqual(
      events.map(({ type }) => type),
      ['regions', ...sentences, 'report'],
    );
    assert.deepEqual(withoutTimes(events.at(-1).report), withoutTimes(report));
    const sent = await post('/reports', { ...formOf(films.jpeg), ...accept('text/event-stream') });
    assert.deepEqual(
      (await sent.text()).match(/^event: \w+/gm),
      events.map(({ type }) => `event: ${type}`),
    );
    await refused(422, 'IMAGE', post('/reports?stream', formOf(films.damaged)));
  });

  await check('an overlay is a PNG or an SVG picture', async () => {
    const png = Buffer.from(await (await post('/overlays', formOf(films.jpeg))).arrayBuffer());
    assert.equal(png.toString('latin1', 1, 4), 'PNG');
    assert.ok(png.length > 20_000);
    const svg = await post('/reports', { ...formOf(films.jpeg), ...accept('image/svg+xml') });
    assert.match(await svg.text(), /^<svg [\s\S]*right lung[\s\S]*not a medical device/);
    await refused(
      406,
      'NOT_ACCEPTABLE',
      post('/overlays', { ...formOf(films.jpeg), ...accept('text/html') }),
    );
  });

  await check('what is no film, too large, or in doubt is refused', async () => {
    await refused(422, 'IMAGE', post('/reports', formOf(films.damaged)));
    const { doubts } = await refused(422, 'IMAGE', post('/reports?strict', formOf(films.negative)));
    assert.ok(
      doubts.some(({ code }) => code === 'not-a-chest' || code === 'negative'),
      JSON.stringify(doubts),
    );
    assert.equal((await post('/reports', formOf(films.negative))).status, 200);
    const json = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } };
    await refused(415, 'UNSUPPORTED_TYPE', post('/reports', json));
    await refused(415, 'UNSUPPORTED_TYPE', post('/reports', formOf({ ...films.jpeg, type: 'image/gif' })));
    await refused(400, 'NO_FILM', post('/reports', formOf(films.jpeg, 'picture')));
    await refused(400, 'NO_FILM', post('/reports', { method: 'POST' }));
    const form = {
      method: 'POST',
      body: '--x',
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
    };
    await refused(400, 'BAD_FORM', post('/reports', form));
    const large = { name: 'large.png', type: 'image/png', bytes: Buffer.alloc(4_500_000) };
    await refused(413, 'TOO_LARGE', post('/reports', formOf(large)));
    await refused(413, 'TOO_LARGE', post('/reports', bare(large)));
    const chunked = new ReadableStream({
      start(controller) {
        controller.enqueue(large.bytes);
        controller.close();
      },
    });
    await refused(413, 'TOO_LARGE', post('/reports', { ...bare(large), body: chunked, duplex: 'half' }));
    await refused(404, 'NOT_FOUND', fetch(`${origin}/nothing`));
  });

  await check('one request too many is told when to come again', async () => {
    await isIdle(server);
    const answers = await Promise.all(Array.from({ length: 6 }, () => post('/reports', formOf(films.jpeg))));
    const busy = answers.filter(({ status }) => status === 429);
    assert.equal(answers.filter(({ status }) => status === 200).length, 2);
    assert.equal(busy.length, 4);
    for (const response of busy) {
      assert.ok(Number(response.headers.get('retry-after')) >= 1);
      await refused(429, 'BUSY', response);
    }
  });

  await check('a client that leaves, early or in a stream, ends its report', async () => {
    await isIdle(server);
    const controller = new AbortController();
    const left = assert.rejects(post(LONG, formOf(films.large), { signal: controller.signal }));
    await isBusy(server);
    controller.abort();
    await left;
    const stream = await post('/reports?stream', formOf(films.jpeg));
    await stream.body.cancel();
    await isIdle(server);
    assert.equal((await post('/reports', formOf(films.jpeg))).status, 200);
    assert.ok((await metric('reports_requests_total{route="/reports",status="499"}')) >= 1);
  });

  await check('a report, and a film on its way, that take too long are ended', async () => {
    await refused(504, 'TIMEOUT', fetch(`${hasty.origin}/reports`, formOf(films.jpeg)));
    const socket = connect(new URL(hasty.origin).port, '127.0.0.1');
    socket.write(
      'POST /reports HTTP/1.1\r\nhost: x\r\ncontent-type: image/png\r\ncontent-length: 1000\r\n\r\nabc',
    );
    const answer = (await socket.toArray()).join('');
    assert.match(answer, /^HTTP\/1.1 504 /);
    await isIdle(hasty);
  });

  await check('a fault of the server is told to its log alone', async () => {
    const faulty = () => fetch(`${hasty.origin}/reports?classify&numBeams=1`, formOf(films.dicom));
    let response = await faulty();
    for (let tries = 0; response.status === 504 && tries < 50; tries++) response = await faulty();
    const { message } = await refused(500, 'INTERNAL', response);
    assert.doesNotMatch(message, /nowhere/);
    for (let tries = 0; !hasty.output().includes('a report failed') && tries < 100; tries++) await wait(20);
    assert.match(
      hasty.output(),
      /"type":"\w+Error","message":"[^"]*expected .*nowhere.*"msg":"a report failed"/,
    );
  });

  await check('health, readiness, metrics and description are there, headers are safe', async () => {
    assert.deepEqual(await (await fetch(`${origin}/health`)).json(), { status: 'ok' });
    const ready = await (await fetch(`${origin}/ready`)).json();
    assert.deepEqual([ready.isReady, ready.pool.size, ready.model.name], [true, 1, 'crrg-tiny']);
    assert.equal(await metric('reports_pool_size'), 1);
    const document = await (await fetch(`${origin}/openapi.json`)).json();
    assert.deepEqual(Object.keys(document.paths), ['/health', '/ready', '/reports', '/overlays']);
    const schemas = document.components.schemas;
    assert.deepEqual(Object.keys(schemas.Report.properties), Object.keys(SCHEMA.properties));
    const references = JSON.stringify(document).match(/"\$ref":"[^"]*"/g);
    for (const reference of references)
      assert.ok(schemas[/schemas\/(\w+)"$/.exec(reference)?.[1]], reference);
    const page = await fetch(`${origin}/docs/`);
    assert.match(await page.text(), /swagger-ui/);
    for (const response of [page, await fetch(`${origin}/health`)]) {
      assert.match(response.headers.get('content-security-policy'), /default-src 'self'/);
      assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
      assert.equal(response.headers.get('access-control-allow-origin'), null);
    }
  });

  await check('settings that are none are refused, all at once; so is a model that is none', async () => {
    const started = (env) => run('node', ['dist/main.js'], { env }).then(() => '', String);
    const env = { REPORTS_WORKERS: 'many', PORT: '-1', REPORTS_QUEU: '3' };
    const [settingless, modelless] = await Promise.all([
      started(env),
      started({ PORT: '0', REPORTS_MODEL: '/nowhere' }),
    ]);
    assert.match(settingless, /ended with 2/);
    for (const name of Object.keys(env)) assert.match(settingless, new RegExp(`^${name}: expected`, 'm'));
    assert.match(modelless, /ended with 1[\s\S]*expected \\"tiny\\", a folder/);
  });

  await check('a server that is told to end finishes what runs, takes no more, and ends well', async () => {
    await isIdle(server);
    const running = post(LONG, formOf({ ...films.large, name: `${SECRET}.png` }));
    await isBusy(server);
    server.kill('SIGTERM');
    const response = await running;
    assert.equal(response.status, 200);
    const { text } = await response.json();
    await assert.rejects(fetch(`${origin}/health`, { signal: AbortSignal.timeout(3000) }));
    assert.equal(await server.ended, 0);
    const log = server.output();
    assert.match(log, /"route":"\/reports","status":499/);
    for (const secret of [text.slice(0, 20), SECRET, 'film.jpg', 'right lung', '127.0.0.1"'])
      assert.ok(!log.includes(secret), `the log holds ${secret}`);
  });

  await check('one that may not wait ends what runs and waits, and says so, in a stream too', async () => {
    const stream = await fetch(`${abrupt.origin}${LONG}&stream`, formOf(films.large));
    const waiting = fetch(`${abrupt.origin}/reports`, formOf(films.jpeg));
    await until(abrupt, (pool) => pool.waiting === 1);
    abrupt.kill('SIGTERM');
    await refused(503, 'ENDING', waiting);
    const events = (await stream.text()).trim().split('\n').map(JSON.parse);
    assert.equal(events[0].type, 'regions');
    assert.deepEqual([events.at(-1).type, events.at(-1).code], ['error', 'ENDING']);
    assert.equal(await abrupt.ended, 0);
  });

  await check('one that is told to end while it opens its model ends well', async () => {
    const early = await startReports(settings, '/health');
    early.kill('SIGTERM');
    assert.equal(await early.ended, 0);
  });
} finally {
  for (const each of [server, hasty, abrupt]) each.kill('SIGKILL');
}
console.log(
  'reports of plain Node; limits, overload, aborts, streams, overlays, shutdown and a log without patients hold',
);
