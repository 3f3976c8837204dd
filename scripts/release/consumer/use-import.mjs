// A report of a film from the installed packages: prints one line of JSON. Where no engine is installed, the error that says so.
import { CrrgError } from '@crrg/core';
import { createReportPipeline, generateReport } from '@crrg/pipeline';

if (typeof createReportPipeline !== 'function') throw new Error('expected createReportPipeline, got none');
try {
  const { text, provenance, regions } = await generateReport(process.argv[2], { onWarning: () => {} });
  if (regions.length !== 29) throw new Error(`expected 29 regions, got ${regions.length}`);
  console.log(
    JSON.stringify({ text, backend: provenance.backend, version: provenance.versions['@crrg/pipeline'] }),
  );
} catch (error) {
  if (!CrrgError.isInstance(error)) throw error;
  console.log(JSON.stringify({ code: error.code, name: error.name, message: error.message }));
}
