import { BackendError, ConfigError, DisposedError, disposeSymbol, type AbortOptions } from '@crrg/core';
import type { FilmReport } from '../batch/film-report.js';
import type { BatchReportOptions, ReportOptions } from '../options.js';
import type { GenerateReport, GenerateReports, ReportPipeline, StreamReport } from '../report-pipeline.js';
import type { ReportEvent } from '../stream/report-event.js';
import { createValueStream, type ValueStream } from '../stream/value-stream.js';
import { PoolQueue } from './pool-queue.js';
import type { WorkerPipeline } from './worker-pipeline.js';

/** How many workers a pool has, and how many calls may wait for them. */
export interface PoolOptions {
  /** Workers; each holds the weights of its own. @defaultValue a worker for each processor, at most 4 */
  readonly size?: number | undefined;
  /** Calls that may wait; one more is a `BusyError`. @defaultValue 4 for each worker */
  readonly maxQueue?: number | undefined;
}

/** What a pool is doing. */
export interface PoolStats {
  /** Workers that are ready or at work; fewer than asked for while one is replaced. */
  readonly size: number;
  /** Workers at work. */
  readonly busy: number;
  /** Calls that wait for a worker. */
  readonly waiting: number;
}

/**
 * Several workers with one model, which do as many calls at once. A worker that ends in the middle of a call rejects that call alone, and
 * another one is started in its place. `generateReports` keeps one worker for as long as its stream is walked.
 */
export interface ReportPool<Source> extends ReportPipeline<Source> {
  stats(): PoolStats;
  /** Lets the calls that run or wait end and takes no more; then disposes. Resolves when that is done. */
  close(): Promise<void>;
}

/** Workers in a row that may fail to start, or end before their first call, until no more are started. */
const MAX_FAILED_STARTS = 3;

/** Calls that may wait for each worker where nothing is said. */
const WAITING_PER_WORKER = 4;
/** Workers where nothing is said; every one costs the memory of its weights. */
const MOST_WORKERS = 4;

interface Settings {
  readonly size: number;
  readonly maxQueue: number;
  readonly threads: number;
}

/** A size for this machine: as many workers as processors, one thread each. @throws {ConfigError} for a size that is none */
export function poolSettings(
  { size, maxQueue, threads }: PoolOptions & { readonly threads?: number | undefined },
  { processors, sharesMemory }: { readonly processors: number; readonly sharesMemory: boolean },
): Settings {
  const workers = size ?? Math.max(1, Math.min(processors, MOST_WORKERS));
  const waiting = maxQueue ?? WAITING_PER_WORKER * workers;
  check('size', workers, 1);
  check('maxQueue', waiting, 0);
  return {
    size: workers,
    maxQueue: waiting,
    threads: threads ?? (sharesMemory ? Math.max(1, Math.floor(processors / workers)) : 1),
  };
}

function check(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new ConfigError(
    `pipeline.createReportPool: expected ${name} to be a whole number, at least ${least}, got ${value}; leave it out for a default.`,
  );
}

/** Starts a worker. @param isFirst whether the caller's progress listener hears of it */
export type StartMember<Source> = (isFirst: boolean, signal: AbortSignal) => Promise<WorkerPipeline<Source>>;

/** The workers of a pool and the calls that wait for them. */
class Members<Source> {
  private readonly alive = new Set<WorkerPipeline<Source>>();
  private readonly queue: PoolQueue<WorkerPipeline<Source>>;
  private readonly calls = new Set<Promise<unknown>>();
  private readonly opening = new AbortController();
  private starting = 0;
  private failedStarts = 0;
  /** Why no more calls are taken. */
  private refusal: Error | undefined;

  constructor(
    private readonly start: StartMember<Source>,
    private readonly size: number,
    maxQueue: number,
  ) {
    this.queue = new PoolQueue(maxQueue, size);
  }

  /** The first worker alone, which fetches what the others find in a cache; then the others. */
  async open(signal: AbortSignal | undefined): Promise<WorkerPipeline<Source>> {
    const abort = () => this.dispose(signal!.reason as Error);
    signal?.addEventListener('abort', abort);
    try {
      signal?.throwIfAborted();
      const first = await this.add(true);
      await Promise.all(Array.from({ length: this.size - 1 }, () => this.add(false)));
      return first;
    } catch (error) {
      this.dispose();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  stats(): PoolStats {
    const [size, waiting] = [this.alive.size, this.queue.waitingCount];
    return { size, busy: size - this.queue.freeCount, waiting };
  }

  run<T>(options: AbortOptions, work: (member: WorkerPipeline<Source>) => Promise<T>): Promise<T> {
    if (this.refusal) return Promise.reject(this.refusal);
    const call = this.use(options, work);
    const settled = call.then(
      () => undefined,
      () => undefined,
    );
    this.calls.add(settled);
    void settled.then(() => this.calls.delete(settled));
    return call;
  }

  async close(): Promise<void> {
    this.refusal ??= new DisposedError('report pool');
    await Promise.all(this.calls);
    this.dispose();
  }

  dispose(reason: Error = new DisposedError('report pool')): void {
    this.refusal ??= reason;
    this.opening.abort(reason);
    this.queue.rejectAll(reason);
    for (const member of this.alive) member.dispose();
    this.alive.clear();
  }

  private async use<T>(
    options: AbortOptions,
    work: (member: WorkerPipeline<Source>) => Promise<T>,
  ): Promise<T> {
    const member = await this.queue.take(options);
    try {
      const result = await work(member);
      this.failedStarts = 0;
      return result;
    } finally {
      // A call that was aborted may still be at work.
      void member.idle().then(() => this.release(member));
    }
  }

  private release(member: WorkerPipeline<Source>): void {
    if (!this.alive.has(member)) return;
    this.queue.give(member);
    this.refill();
  }

  private async add(isFirst: boolean): Promise<WorkerPipeline<Source>> {
    this.starting++;
    try {
      const member = await this.start(isFirst, this.opening.signal);
      if (this.opening.signal.aborted) {
        member.dispose();
        throw this.opening.signal.reason;
      }
      this.alive.add(member);
      void member.ended.then((reason) => this.lose(member, reason));
      this.queue.give(member);
      return member;
    } finally {
      this.starting--;
    }
  }

  private lose(member: WorkerPipeline<Source>, reason: Error): void {
    if (!this.alive.delete(member)) return;
    const wasFree = this.queue.remove(member);
    if (wasFree) this.failedStarts++;
    this.refill(reason);
  }

  /** Starts what is missing, or gives up. */
  private refill(reason?: Error): void {
    if (this.opening.signal.aborted) return;
    const missing = this.size - this.alive.size - this.starting;
    if (this.failedStarts < MAX_FAILED_STARTS) {
      for (let at = 0; at < missing; at++)
        this.add(false).catch((error: Error) => {
          this.failedStarts++;
          this.refill(error);
        });
    } else if (this.alive.size + this.starting === 0) this.giveUp(reason);
  }

  private giveUp(cause: Error | undefined): void {
    const error = new BackendError(
      `pipeline.pool: expected workers that start, got ${MAX_FAILED_STARTS} in a row that did not (${cause?.message ?? 'unknown'}); create a new pool.`,
      { cause },
    );
    this.refusal ??= error;
    this.queue.rejectAll(error);
  }
}

/** Opens a pool. @throws what the opening of a pipeline throws */
export async function openPool<Source>(
  start: StartMember<Source>,
  { size, maxQueue }: Settings,
  { signal }: AbortOptions,
): Promise<ReportPool<Source>> {
  const members = new Members(start, size, maxQueue);
  const { model } = await members.open(signal);
  const dispose = () => members.dispose();
  const streamed = <T>(
    options: AbortOptions,
    walk: (member: WorkerPipeline<Source>, signal: AbortSignal) => AsyncIterable<T>,
  ): ValueStream<T> =>
    createValueStream(
      (sink) =>
        members.run(sink, async (member) => {
          for await (const value of walk(member, sink.signal)) await sink.push(value);
        }),
      options,
    );
  return {
    model,
    generateReport: ((film, call: ReportOptions = {}) =>
      members.run(call, (member) => member.generateReport(film, call))) as GenerateReport<
      Source,
      ReportOptions
    >,
    describeRegion: (film, prompt, call = {}) =>
      members.run(call, (member) => member.describeRegion(film, prompt, call)),
    streamReport: ((film, call: ReportOptions = {}) =>
      streamed<ReportEvent>(call, (member, signal) =>
        member.streamReport(film, { ...call, signal }),
      )) as StreamReport<Source, ReportOptions>,
    generateReports: ((films, call: BatchReportOptions = {}) =>
      streamed<FilmReport>(call, (member, signal) =>
        member.generateReports(films, { ...call, signal }),
      )) as GenerateReports<Source, BatchReportOptions>,
    stats: () => members.stats(),
    close: () => members.close(),
    dispose,
    [disposeSymbol]: dispose,
  };
}
