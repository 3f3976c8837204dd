// Runs in the page: reports here and in workers, posted back as JSON.
import { ImageError } from '@crrg/core';
import { createReportPipeline } from '@crrg/pipeline';
import { FILM, said } from './film.mjs';

const post = (text) => fetch('/outcome', { method: 'POST', body: text });
const options = {
  model: '/model/weights/',
  classifier: '/model/classifier/',
  threads: 1,
  wasmPaths: '/ort/',
};

/** Milliseconds that the page was kept from everything else, at most, while a work ran. */
async function longestBlock(work) {
  let longest = 0;
  let last = performance.now();
  let isOver = false;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
    if (!isOver) port2.postMessage(null);
  };
  port2.postMessage(null);
  const result = await work();
  isOver = true;
  return { longest: Math.max(longest, performance.now() - last), result };
}

async function reportsOf(worker) {
  const pipeline = await createReportPipeline({ ...options, worker });
  const { longest, result } = await longestBlock(() => pipeline.generateReport(FILM, { numBeams: 1 }));
  const { classification } = await pipeline.generateReport(FILM, { numBeams: 1, classify: true });
  const bad = await pipeline.generateReport(new File(['no film'], 'a.png')).catch((error) => error);
  const events = [];
  for await (const { type } of pipeline.streamReport(FILM, { numBeams: 1 })) events.push(type);
  const controller = new AbortController();
  const aborted = pipeline.generateReport(FILM, {
    signal: controller.signal,
    onProgress: ({ type }) => type === 'token' && controller.abort('enough'),
  });
  const outcome = {
    said: said(result),
    labels: classification.length,
    error: bad instanceof ImageError && bad.message,
    events: [events[0], events.at(-1)],
    aborted: await aborted.catch(String),
    longest: Math.round(longest),
  };
  const pending = pipeline.generateReport(FILM).catch(({ code }) => code);
  pipeline.dispose();
  return { ...outcome, disposed: worker ? await pending : 'DISPOSED', pixels: FILM.data.length };
}

try {
  const [here, bundled, own] = [
    await reportsOf(false),
    await reportsOf(true),
    await reportsOf(() => new Worker('/own-worker.js', { type: 'module' })),
  ];
  const missing = () => new Worker('/no-such-worker.js', { type: 'module' });
  const refused = await createReportPipeline({ ...options, worker: missing }).catch(String);
  await post(JSON.stringify({ here, bundled, own, refused }));
} catch (error) {
  await post(`failed: ${error.stack ?? error}`);
}
