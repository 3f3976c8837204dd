import { setImmediate } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { ConfigError } from '@crrg/core';
import { createRadiographClassifier, createReportPipeline, loadBackend } from '../node.js';
import { withOwnBackends } from './own-backends.js';
import { serve, type WorkerEntry } from './serve.js';
import type { Request } from './messages.js';

export { addBackend } from './own-backends.js';

if (!parentPort)
  throw new ConfigError(
    'pipeline.worker: expected to be imported by the script of a worker, got the main thread; import @crrg/pipeline here.',
  );
const port = parentPort;
const entry = withOwnBackends({
  loadBackend,
  createReportPipeline,
  createRadiographClassifier,
} as unknown as WorkerEntry);

serve(
  {
    post: (message, transfer = []) => port.postMessage(message, [...transfer]),
    listen: (listener) => void port.on('message', (message: Request) => listener(message)),
  },
  entry,
  { breathe: async () => void (await setImmediate()), close: () => process.exit(0) },
);
