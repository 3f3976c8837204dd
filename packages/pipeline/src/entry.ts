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

/** The functions that users call, on one platform. */
export interface Entry<Source, Model, BackendName> {
  readonly createReportPipeline: (
    options?: CreatePipelineOptions<Model, BackendName>,
  ) => Promise<ReportPipeline<Source>>;
  readonly generateReport: GenerateReport<Source, CreatePipelineOptions<Model, BackendName> & ReportOptions>;
  readonly streamReport: StreamReport<Source, CreatePipelineOptions<Model, BackendName> & ReportOptions>;
  readonly generateReports: GenerateReports<
    Source,
    CreatePipelineOptions<Model, BackendName> & BatchReportOptions
  >;
  readonly describeRegion: (
    image: RadiographSource<Source>,
    prompt: RegionPrompt,
    options?: CreatePipelineOptions<Model, BackendName> & ReportOptions,
  ) => Promise<RegionDescription>;
  readonly createRadiographClassifier: (
    options?: CreateClassifierOptions<Model, BackendName>,
  ) => Promise<RadiographClassifier<Source>>;
  readonly classifyRadiograph: (
    image: RadiographSource<Source>,
    options?: CreateClassifierOptions<Model, BackendName> & ClassifyOptions,
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

/** The functions that users call, on a runtime. */
export function createEntry<Source, Model, BackendName>(
  runtime: Runtime<Source, Model, BackendName>,
): Entry<Source, Model, BackendName> {
  const generateReport = (
    image: RadiographSource<Source>,
    options: CreatePipelineOptions<Model, BackendName> & ReportOptions = {},
  ): Promise<Report> =>
    once(openPipeline(runtime, options), (pipeline) => pipeline.generateReport(image, options));
  const open = (options: CreatePipelineOptions<Model, BackendName>) => openPipeline(runtime, options);
  const streamReport = (
    image: RadiographSource<Source>,
    options: CreatePipelineOptions<Model, BackendName> & ReportOptions = {},
  ) => onceStreamed(open, (pipeline, call) => pipeline.streamReport(image, call), options);
  const generateReports = (
    films: Films<Source>,
    options: CreatePipelineOptions<Model, BackendName> & BatchReportOptions = {},
  ) => onceStreamed(open, (pipeline, call) => pipeline.generateReports(films, call), options);
  return {
    createReportPipeline: (options = {}) => openPipeline(runtime, options),
    generateReport: generateReport as Entry<Source, Model, BackendName>['generateReport'],
    streamReport: streamReport as Entry<Source, Model, BackendName>['streamReport'],
    generateReports: generateReports as Entry<Source, Model, BackendName>['generateReports'],
    describeRegion: (image, prompt, options = {}) =>
      once(openPipeline(runtime, options), (pipeline) => pipeline.describeRegion(image, prompt, options)),
    createRadiographClassifier: (options = {}) => openClassifier(runtime, options),
    classifyRadiograph: (image, options = {}) =>
      once(openClassifier(runtime, options), (classifier) => classifier.classify(image, options)),
  };
}
