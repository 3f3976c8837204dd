import type { RadiographClassification } from './classification.js';
import type {
  ClassifyOptions,
  CreateClassifierOptions,
  CreatePipelineOptions,
  RegionPrompt,
  ReportOptions,
} from './options.js';
import { openClassifier, type RadiographClassifier } from './radiograph-classifier.js';
import type { RadiographSource } from './radiograph.js';
import { openPipeline, type GenerateReport, type ReportPipeline } from './report-pipeline.js';
import type { RegionDescription, Report } from './report.js';
import type { Runtime } from './runtime.js';

/** The functions that users call, on one platform. */
export interface Entry<Source, Model, BackendName> {
  readonly createReportPipeline: (
    options?: CreatePipelineOptions<Model, BackendName>,
  ) => Promise<ReportPipeline<Source>>;
  readonly generateReport: GenerateReport<Source, CreatePipelineOptions<Model, BackendName> & ReportOptions>;
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

/** The functions that users call, on a runtime. */
export function createEntry<Source, Model, BackendName>(
  runtime: Runtime<Source, Model, BackendName>,
): Entry<Source, Model, BackendName> {
  const generateReport = (
    image: RadiographSource<Source>,
    options: CreatePipelineOptions<Model, BackendName> & ReportOptions = {},
  ): Promise<Report> =>
    once(openPipeline(runtime, options), (pipeline) => pipeline.generateReport(image, options));
  return {
    createReportPipeline: (options = {}) => openPipeline(runtime, options),
    generateReport: generateReport as Entry<Source, Model, BackendName>['generateReport'],
    describeRegion: (image, prompt, options = {}) =>
      once(openPipeline(runtime, options), (pipeline) => pipeline.describeRegion(image, prompt, options)),
    createRadiographClassifier: (options = {}) => openClassifier(runtime, options),
    classifyRadiograph: (image, options = {}) =>
      once(openClassifier(runtime, options), (classifier) => classifier.classify(image, options)),
  };
}
