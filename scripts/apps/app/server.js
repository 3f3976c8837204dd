// The app in Node: `node server.js ENGINE here|worker|pool FILM...`; its last line is the visit as JSON.
import { createReportPipeline, createReportPool } from '@crrg/pipeline';
import { visitAsJson } from './visit.js';

const [backend, way, ...films] = process.argv.slice(2);

const open = {
  here: () => createReportPipeline({ backend }),
  worker: () => createReportPipeline({ backend, worker: true }),
  pool: () => createReportPool({ backend, size: 2 }),
}[way];

void visitAsJson(open, films).then(console.log);
