import { ConfigError, type AbortOptions, type ProgressListener, type WarningListener } from '@crrg/core';
import type { RadiographClassifier } from '../radiograph-classifier.js';
import type { ReportPipeline } from '../report-pipeline.js';
import { withModelFiles } from '../model-files.js';
import { toOpenMessage } from './call-message.js';
import { Connection, type CallOptions, type SentCall } from './connection.js';
import { toFilmMessage, type FilmMessage, type Parcel } from './film-message.js';
import type { Thread } from './messages.js';

/** How a platform starts threads. */
export interface StartThread<OwnThread> {
  /** How many threads this machine runs at once. */
  readonly processors: number;
  /** Whether an engine can use several threads. */
  readonly sharesMemory: boolean;
  /** @throws {ConfigError} where threads cannot be started */
  start(given: true | (() => OwnThread)): Thread;
  /** What a path or address means where it was given, and not in the worker. */
  addressOf(model: string): string;
}

/** Threads, and how their platform reads a film. */
export interface Threads<OwnThread> extends StartThread<OwnThread> {
  /** Called only for what cannot be sent, to say why it is no film. */
  readFilm(film: unknown): Promise<unknown>;
}

/** How something is opened in a worker. */
export interface OpenInWorkerOptions<OwnThread> extends AbortOptions {
  readonly worker: true | (() => OwnThread);
  readonly onProgress?: ProgressListener | undefined;
  readonly onWarning?: WarningListener | undefined;
}

/** What a worker opened. */
export interface OpenedWorker {
  readonly model: ReportPipeline<never>['model'] & RadiographClassifier<never>['model'];
  readonly connection: Connection;
  /** A film as it is sent. @throws {ImageError} for what is no film */
  toParcel(film: unknown): Promise<Parcel<FilmMessage>>;
  /** Sends a call about a film. */
  send<T>(method: string, film: unknown, rest: readonly unknown[], call: CallOptions): Promise<SentCall<T>>;
}

const NAMES = {
  report: { what: 'pipeline', where: 'pipeline.createReportPipeline' },
  classifier: { what: 'classifier', where: 'pipeline.createRadiographClassifier' },
} as const;

/**
 * Starts a thread and opens a pipeline or a classifier there. Where that fails, the thread ends.
 * @throws {ConfigError} before anything is started, for what cannot be sent and where there are no threads
 */
export async function openWorker<OwnThread>(
  threads: Threads<OwnThread>,
  kind: keyof typeof NAMES,
  options: OpenInWorkerOptions<OwnThread>,
): Promise<OpenedWorker> {
  options.signal?.throwIfAborted();
  const { what, where } = NAMES[kind];
  const sendable = await withModelFiles(options);
  options.signal?.throwIfAborted();
  const message = toOpenMessage(where, sendable, (model) => threads.addressOf(model));
  const thread = threads.start(options.worker);
  const connection = new Connection(thread, what, options.onWarning);
  try {
    const args = [kind, { ...message, gate: thread.gate }];
    const opening = connection.call<OpenedWorker['model']>('open', { message: args, transfer: [] }, options);
    const toParcel = (film: unknown) => filmParcel(threads, film);
    return {
      model: await opening.result,
      connection,
      toParcel,
      async send<T>(method: string, film: unknown, rest: readonly unknown[], call: CallOptions) {
        // Not after an await where it can be: the caller may change a buffer afterwards.
        const { message, transfer } = toFilmMessage(film) ?? (await toParcel(film));
        return connection.call<T>(method, { message: [message, ...rest], transfer }, call);
      },
    };
  } catch (error) {
    connection.dispose();
    throw error;
  }
}

async function filmParcel<OwnThread>(
  threads: Threads<OwnThread>,
  film: unknown,
): Promise<Parcel<FilmMessage>> {
  const parcel = toFilmMessage(film);
  if (parcel) return parcel;
  await threads.readFilm(film);
  throw new ConfigError(
    `pipeline.worker: expected a film that can be sent to a worker, got ${typeof film}; load it with loadRadiograph first.`,
  );
}
