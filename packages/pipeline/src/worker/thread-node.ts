import { startFromSource, type WorkerStart } from '@crrg/core/node';
import { ConfigError } from '@crrg/core';
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { findPackageFile } from '../package-files-node.js';
import { givenWorker } from './given-worker.js';
import { closeGate, GATE_BYTES } from './guarded-backend.js';
import type { Answer, Thread } from './messages.js';

/** What is used of a `Worker` of `node:worker_threads`. */
export interface NodeWorker {
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  on(event: 'message', listener: (message: Answer) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
  ref(): void;
  unref(): void;
  terminate(): Promise<number>;
}

const SCRIPT = 'report-worker-node';

/** The built script beside this file, or in the installed package where a bundler took this file away; from source its source. */
function workerStart(): WorkerStart {
  const here = import.meta.url as string | undefined;
  if (here?.endsWith('.ts')) return startFromSource(new URL(`./${SCRIPT}.ts`, here));
  const beside = here && fileURLToPath(new URL(`./${SCRIPT}.js`, here));
  const file = beside && existsSync(beside) ? beside : findPackageFile('@crrg/pipeline', `dist/${SCRIPT}.js`);
  if (file !== undefined) return { url: pathToFileURL(file), options: {} };
  throw new ConfigError(
    `pipeline.worker: expected the file ${SCRIPT}.js of @crrg/pipeline, got none; keep the package in node_modules, also beside a bundled server, or pass worker: () => new Worker(...) with a script that imports @crrg/pipeline/worker.`,
  );
}

function ownWorker(): NodeWorker {
  const { url, options } = workerStart();
  return new Worker(url, options);
}

/** Threads whose engines may be at work when the program ends. */
const gates = new Set<SharedArrayBuffer>();

/** The program's end would cut native code off in the middle, which aborts the process. */
function closeGates(): void {
  for (const gate of gates) closeGate(gate);
}

function whyItEnded(error: Error): string {
  return 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? 'it ran out of memory'
    : (error.message ?? String(error));
}

/** Starts a thread of this process. @throws {ConfigError} where its script cannot be found */
export function startNodeThread(given: true | (() => NodeWorker)): Thread {
  const worker = givenWorker<NodeWorker>(given, ownWorker);
  const gate = new SharedArrayBuffer(GATE_BYTES);
  if (gates.size === 0) process.on('exit', closeGates);
  gates.add(gate);
  let why: string | undefined;
  let tell: (why: string) => void = () => {};
  worker.on('error', (error) => (why ??= whyItEnded(error)));
  worker.on('exit', (code) => {
    gates.delete(gate);
    if (gates.size === 0) process.off('exit', closeGates);
    tell((why ??= `exit code ${code}`));
  });
  return {
    gate,
    endsSafely: false,
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    listen: (listener) => void worker.on('message', listener),
    onEnd: (listener) => (tell = listener),
    keepAlive: (isNeeded) => (isNeeded ? worker.ref() : worker.unref()),
    terminate: () => void worker.terminate(),
  };
}
