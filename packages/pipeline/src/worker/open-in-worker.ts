import {
  ConfigError,
  disposeSymbol,
  type AbortOptions,
  type ProgressListener,
  type WarningListener,
} from '@crrg/core';
import type { RegionPrompt, ReportOptions } from '../options.js';
import type { RadiographClassifier } from '../radiograph-classifier.js';
import type { GenerateReport, ReportPipeline } from '../report-pipeline.js';
import { toCallMessage, toOpenMessage } from './call-message.js';
import { Connection, type CallOptions, type SentCall } from './connection.js';
import { toFilmMessage, type Parcel } from './film-message.js';
import type { Thread } from './messages.js';

/** How a platform starts threads. */
export interface StartThread<OwnThread> {
  /** @throws {ConfigError} where threads cannot be started */
  start(given: true | (() => OwnThread)): Thread;
  /** What a path or address means where it was given, and not in the worker. */
  addressOf(model: string): string;
}

/** Threads, and what only their platform knows. */
interface Threads<OwnThread> extends StartThread<OwnThread> {
  /** Reads a film here; called only for what cannot be sent, to say why it is no film. */
  readFilm(film: unknown): Promise<unknown>;
}

/** How something is opened in a worker. */
export interface OpenInWorkerOptions<OwnThread> extends AbortOptions {
  readonly worker: true | (() => OwnThread);
  readonly onProgress?: ProgressListener | undefined;
  readonly onWarning?: WarningListener | undefined;
}

/** What a worker opened. */
interface OpenedInWorker {
  readonly model: ReportPipeline<never>['model'] & RadiographClassifier<never>['model'];
  readonly connection: Connection;
  /** Sends a call about a film. */
  send<T>(method: string, film: unknown, rest: readonly unknown[], call: CallOptions): Promise<SentCall<T>>;
}

const WHERE = { report: 'pipeline.createReportPipeline', classifier: 'pipeline.createRadiographClassifier' };

/** Starts a thread and opens a pipeline or a classifier there. Where that fails, the thread ends. */
async function open<OwnThread>(
  threads: Threads<OwnThread>,
  kind: keyof typeof WHERE,
  options: OpenInWorkerOptions<OwnThread>,
): Promise<OpenedInWorker> {
  options.signal?.throwIfAborted();
  const message = toOpenMessage(WHERE[kind], options, (model) => threads.addressOf(model));
  const thread = threads.start(options.worker);
  const connection = new Connection(thread, kind === 'report' ? 'pipeline' : 'classifier', options.onWarning);
  try {
    const args = [kind, { ...message, gate: thread.gate }];
    const opening = connection.call<OpenedInWorker['model']>(
      'open',
      { message: args, transfer: [] },
      options,
    );
    return { model: await opening.result, connection, send: (...call) => send(threads, connection, ...call) };
  } catch (error) {
    connection.dispose();
    throw error;
  }
}

async function send<T>(
  threads: Threads<never>,
  connection: Connection,
  method: string,
  film: unknown,
  rest: readonly unknown[],
  call: CallOptions,
): Promise<SentCall<T>> {
  const parcel = await filmParcel(threads, film);
  return connection.call<T>(method, { ...parcel, message: [parcel.message, ...rest] }, call);
}

/** A pipeline whose work is done in a worker of its own. */
export interface WorkerPipeline<Source> extends ReportPipeline<Source> {
  /** Resolves with the reason when the worker can take no more calls. */
  readonly ended: Promise<Error>;
  /** Resolves when the worker is done with every call, also with those that were aborted, or gone. */
  idle(): Promise<void>;
}

/**
 * A pipeline in a thread.
 * @throws {ConfigError} before anything is started, for what cannot be sent and where there are no threads
 */
export async function openPipelineInWorker<Source, OwnThread>(
  threads: Threads<OwnThread>,
  options: OpenInWorkerOptions<OwnThread>,
): Promise<WorkerPipeline<Source>> {
  const { model, connection, send } = await open(threads, 'report', options);
  const dispose = () => connection.dispose();
  const ask = async <T>(method: string, film: unknown, between: readonly unknown[], call: ReportOptions) => {
    const options = toCallMessage(`pipeline.${method}`, call);
    return (await send<T>(method, film, [...between, options], call)).result;
  };
  return {
    model,
    ended: connection.ended,
    idle: () => connection.idle(),
    generateReport: ((film: unknown, call: ReportOptions = {}) =>
      ask('generateReport', film, [], call)) as GenerateReport<Source, ReportOptions>,
    describeRegion: (film, prompt: RegionPrompt, call = {}) => ask('describeRegion', film, [prompt], call),
    dispose,
    [disposeSymbol]: dispose,
  };
}

/**
 * A classifier in a thread.
 * @throws {ConfigError} before anything is started, for what cannot be sent and where there are no threads
 */
export async function openClassifierInWorker<Source, OwnThread>(
  threads: Threads<OwnThread>,
  options: OpenInWorkerOptions<OwnThread>,
): Promise<RadiographClassifier<Source>> {
  const { model, connection, send } = await open(threads, 'classifier', options);
  const dispose = () => connection.dispose();
  return {
    model,
    classify: async (film, call = {}) => {
      const options = toCallMessage('pipeline.classify', call);
      return (await send<never>('classify', film, [options], call)).result;
    },
    dispose,
    [disposeSymbol]: dispose,
  };
}
