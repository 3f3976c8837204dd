import type { AbortOptions } from '@crrg/core';
import type { RadiographClassification } from './classification.js';
import type { Films } from './batch/film-report.js';
import type {
  BatchReportOptions,
  ClassifyOptions,
  CreateClassifierOptions,
  CreatePipelineOptions,
  RegionPrompt,
  ReportOptions,
  WorkerChoice,
} from './options.js';
import { openClassifier, type RadiographClassifier } from './radiograph-classifier.js';
import type { RadiographSource } from './radiograph.js';
import {
  openPipeline,
  type GenerateReport,
  type GenerateReports,
  type ReportPipeline,
  type StreamReport,
} from './report-pipeline.js';
import type { RegionDescription, Report } from './report.js';
import type { Runtime } from './runtime.js';
import { createValueStream, type ValueStream } from './stream/value-stream.js';
import type { StartThread } from './worker/opened-worker.js';
import { openPool, poolSettings, type PoolOptions, type ReportPool } from './worker/pool.js';
import { openClassifierInWorker } from './worker/worker-classifier.js';
import { openPipelineInWorker } from './worker/worker-pipeline.js';

/** The functions that users call, on one platform. */
export interface Entry<
  Source,
  PipelineOptions extends WorkerChoice<unknown>,
  ClassifierOptions extends WorkerChoice<unknown>,
> {
  readonly createReportPipeline: (options?: PipelineOptions) => Promise<ReportPipeline<Source>>;
  readonly generateReport: GenerateReport<Source, PipelineOptions & ReportOptions>;
  readonly streamReport: StreamReport<Source, PipelineOptions & ReportOptions>;
  readonly generateReports: GenerateReports<Source, PipelineOptions & BatchReportOptions>;
  readonly describeRegion: (
    image: RadiographSource<Source>,
    prompt: RegionPrompt,
    options?: PipelineOptions & ReportOptions,
  ) => Promise<RegionDescription>;
  readonly createReportPool: (options?: PipelineOptions & PoolOptions) => Promise<ReportPool<Source>>;
  readonly createRadiographClassifier: (options?: ClassifierOptions) => Promise<RadiographClassifier<Source>>;
  readonly classifyRadiograph: (
    image: RadiographSource<Source>,
    options?: ClassifierOptions & ClassifyOptions,
  ) => Promise<RadiographClassification>;
}

/** Uses something once. */
async function once<Opened extends { dispose(): void }, T>(
  opening: Promise<Opened>,
  use: (opened: Opened) => Promise<T>,
): Promise<T> {
  const opened = await opening;
  try {
    return await use(opened);
  } finally {
    opened.dispose();
  }
}

/** Streams from something that is opened when the stream is first walked, and released at its end. */
function onceStreamed<Opened extends { dispose(): void }, Options extends AbortOptions, T>(
  open: (options: Options) => Promise<Opened>,
  walk: (opened: Opened, options: Options) => AsyncIterable<T>,
  options: Options,
): ValueStream<T> {
  return createValueStream(async ({ push, signal }) => {
    const call = { ...options, signal };
    await once(open(call), async (opened) => {
      for await (const value of walk(opened, call)) await push(value);
    });
  }, options);
}

/** How pipelines and classifiers are opened: here, or in a worker. */
function createOpeners<Source, Model, BackendName, OwnThread>(
  runtime: Runtime<Source, Model, BackendName>,
  startThread: StartThread<OwnThread>,
) {
  const threads = { ...startThread, readFilm: (film: unknown) => runtime.loadRadiograph(film as Source) };
  return {
    openWorkers: async (
      options: CreatePipelineOptions<Model, BackendName> & WorkerChoice<OwnThread> & PoolOptions,
    ): Promise<ReportPool<Source>> => {
      const { worker, onProgress, ...rest } = options;
      const settings = poolSettings(options, threads);
      const open = { ...rest, worker: worker || true, threads: settings.threads } as const;
      return openPool(
        (isFirst, signal) =>
          openPipelineInWorker<Source, OwnThread>(threads, {
            ...open,
            signal,
            ...(isFirst && { onProgress }),
          }),
        settings,
        options,
      );
    },
    openReports: async ({
      worker,
      ...options
    }: CreatePipelineOptions<Model, BackendName> & WorkerChoice<OwnThread>): Promise<
      ReportPipeline<Source>
    > => (worker ? openPipelineInWorker(threads, { ...options, worker }) : openPipeline(runtime, options)),
    openLabels: async ({
      worker,
      ...options
    }: CreateClassifierOptions<Model, BackendName> & WorkerChoice<OwnThread>): Promise<
      RadiographClassifier<Source>
    > =>
      worker ? openClassifierInWorker(threads, { ...options, worker }) : openClassifier(runtime, options),
  };
}

/** The functions that users call, on a runtime. */
export function createEntry<Source, Model, BackendName, OwnThread>(
  runtime: Runtime<Source, Model, BackendName>,
  startThread: StartThread<OwnThread>,
) {
  type PipelineOptions = CreatePipelineOptions<Model, BackendName> & WorkerChoice<OwnThread>;
  type ClassifierOptions = CreateClassifierOptions<Model, BackendName> & WorkerChoice<OwnThread>;
  type Functions = Entry<Source, PipelineOptions, ClassifierOptions>;
  type Film = RadiographSource<Source>;
  const { openReports, openLabels, openWorkers } = createOpeners(runtime, startThread);
  const generateReport = (image: Film, options: PipelineOptions & ReportOptions = {}): Promise<Report> =>
    once(openReports(options), (pipeline) => pipeline.generateReport(image, options));
  const streamReport = (image: Film, options: PipelineOptions & ReportOptions = {}) =>
    onceStreamed(openReports, (pipeline, call) => pipeline.streamReport(image, call), options);
  const generateReports = (films: Films<Source>, options: PipelineOptions & BatchReportOptions = {}) =>
    onceStreamed(openReports, (pipeline, call) => pipeline.generateReports(films, call), options);
  return {
    createReportPipeline: (options = {}) => openReports(options),
    generateReport: generateReport as Functions['generateReport'],
    streamReport: streamReport as Functions['streamReport'],
    generateReports: generateReports as Functions['generateReports'],
    describeRegion: (image, prompt, options = {}) =>
      once(openReports(options), (pipeline) => pipeline.describeRegion(image, prompt, options)),
    createReportPool: (options = {}) => openWorkers(options),
    createRadiographClassifier: (options = {}) => openLabels(options),
    classifyRadiograph: (image, options = {}) =>
      once(openLabels(options), (classifier) => classifier.classify(image, options)),
  } satisfies Functions as Functions;
}
