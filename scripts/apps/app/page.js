// The app in a page that a bundler builds. In the address: `engine`, and `worker` where the work is done in one.
import { createReportPipeline } from '@crrg/pipeline';
import { showVisits } from './visits.js';

async function openBackend(name) {
  if (!name.startsWith('tfjs-')) return name;
  const { createTfjsBackend } = await import('@crrg/backend-tfjs');
  return createTfjsBackend({ engine: name.slice('tfjs-'.length), wasmPaths: '/tfjs/' });
}

showVisits(async ({ engine, worker }) =>
  createReportPipeline({
    model: new URL('/models/tiny', location.href),
    backend: await openBackend(engine),
    worker,
  }),
);
