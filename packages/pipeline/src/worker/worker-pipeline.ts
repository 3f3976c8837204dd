import { disposeSymbol } from '@crrg/core';
import type { FilmReport, Films } from '../batch/film-report.js';
import type { BatchReportOptions, RegionPrompt, ReportOptions } from '../options.js';
import type { GenerateReport, GenerateReports, ReportPipeline, StreamReport } from '../report-pipeline.js';
import type { Report } from '../report.js';
import type { ReportEvent } from '../stream/report-event.js';
import { createValueStream, type ValueStream } from '../stream/value-stream.js';
import { toCallMessage } from './call-message.js';
import type { SentCall } from './connection.js';
import type { FilmMessage, Parcel } from './film-message.js';
import { fromFilmReportMessage, sentFilms } from './films-message.js';
import { openWorker, type OpenedWorker, type OpenInWorkerOptions, type Threads } from './opened-worker.js';
import { filmsOf, streamOf } from './streams.js';

/** A pipeline whose work is done in a worker of its own. */
export interface WorkerPipeline<Source> extends ReportPipeline<Source> {
  /** Resolves with the reason when the worker can take no more calls. */
  readonly ended: Promise<Error>;
  /** Resolves when the worker is done with every call, also with those that were aborted, or gone. */
  idle(): Promise<void>;
}

/** A pipeline in a thread of its own. @throws as {@link openWorker} */
export async function openPipelineInWorker<Source, OwnThread>(
  threads: Threads<OwnThread>,
  options: OpenInWorkerOptions<OwnThread>,
): Promise<WorkerPipeline<Source>> {
  const opened = await openWorker(threads, 'report', options);
  const { model, connection, send } = opened;
  const dispose = () => connection.dispose();
  return {
    model,
    ended: connection.ended,
    idle: () => connection.idle(),
    generateReport: (async (film: unknown, call: ReportOptions = {}) => {
      const rest = [toCallMessage('pipeline.generateReport', call)];
      return (await send<Report>('generateReport', film, rest, call)).result;
    }) as GenerateReport<Source, ReportOptions>,
    async describeRegion(film, prompt: RegionPrompt, call = {}) {
      const rest = [prompt, toCallMessage('pipeline.describeRegion', call)];
      return (await send<never>('describeRegion', film, rest, call)).result;
    },
    streamReport: ((film, call) => streamReport(opened, film, call)) as StreamReport<Source, ReportOptions>,
    generateReports: ((films, call) => generateReports(opened, films, call)) as GenerateReports<
      Source,
      BatchReportOptions
    >,
    dispose,
    [disposeSymbol]: dispose,
  };
}

/** What a call gives, one after the other. */
async function* valuesOf(
  { connection }: OpenedWorker,
  { id, result }: SentCall<unknown>,
): AsyncGenerator<unknown> {
  result.catch(() => undefined); // The stream fails with it.
  yield* connection.streams.take(streamOf(id));
  await result;
}

function streamReport(
  opened: OpenedWorker,
  film: unknown,
  call: ReportOptions = {},
): ValueStream<ReportEvent> {
  return createValueStream(async ({ push, signal }) => {
    const rest = [toCallMessage('pipeline.streamReport', call)];
    const sent = await opened.send('streamReport', film, rest, { ...call, signal });
    for await (const event of valuesOf(opened, sent)) void push(event as ReportEvent);
  }, call);
}

function generateReports(
  opened: OpenedWorker,
  films: Films<unknown>,
  call: BatchReportOptions = {},
): ValueStream<FilmReport> {
  return createValueStream(async ({ push, signal }) => {
    const { connection, toParcel } = opened;
    const message = [toCallMessage('pipeline.generateReports', call)];
    const source = sentFilms(films, toParcel);
    const sent = connection.call('generateReports', { message, transfer: [] }, { ...call, signal });
    void connection.streams.offer(filmsOf(sent.id), source, (parcel) => parcel as Parcel<FilmMessage>);
    try {
      for await (const result of valuesOf(opened, sent)) await push(fromFilmReportMessage(result));
    } finally {
      connection.streams.withdraw(filmsOf(sent.id));
    }
  }, call);
}
