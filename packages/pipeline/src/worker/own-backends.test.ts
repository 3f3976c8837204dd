import { createOnnxBackend } from '@crrg/backend-onnx';
import { ConfigError } from '@crrg/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { microEntry, microThread } from '../__fixtures__/micro-worker.js';
import { noiseFilm } from '../__fixtures__/streams.js';
import { createReportPipeline, loadBackend, loadRadiograph } from '../node.js';
import { addBackend, withOwnBackends } from './own-backends.js';
import { openPipelineInWorker } from './worker-pipeline.js';

let engine: Awaited<ReturnType<typeof createOnnxBackend>>;
beforeAll(async () => {
  engine = await createOnnxBackend({ threads: 1 });
  addBackend('own:first', () => ({ ...engine, name: 'the first', compile: engine.compile.bind(engine) }));
});
afterAll(() => engine.dispose());

const entry = withOwnBackends({ ...microEntry(), loadBackend: (name) => loadBackend(name as 'onnx') });
const open = (backend: string) =>
  openPipelineInWorker<unknown, never>(
    {
      processors: 1,
      sharesMemory: true,
      start: () => microThread(entry),
      addressOf: String,
      readFilm: (film) => loadRadiograph(film as never),
    },
    { worker: true, backend } as never,
  );

it('reports with an engine that the script of the worker added', async () => {
  const pipeline = await open('own:first');
  const { provenance } = await pipeline.generateReport(noiseFilm(1), { numBeams: 1, maxLength: 3 });
  expect(provenance.backend).toBe('the first');
  pipeline.dispose();
});

it('refuses an engine that was not added, and one without a worker', async () => {
  const refusal = /expected one of onnx, .*, got "own:second"; choose one/;
  await expect(open('own:second')).rejects.toThrow(refusal);
  const here = createReportPipeline({ model: 'tiny', backend: 'own:second' });
  await expect(here).rejects.toThrow(refusal);
  await expect(here).rejects.toBeInstanceOf(ConfigError);
});
