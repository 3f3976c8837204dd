// Starts the server and asks it for reports for a while: a steady rate, and bursts of more than it takes.
//
//   npm run soak -- --minutes 30
//
// Prints figures, writes soak/out/soak.json and soak.svg; exit code 1 where the server ended, broke off or failed a request (a status above 499
// that is neither 503 nor 504), told two things of one film, refused nothing in a burst, or grew.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { renderChart } from './chart.mjs';
import { findProblems, quantile, summarise } from './judge.mjs';
import { makeKinds, send } from './requests.mjs';

const OUT = new URL('out/', import.meta.url);
const SAMPLE_MS = 5000;
const WINDOW_MINUTES = 0.5;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    rate: { type: 'string', default: '2' },
    workers: { type: 'string', default: '2' },
    queue: { type: 'string', default: '6' },
    burst: { type: 'string', default: '24' },
    port: { type: 'string', default: '3210' },
  },
});
const [minutes, rate, burst] = [values.minutes, values.rate, values.burst].map(Number);
const origin = `http://127.0.0.1:${values.port}`;

const server = spawn('node', ['dist/main.js'], {
  cwd: new URL('..', import.meta.url),
  env: {
    ...process.env,
    PORT: values.port,
    LOG_LEVEL: 'warn',
    REPORTS_WORKERS: values.workers,
    REPORTS_QUEUE: values.queue,
  },
  stdio: 'inherit',
});
let ended;
const end = new Promise((resolve) => server.on('close', (code, signal) => resolve((ended = code ?? signal))));

async function untilReady() {
  for (;;) {
    if (ended !== undefined) throw new Error(`the server ended with ${ended}`);
    const response = await fetch(`${origin}/ready`).catch(() => undefined);
    if (response?.ok) return;
    await wait(200);
  }
}

await untilReady();
const kinds = await makeKinds();
const start = performance.now();
const minuteNow = () => (performance.now() - start) / 60_000;
const answers = [];
const samples = [];
const bursts = [];
const open = new Set();
let count = 0;

function ask() {
  const at = count++;
  const kind = kinds[at % kinds.length];
  const minute = minuteNow();
  const sending = send(origin, kind, Math.floor(at / kinds.length)).then((answer) => {
    answers.push({ minute, name: kind.name, expected: kind.expected, ...answer });
    open.delete(sending);
  });
  open.add(sending);
}

async function sample() {
  const [minute, before] = [minuteNow(), performance.now()];
  try {
    await (await fetch(`${origin}/health`)).text();
    const healthMs = performance.now() - before;
    const metrics = await (await fetch(`${origin}/metrics`)).text();
    const rss = Number(/^process_resident_memory_bytes (\S+)/m.exec(metrics)[1]) / 1e6;
    samples.push({ minute, healthMs, rss, load: loadavg()[0] });
  } catch (error) {
    answers.push({
      minute,
      name: 'health',
      expected: 200,
      status: 'broken',
      told: String(error.cause ?? error),
    });
  }
}

const sampler = setInterval(sample, SAMPLE_MS);
for (let minute = 0; minuteNow() < minutes && ended === undefined;) {
  ask();
  if (minuteNow() >= minute + 0.5) {
    bursts.push(minuteNow());
    for (let at = 0; at < burst; at++) ask();
    minute++;
  }
  await wait(1000 / rate);
}
clearInterval(sampler);
await Promise.all(open);
const endedEarly = ended;
server.kill('SIGTERM');
await end;

const run = { answers, samples, minutes, ended: endedEarly ?? ended };
const summary = summarise(run);
const problems = findProblems(run, summary);

/** A quantile of the latencies of reports in each window. */
function latencies(share) {
  const windows = new Map();
  for (const { minute, status, ms } of answers) {
    if (status !== 200) continue;
    const at = Math.floor(minute / WINDOW_MINUTES);
    windows.set(at, [...(windows.get(at) ?? []), ms]);
  }
  return [...windows]
    .sort(([a], [b]) => a - b)
    .map(([at, window]) => [(at + 0.5) * WINDOW_MINUTES, quantile(window, share) / 1000]);
}

const load = quantile(
  samples.map((each) => each.load),
  0.5,
);
const chart = renderChart({
  title: `${minutes} minutes: ${answers.length} requests, ${values.workers} workers, ${values.queue} may wait`,
  note: `${rate} requests a second; ticks are bursts of ${burst}. Load of the machine ${load.toFixed(1)} (median).`,
  minutes,
  panels: [
    {
      title: 'Resident memory, MB',
      marks: bursts,
      series: [{ name: 'server', points: samples.map(({ minute, rss }) => [minute, rss]) }],
    },
    {
      title: 'Seconds to a report (windows of 30 s)',
      marks: bursts,
      series: [
        { name: 'p50', points: latencies(0.5) },
        { name: 'p95', points: latencies(0.95) },
      ],
    },
    {
      title: 'Milliseconds to /health',
      marks: bursts,
      series: [{ name: 'samples', points: samples.map(({ minute, healthMs }) => [minute, healthMs]) }],
    },
  ],
});
mkdirSync(OUT, { recursive: true });
writeFileSync(new URL('soak.svg', OUT), chart);
writeFileSync(
  new URL('soak.json', OUT),
  JSON.stringify({ options: values, load, summary, problems, samples }, null, 1),
);
console.log(JSON.stringify({ load, ...summary }, null, 1));
for (const problem of problems.slice(0, 20)) console.log(`problem: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;
