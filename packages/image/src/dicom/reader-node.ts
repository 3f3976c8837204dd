import { Worker } from 'node:worker_threads';
import { workerFile } from '#dicom-worker-file';
import type { DicomAnswer } from './job.js';
import { createDicomReader, OUT_OF_MEMORY, type DicomWorker } from './reader.js';

/** Most JavaScript heap of the thread; pixels and codecs lie outside it, with limits of their own. */
const HEAP_MEGABYTES = 384;

/** Reads DICOM files in a thread that keeps no program running. */
export const dicomReader = createDicomReader(startWorker);

function startWorker(): DicomWorker {
  const { url, options } = workerFile();
  const resourceLimits = { maxOldGenerationSizeMb: HEAP_MEGABYTES };
  const thread = new Worker(url, { ...options, stdout: true, stderr: true, resourceLimits });
  thread.stdout.resume();
  thread.stderr.resume();
  // A promise of the failure would keep every answer that was raced with it.
  let failure: unknown;
  let waiting: { resolve(answer: DicomAnswer): void; reject(cause: unknown): void } | undefined;
  const fail = (cause: unknown) => {
    failure ??= cause;
    waiting?.reject(failure);
  };
  thread.on('message', (answer: DicomAnswer) => waiting?.resolve(answer));
  thread.on('error', (error: NodeJS.ErrnoException) =>
    fail(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? OUT_OF_MEMORY : error),
  );
  thread.on('exit', () => fail(new Error('the thread ended')));
  const next = () => {
    thread.ref();
    return new Promise<DicomAnswer>((resolve, reject) => {
      // Whoever asks next hears of it.
      if (failure !== undefined) reject(failure);
      else waiting = { resolve, reject };
    }).finally(() => {
      waiting = undefined;
      thread.unref();
    });
  };
  return {
    ready: next(),
    ask: (job) => {
      thread.postMessage(job);
      return next();
    },
    terminate: () => void thread.terminate(),
  };
}
