// A server in one file, as a bundler makes it; prints what the packed packages say in a worker.
import { createReportPipeline } from '@crrg/pipeline/node';
import { FILM, said } from './film.mjs';

void (async () => {
  const pipeline = await createReportPipeline({ worker: true, threads: 1 });
  console.log(said(await pipeline.generateReport(FILM, { numBeams: 1 })));
})();
