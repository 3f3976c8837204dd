// Runs the graphs of a report on the WebGPU provider of onnxruntime-node and writes to FILE, as JSON, what they gave and where each node ran.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPlacedBackend, type Placements } from './placed-backend.js';
import { runReportGraphs, type ReportResults } from './report-graphs.js';

/** What is written. */
export interface ReportOnWebGpu {
  readonly results: ReportResults;
  readonly placements: Placements;
}

const folder = await mkdtemp(join(tmpdir(), 'crrg-placed-'));
try {
  const { backend, placements } = await createPlacedBackend(folder);
  const results = await runReportGraphs(backend);
  const report: ReportOnWebGpu = { results, placements: await placements() };
  await writeFile(process.argv[2]!, JSON.stringify(report));
  backend.dispose();
} finally {
  await rm(folder, { recursive: true, force: true });
}
