import { BackendError, ConfigError } from '@crrg/core';
import { greyImage } from '@crrg/image';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { createReportPipeline } from '../node.js';
import { closeGate, createGuard, GATE_BYTES } from './guarded-backend.js';
import { PROTOCOL } from './messages.js';

const IMAGE = greyImage(64, 64, new Uint8Array(64 * 64));

/** A worker that opens whatever it is asked to, and does `work` at the first call. */
const workerThat = (work: string, options: WorkerOptions = {}) =>
  new Worker(
    `const { parentPort } = require('node:worker_threads');
     parentPort.on('message', ({ id, type, method }) => {
       if (type === 'close') process.exit();
       if (method === 'open') return parentPort.postMessage({ type: 'result', id, value: { name: 'fake' } });
       ${work}
     });
     parentPort.postMessage({ type: 'ready', protocol: '${PROTOCOL}' });`,
    { ...options, eval: true },
  );

describe('a thread of Node that ends', () => {
  it.each([
    ['exit code 3', 'process.exit(3)', {}],
    ['boom', 'throw new Error("boom")', {}],
    ['rejected', 'Promise.reject(new Error("rejected"))', {}],
    [
      'it ran out of memory',
      'const all = []; for (;;) all.push(new Array(1e5).fill(id))',
      { resourceLimits: { maxOldGenerationSizeMb: 20 } },
    ],
  ])('rejects its calls and later ones: %s', async (why, work, options) => {
    const pipeline = await createReportPipeline({ worker: () => workerThat(work, options) });
    for (const call of [pipeline.generateReport(IMAGE), pipeline.generateReport(IMAGE)])
      await expect(call).rejects.toThrow(`got one that ended (${why})`);
    await expect(pipeline.generateReport(IMAGE)).rejects.toBeInstanceOf(BackendError);
    pipeline.dispose();
  });

  it('before it is ready rejects the opening', async () => {
    const broken = () => new Worker('throw new Error("no such module")', { eval: true });
    await expect(createReportPipeline({ worker: broken })).rejects.toThrow(
      /pipeline\.worker: .* ended \(no such module\)/,
    );
  });

  it('is really gone after dispose', async () => {
    let thread: Worker | undefined;
    const pipeline = await createReportPipeline({ worker: () => (thread = workerThat('')) });
    const gone = new Promise((resolve) => thread!.on('exit', resolve));
    const call = pipeline.generateReport(IMAGE);
    pipeline.dispose();
    await expect(call).rejects.toThrow('used after dispose()');
    expect(await gone).toBe(0);
  });
});

it('a worker that is none is refused', async () => {
  for (const [worker, got] of [
    [() => undefined, 'a function that gives undefined'],
    ['yes', 'string'],
  ] as const)
    await expect(createReportPipeline({ worker: worker as never })).rejects.toThrow(
      `expected true or a function that gives a Worker, got ${got}; pass`,
    );
});

it('what cannot be sent is refused before a thread is started', async () => {
  const worker = () => expect.fail('started');
  const backend = { compile: () => expect.fail('used') } as never;
  await expect(createReportPipeline({ worker, backend })).rejects.toBeInstanceOf(ConfigError);
});

describe('the guard of an engine', () => {
  it('lets no work start once the gate is closed', async () => {
    const gate = new SharedArrayBuffer(GATE_BYTES);
    const guard = createGuard(async () => {}, gate);
    await guard.enter();
    expect([...new Int32Array(gate)]).toEqual([1, 0]);
    guard.leave();
    closeGate(gate);
    expect([...new Int32Array(gate)]).toEqual([0, 1]);
    const entered = guard.enter().then(() => 'entered');
    expect(await Promise.race([entered, new Promise((resolve) => setTimeout(resolve, 20, 'kept out'))])).toBe(
      'kept out',
    );
    expect(new Int32Array(gate)[0]).toBe(0);
  });
});

describe('a program with the engine in a worker', () => {
  const run = (end: string) =>
    promisify(execFile)(process.execPath, [
      '--conditions=@crrg/source',
      '--import',
      pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href,
      '--input-type=module',
      '--eval',
      `import { createReportPipeline } from ${JSON.stringify(fileURLToPath(new URL('../node.ts', import.meta.url)))};
       const pipeline = await createReportPipeline({ worker: true, threads: 1 });
       const data = Uint8Array.from({ length: 300 * 300 }, (_, at) => (at * 7919) % 251);
       const film = { width: 300, height: 300, bitDepth: 8, channels: 1, data };
       const { provenance } = await pipeline.generateReport(film, { numBeams: 1, maxLength: 5 });
       console.log(provenance.backend);
       let isFirst = true;
       const onProgress = () => { if (isFirst) ${end}; isFirst = false; };
       pipeline.generateReport(film, { onProgress }).catch((error) => console.log(error.code));`,
    ]).catch((error: { code: number; stdout: string }) => error);

  it('ends by itself where a call runs on, and ends when it is told to in the middle of one', async () => {
    const [disposed, told] = await Promise.all([run('pipeline.dispose()'), run('process.exit(3)')]);
    expect(disposed).toMatchObject({
      stdout: expect.stringMatching(/^onnxruntime-node\/cpu\s+DISPOSED\s+$/),
    });
    expect(told).toMatchObject({ code: 3 });
  });
});
