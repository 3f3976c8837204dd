// The packed packages say the same in a worker, found from the package and from bundled servers, in a pool, and in a worker of one's own.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { BusyError } from '@crrg/core';
import { createReportPipeline, createReportPool } from '@crrg/pipeline';
import { FILM, said } from './film.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const esbuild = createRequire(process.env.CRRG_TOOLS)('esbuild');
const FAST = { numBeams: 1 };

const plain = await createReportPipeline({ threads: 1 });
const expected = said(await plain.generateReport(FILM, FAST));
plain.dispose();

const own = await createReportPipeline({
  threads: 1,
  worker: () => new Worker(new URL('./own-worker.mjs', import.meta.url)),
});
assert.equal(said(await own.generateReport(FILM, FAST)), expected);
own[Symbol.dispose ?? 'dispose']();

const pool = await createReportPool({ size: 2, maxQueue: 1 });
const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => pool.generateReport(FILM, FAST)));
assert.deepEqual(
  outcomes.map(({ value, reason }) =>
    value ? said(value) === expected : BusyError.isInstance(reason) && reason.code,
  ),
  [true, true, true, 'BUSY'],
);
await pool.close();

const ways = [here('./server.mjs')];
for (const format of ['esm', 'cjs']) {
  const outfile = join(process.cwd(), `worker-server.${format === 'esm' ? 'mjs' : 'cjs'}`);
  await esbuild.build({
    entryPoints: [here('./server.mjs')],
    bundle: true,
    platform: 'node',
    format,
    outfile,
    external: ['onnxruntime-node', 'onnxruntime-web', 'sharp', '@resvg/resvg-js', '@crrg/backend-tfjs'],
    // What CommonJS packages inside an ES module need.
    ...(format === 'esm' && {
      banner: {
        js: "import * as module from 'node:module'; const require = module.createRequire(import.meta.url);",
      },
    }),
    logLevel: 'silent',
  });
  ways.push(outfile);
}
try {
  for (const file of ways) {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [file]);
    assert.equal(stdout.trim(), expected, `${file}: ${stderr}`);
  }
} finally {
  for (const outfile of ways.slice(1)) rmSync(outfile, { force: true });
}
console.log(`${ways.length + 2} ways to a worker, one report; every program ended by itself`);
