import { DisposedError, disposeSymbol } from '@crrg/core';
import { describeRegion } from './describe-region.js';
import { generateReport } from './generate-report.js';
import type { ReportModel } from './models/report-model.js';
import {
  compileClassifier,
  compileReportNetworks,
  type ClassifierNetwork,
  type ReportNetworks,
} from './networks.js';
import type { CreatePipelineOptions, RegionPrompt, ReportOptions } from './options.js';
import { createQueue } from './queue.js';
import type { RadiographSource } from './radiograph.js';
import type { ClassifiedReport, RegionDescription, Report } from './report.js';
import { openBackend, type Runtime } from './runtime.js';

/** Reads films; with `classify: true` the report always has a classification. */
export interface GenerateReport<Source, Options> {
  (
    image: RadiographSource<Source>,
    options: Options & { readonly classify: true },
  ): Promise<ClassifiedReport>;
  (image: RadiographSource<Source>, options?: Options): Promise<Report>;
}

/** A model kept ready: weights are loaded and compiled once. Calls run one after the other. */
export interface ReportPipeline<Source> extends Disposable {
  readonly model: Pick<ReportModel, 'name' | 'version' | 'sha256' | 'config'>;
  /** @throws {ImageError} for a file that is no radiograph; `signal.reason` on abort */
  readonly generateReport: GenerateReport<Source, ReportOptions>;
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
  const report = (image: RadiographSource<Source>, call: ReportOptions = {}): Promise<Report> =>
    inTurn(async () => {
      requireAlive();
      const radiograph = await runtime.loadRadiograph(image, call);
      const labels = call.classify ? await openClassifier() : undefined;
      return generateReport(networks, radiograph, call, labels);
    }, call);
  return {
    model,
    generateReport: report as GenerateReport<Source, ReportOptions>,
    describeRegion: (image, prompt, call = {}) =>
      inTurn(async () => {
        requireAlive();
        return describeRegion(networks, await runtime.loadRadiograph(image, call), prompt, call);
      }, call),
    dispose,
    [disposeSymbol]: dispose,
  };
}
