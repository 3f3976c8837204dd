import { DisposedError, disposeSymbol } from '@crrg/core';
import { describeRegion } from './describe-region.js';
import { batchSizeOf, reportBatches } from './batch/generate-reports.js';
import type { FilmReport, Films } from './batch/film-report.js';
import { createFilmReader } from './batch/read-films.js';
import { generateReports, soleReport, type ReportJob } from './generate-report.js';
import type { ReportModel } from './models/report-model.js';
import {
  compileClassifier,
  compileReportNetworks,
  type ClassifierNetwork,
  type ReportNetworks,
} from './networks.js';
import type { BatchReportOptions, CreatePipelineOptions, RegionPrompt, ReportOptions } from './options.js';
import { createQueue } from './queue.js';
import type { Radiograph, RadiographSource } from './radiograph.js';
import type { ClassifiedReport, RegionDescription, Report } from './report.js';
import { openBackend, type Runtime } from './runtime.js';
import type { ReportEvent } from './stream/report-event.js';
import { createValueStream, type ValueStream } from './stream/value-stream.js';

/** Reads films; with `classify: true` the report always has a classification. */
export interface GenerateReport<Source, Options> {
  (
    image: RadiographSource<Source>,
    options: Options & { readonly classify: true },
  ): Promise<ClassifiedReport>;
  (image: RadiographSource<Source>, options?: Options): Promise<Report>;
}

/** Reads films, telling what is known as soon as it is; with `classify: true` the report always has a classification. */
export interface StreamReport<Source, Options> {
  (
    image: RadiographSource<Source>,
    options: Options & { readonly classify: true },
  ): ValueStream<ReportEvent<ClassifiedReport>>;
  (image: RadiographSource<Source>, options?: Options): ValueStream<ReportEvent>;
}

/** Reads many films; with `classify: true` every report has a classification. */
export interface GenerateReports<Source, Options> {
  (
    films: Films<Source>,
    options: Options & { readonly classify: true },
  ): ValueStream<FilmReport<ClassifiedReport>>;
  (films: Films<Source>, options?: Options): ValueStream<FilmReport>;
}

/** A model kept ready: weights are loaded and compiled once. Calls run one after the other. */
export interface ReportPipeline<Source> extends Disposable {
  readonly model: Pick<ReportModel, 'name' | 'version' | 'sha256' | 'config'>;
  /** @throws {ImageError} for a file that is no radiograph; `signal.reason` on abort */
  readonly generateReport: GenerateReport<Source, ReportOptions>;
  /**
   * A report while it is written: its regions, each sentence when it is finished, the whole report. Nothing is done before the stream is
   * walked. Leaving the loop stops the work and lets the next call in; a consumer that is slow holds up nothing but itself.
   *
   * With `strict`, a film can be refused for its sentences after they were told.
   * @throws from the loop, as `generateReport`
   */
  readonly streamReport: StreamReport<Source, ReportOptions>;
  /**
   * A report, or an error, for each of many films, in their order. Films go through the networks `batchSize` at a time; at most two
   * batches are taken before the consumer takes their results. A film that cannot be read or is refused has an `error`, and the others
   * go on.
   * @throws from the loop: `signal.reason` on abort, what the source of films throws, and what concerns no single film, as {@link BackendError}
   */
  readonly generateReports: GenerateReports<Source, BatchReportOptions>;
  /**
   * What the model says of one region or of a box that a person drew.
   * @throws {ConfigError} where the region was not detected, or the box lies outside the picture
   */
  describeRegion(
    image: RadiographSource<Source>,
    prompt: RegionPrompt,
    options?: ReportOptions,
  ): Promise<RegionDescription>;
  dispose(): void;
}

/** Makes a pipeline on a runtime. Where that fails, what was made is released. */
export async function openPipeline<Source, Model, BackendName>(
  runtime: Runtime<Source, Model, BackendName>,
  options: CreatePipelineOptions<Model, BackendName>,
): Promise<ReportPipeline<Source>> {
  const model = await runtime.loadModel(options.model, options);
  const { backend, release } = await openBackend(runtime, options);
  let networks: ReportNetworks;
  try {
    networks = await compileReportNetworks(model, backend, options);
  } catch (error) {
    release();
    throw error;
  }
  let classifier: ClassifierNetwork | undefined;
  let isDisposed = false;
  const requireAlive = () => {
    if (isDisposed) throw new DisposedError('pipeline');
  };
  const openClassifier = async () => {
    if (classifier) return classifier;
    const classifierModel = await runtime.loadClassifierModel(options.classifier, options);
    requireAlive();
    return (classifier = compileClassifier(classifierModel, backend));
  };
  const dispose = () => {
    if (isDisposed) return;
    isDisposed = true;
    classifier?.dispose();
    networks.dispose();
    release();
  };
  const inTurn = createQueue();
  const jobOf = async (call: ReportOptions): Promise<ReportJob> => ({
    networks,
    options: call,
    classifier: call.classify ? await openClassifier() : undefined,
  });
  const report = (
    image: RadiographSource<Source>,
    call: ReportOptions = {},
    tell?: (event: ReportEvent) => void,
  ): Promise<Report> =>
    inTurn(async () => {
      requireAlive();
      const radiograph = await runtime.loadRadiograph(image, call);
      const onEvent = tell && ((_: number, event: ReportEvent) => tell(event));
      return soleReport(await generateReports({ ...(await jobOf(call)), onEvent }, [radiograph]));
    }, call);
  const stream = (image: RadiographSource<Source>, call: ReportOptions = {}): ValueStream<ReportEvent> =>
    createValueStream(async ({ push, signal }) => {
      const tell = (event: ReportEvent) => void push(event);
      tell({ type: 'report', report: await report(image, { ...call, signal }, tell) });
    }, call);
  const reports = (films: Films<Source>, call: BatchReportOptions = {}): ValueStream<FilmReport> =>
    createValueStream(async (sink) => {
      const { signal } = sink;
      const options = { ...call, signal };
      const batchSize = batchSizeOf(call);
      const reader = createFilmReader(films, (film) => runtime.loadRadiograph(film, options), signal);
      const generate = (radiographs: readonly Radiograph[]) =>
        inTurn(async () => {
          requireAlive();
          return generateReports(await jobOf(options), radiographs);
        }, options);
      await reportBatches(reader, batchSize, generate, sink);
    }, call);
  return {
    model,
    generateReport: ((image, call) => report(image, call)) as GenerateReport<Source, ReportOptions>,
    streamReport: stream as StreamReport<Source, ReportOptions>,
    generateReports: reports as GenerateReports<Source, BatchReportOptions>,
    describeRegion: (image, prompt, call = {}) =>
      inTurn(async () => {
        requireAlive();
        return describeRegion(networks, await runtime.loadRadiograph(image, call), prompt, call);
      }, call),
    dispose,
    [disposeSymbol]: dispose,
  };
}
