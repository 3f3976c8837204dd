import { CrrgError, ImageError } from '@crrg/core';
import type { CodecName } from './transfer-syntaxes.js';
import { damagedDicom } from './errors.js';
import { errorOfAnswer, type DicomAnswer, type DicomJob } from './job.js';
import { memoryLimitReached } from './memory-limit.js';
import type { DicomDescription, DicomPicture, ReadDicomOptions } from './read-dicom.js';

/** A thread that does one job at a time. */
export interface DicomWorker {
  /** Settles when the thread has started: the time of a file counts from then. */
  readonly ready: Promise<unknown>;
  /** Rejects where the thread ends without an answer; `'memory'` where it ran out of memory. */
  ask(job: DicomJob): Promise<DicomAnswer>;
  terminate(): void;
}

/** Starts a thread with one codec, or with those that its runtime has. */
export type StartDicomWorker = (codec: CodecName | undefined) => DicomWorker;

/** Reads DICOM files in another thread, within limits. */
export interface DicomReader {
  /** @throws {@link ImageError} as `readDicom`, and where a limit was reached */
  read(bytes: Uint8Array, options?: ReadDicomOptions): Promise<DicomPicture>;
  /** @throws {@link ImageError} as `describeDicom`, and where a limit was reached */
  describe(bytes: Uint8Array, options?: ReadDicomOptions): Promise<DicomDescription>;
}

/** Most time for one file. */
export const TIME_LIMIT_MS = 20_000;
/** How long a thread waits for the next file. */
const IDLE_MS = 10_000;

/** What a worker rejects with where its thread had no memory left. */
export const OUT_OF_MEMORY = 'memory';

/**
 * A reader whose threads are started when the first file comes, do one file after the other, end after each damaged file, and
 * end when no file comes.
 */
export function createDicomReader(start: StartDicomWorker, timeLimitMs = TIME_LIMIT_MS): DicomReader {
  const queues = new Map<CodecName | undefined, (job: DicomJob) => Promise<DicomAnswer>>();
  const queueOf = (codec: CodecName | undefined) => {
    const queue = queues.get(codec) ?? createQueue(() => start(codec), timeLimitMs);
    queues.set(codec, queue);
    return queue;
  };
  const run = async (job: DicomJob) => {
    let answer = await queueOf(undefined)(job);
    if ('needs' in answer) answer = await queueOf(answer.needs)(job);
    if ('result' in answer) return answer.result;
    throw 'error' in answer ? errorOfAnswer(answer) : damagedDicom('no codec decodes it');
  };
  return {
    read: (bytes, options = {}) => run({ task: 'read', bytes, options }) as Promise<DicomPicture>,
    describe: (bytes, options = {}) => run({ task: 'describe', bytes, options }) as Promise<DicomDescription>,
  };
}

function createQueue(start: () => DicomWorker, timeLimitMs: number): (job: DicomJob) => Promise<DicomAnswer> {
  let worker: DicomWorker | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let idle: ReturnType<typeof setTimeout> | undefined;
  const end = () => {
    worker?.terminate();
    worker = undefined;
  };
  const ask = async (job: DicomJob) => {
    clearTimeout(idle);
    worker ??= start();
    try {
      await worker.ready;
      const answer = await withinTime(worker.ask(job), timeLimitMs);
      if ('error' in answer && !isRefusal(answer)) end();
      return answer;
    } catch (cause) {
      end();
      if (cause === OUT_OF_MEMORY) throw memoryLimitReached();
      throw CrrgError.isInstance(cause) ? cause : damagedDicom('its decoder broke off', cause);
    } finally {
      idle = setTimeout(end, IDLE_MS);
      (idle as { unref?: () => void }).unref?.();
    }
  };
  return (job) => {
    const answer = last.then(() => ask(job));
    last = answer.catch(() => {});
    return answer;
  };
}

/** A whole file that was refused leaves nothing behind in its thread. */
function isRefusal({ error }: Extract<DicomAnswer, { error: unknown }>): boolean {
  return error.details?.['format'] === 'dicom';
}

function withinTime<Value>(work: Promise<Value>, limitMs: number): Promise<Value> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new ImageError(
          `image.decodeDicom: expected a DICOM file that is read within ${limitMs / 1000} s, got one that takes longer; it is damaged, or shrink the picture.`,
          { details: { limit: 'time' } },
        ),
      );
    }, limitMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
