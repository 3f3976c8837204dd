import { toErrorData, type ProgressListener, type WarningListener } from '@crrg/core';
import type { Backend } from '@crrg/tensor';
import type { RegionPrompt } from '../options.js';
import type { RadiographClassifier } from '../radiograph-classifier.js';
import type { ReportPipeline } from '../report-pipeline.js';
import { fromCallMessage, fromOpenMessage, type CallMessage, type OpenMessage } from './call-message.js';
import { fromFilmMessage, type FilmMessage } from './film-message.js';
import { createGuard, guardBackend } from './guarded-backend.js';
import { receivedFilms, toFilmReportMessage } from './films-message.js';
import { PROTOCOL, type Answer, type Port, type Request } from './messages.js';
import { streamOf, Streams } from './streams.js';

/** What a worker serves: the entry of a platform, which takes whatever was sent. */
export interface WorkerEntry {
  loadBackend(name: string | undefined, options: Readonly<Record<string, unknown>>): Promise<Backend>;
  createReportPipeline(options: Readonly<Record<string, unknown>>): Promise<ReportPipeline<unknown>>;
  createRadiographClassifier(
    options: Readonly<Record<string, unknown>>,
  ): Promise<RadiographClassifier<unknown>>;
}

/** How a worker lets messages in, and ends itself. */
export interface WorkerScope {
  readonly breathe: () => Promise<void>;
  readonly close: () => void;
}

/** What a call hears and tells. */
interface Call {
  readonly id: number;
  readonly signal: AbortSignal;
  readonly onProgress: ProgressListener | undefined;
  readonly onWarning: WarningListener | undefined;
}

/** The options of whoever does the work. */
const optionsOf = ({ signal, onProgress }: Call, message: CallMessage) => ({
  ...fromCallMessage(message),
  signal,
  onProgress,
});

type Method = (call: Call, ...args: never[]) => Promise<unknown>;
type CallRequest = Extract<Request, { type: 'call' }>;

/** What was opened: one pipeline or one classifier. */
type Opened = ReportPipeline<unknown> | RadiographClassifier<unknown>;

/** Answers the calls of the thread at the other end, which opens one pipeline or classifier and then uses it. */
export function serve(
  port: Port<Answer, Request>,
  entry: WorkerEntry,
  { breathe, close }: WorkerScope,
): void {
  const streams = new Streams((message, transfer) => port.post(message, transfer));
  const controllers = new Map<number, AbortController>();
  let opened: Opened | undefined;

  const open = async (
    { signal, onProgress, onWarning }: Call,
    kind: 'report' | 'classifier',
    message: OpenMessage,
  ) => {
    const listeners = { signal, onProgress, onWarning };
    const { backend: name, gate, ...options } = fromOpenMessage(message);
    const engine = await entry.loadBackend(name, { ...options, ...listeners });
    const backend = guardBackend(engine, createGuard(breathe, gate));
    const create = kind === 'report' ? entry.createReportPipeline : entry.createRadiographClassifier;
    opened = await create({ ...options, ...listeners, backend });
    const { name: model, version, sha256, config } = opened.model;
    return { name: model, version, sha256, config };
  };
  const pipeline = () => opened as ReportPipeline<unknown>;
  const classifier = () => opened as RadiographClassifier<unknown>;
  const methods: Readonly<Record<string, Method>> = {
    open,
    generateReport: (call, film: FilmMessage, options: CallMessage) =>
      pipeline().generateReport(fromFilmMessage(film), optionsOf(call, options)),
    describeRegion: (call, film: FilmMessage, prompt: RegionPrompt, options: CallMessage) =>
      pipeline().describeRegion(fromFilmMessage(film), prompt, optionsOf(call, options)),
    streamReport: (call, film: FilmMessage, options: CallMessage) =>
      streams.offer(
        streamOf(call.id),
        pipeline().streamReport(fromFilmMessage(film), optionsOf(call, options)),
      ),
    generateReports: (call, options: CallMessage) =>
      streams.offer(
        streamOf(call.id),
        pipeline().generateReports(receivedFilms(streams, call.id), optionsOf(call, options)),
        toFilmReportMessage,
      ),
    classify: (call, film: FilmMessage, options: CallMessage) =>
      classifier().classify(fromFilmMessage(film), optionsOf(call, options)),
  };

  const answer = async ({ id, method, args, hears }: CallRequest) => {
    const controller = new AbortController();
    controllers.set(id, controller);
    const call = {
      id,
      signal: controller.signal,
      onProgress: hears.progress
        ? (event: Parameters<ProgressListener>[0]) => port.post({ type: 'progress', id, event })
        : undefined,
      onWarning: hears.warnings ? (message: string) => port.post({ type: 'warning', message }) : undefined,
    };
    try {
      port.post({ type: 'result', id, value: await methods[method]!(call, ...(args as never[])) });
    } catch (error) {
      port.post({ type: 'error', id, error: toErrorData(error) });
    } finally {
      controllers.delete(id);
    }
  };

  port.listen((request) => {
    switch (request.type) {
      case 'call':
        return void answer(request);
      case 'abort':
        return controllers.get(request.id)?.abort();
      case 'close':
        return close();
      default:
        return streams.receive(request);
    }
  });
  port.post({ type: 'ready', protocol: PROTOCOL });
}
