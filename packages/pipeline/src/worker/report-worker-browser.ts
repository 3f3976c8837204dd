import { browserRuntime, loadBackend } from '../browser/runtime.js';
import { openClassifier } from '../radiograph-classifier.js';
import { openPipeline } from '../report-pipeline.js';
import type { Request } from './messages.js';
import { withOwnBackends } from './own-backends.js';
import { serve, type WorkerEntry } from './serve.js';

export { addBackend } from './own-backends.js';

/** What a worker of a page has of the global scope. */
interface Scope {
  addEventListener(type: 'message', listener: (event: { readonly data: Request }) => void): void;
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
  close(): void;
}

const scope = globalThis as unknown as Scope;
// Without the entry of pages: some bundlers refuse a worker whose code starts that worker.
const entry = withOwnBackends({
  loadBackend,
  createReportPipeline: (options) => openPipeline(browserRuntime, options),
  createRadiographClassifier: (options) => openClassifier(browserRuntime, options),
} as WorkerEntry);

/** Unlike a timer, a message comes at once, and after those that came before it. */
const { port1, port2 } = new MessageChannel();
const breathe = () =>
  new Promise<void>((resolve) => {
    port1.onmessage = () => resolve();
    port2.postMessage(null);
  });

serve(
  {
    post: (message, transfer = []) => scope.postMessage(message, transfer),
    listen: (listener) => scope.addEventListener('message', ({ data }) => listener(data)),
  },
  entry,
  { breathe, close: () => scope.close() },
);
