import { computeSha256 } from '@crrg/checkpoints';
import { assertGreyImage, type GreyImage } from '@crrg/image';
import {
  DisposedError,
  disposeSymbol,
  type AbortOptions,
  type ProgressListener,
  type WarningListener,
} from '@crrg/core';
import type { Backend } from '@crrg/tensor';
import {
  assemblePipeline,
  type Radiograph,
  type RegionPrompt,
  type ReportOptions,
  type ReportStages,
} from './report-pipeline.js';
import type { RadiographClassification } from './classification.js';
import { assembleClassifier, type ClassifierStages, type ClassifyOptions } from './classifier-stages.js';
import type { RclipModel } from './rclip-model.js';
import type { ReportModel } from './report-model.js';
import type { RegionDescription, Report } from './report.js';

/** Whether a source is decoded pixels, which still have to be checked, rather than a file. */
export function isPixels(source: unknown): source is GreyImage {
  return typeof source === 'object' && source !== null && 'data' in source;
}

/** Pixels without a file. @throws {ImageError} where they are no grey picture */
export async function radiographOfPixels(image: GreyImage): Promise<Radiograph> {
  assertGreyImage(image, 'pipeline.loadRadiograph');
  const bytes = new Uint8Array(image.data.buffer, image.data.byteOffset, image.data.byteLength);
  return {
    image,
    doubts: [],
    input: { file: null, width: image.width, height: image.height, sha256: await computeSha256(bytes) },
  };
}

/** What one runtime brings: how it reads pictures, models and engines. */
export interface Runtime<Source, Model, BackendName> {
  readonly loadRadiograph: (source: Source | GreyImage, options: AbortOptions) => Promise<Radiograph>;
  readonly loadModel: (
    model: Model | ReportModel | undefined,
    options: AbortOptions & { readonly onProgress?: ProgressListener | undefined },
  ) => Promise<ReportModel>;
  readonly loadClassifierModel: (
    model: Model | RclipModel | undefined,
    options: AbortOptions & { readonly onProgress?: ProgressListener | undefined },
  ) => Promise<RclipModel>;
  readonly loadBackend: (
    backend: BackendName | undefined,
    options: { readonly threads?: number | undefined; readonly onWarning?: WarningListener | undefined },
  ) => Promise<Backend>;
}

/** Which engine runs the models. */
export interface EngineChoice<BackendName> extends AbortOptions {
  /** An engine by name, or a backend that stays the caller's. @defaultValue 'onnx' */
  readonly backend?: BackendName | Backend | undefined;
  /** Threads of the engine. @defaultValue the engine's choice */
  readonly threads?: number | undefined;
  /** Hears of the download of weights. */
  readonly onProgress?: ProgressListener | undefined;
  readonly onWarning?: WarningListener | undefined;
}

/** How a pipeline is made. */
export interface CreatePipelineOptions<Model, BackendName> extends EngineChoice<BackendName> {
  /** @defaultValue the demonstration weights of `@crrg/model-tiny` */
  readonly model?: Model | ReportModel | undefined;
  /** Loaded when a report first asks to `classify`. @defaultValue the demonstration classifier of `@crrg/model-tiny` */
  readonly classifier?: Model | RclipModel | undefined;
  /** The most beams that a report may ask for. @defaultValue 4 */
  readonly maxBeams?: number | undefined;
}

/** How a classifier is made. */
export interface CreateClassifierOptions<Model, BackendName> extends EngineChoice<BackendName> {
  /** @defaultValue the demonstration classifier of `@crrg/model-tiny` */
  readonly classifier?: Model | RclipModel | undefined;
}

/** A classifier kept ready. Calls run one after the other. */
export interface RadiographClassifier<Source> extends Disposable {
  readonly model: Pick<RclipModel, 'name' | 'version' | 'sha256' | 'config'>;
  /** @throws {ImageError} for a file that is no radiograph; `signal.reason` on abort */
  classify(image: Source | GreyImage, options?: ClassifyOptions): Promise<RadiographClassification>;
  dispose(): void;
}

/** A model kept ready: weights are loaded and compiled once. Calls run one after the other. */
export interface ReportPipeline<Source> extends Disposable {
  readonly model: Pick<ReportModel, 'name' | 'version' | 'sha256' | 'config'>;
  /** @throws {ImageError} for a file that is no radiograph; `signal.reason` on abort */
  generateReport(image: Source | GreyImage, options?: ReportOptions): Promise<Report>;
  /**
   * What the model says of one region or of a box that a person drew.
   * @throws {ConfigError} where the region was not detected, or the box lies outside the picture
   */
  describeRegion(
    image: Source | GreyImage,
    prompt: RegionPrompt,
    options?: ReportOptions,
  ): Promise<RegionDescription>;
  dispose(): void;
}

function isBackend(value: unknown): value is Backend {
  return typeof value === 'object' && value !== null && 'compile' in value;
}

/** The chosen backend, and whether it is ours to dispose. */
async function openBackend<BackendName>(
  runtime: Pick<Runtime<unknown, unknown, BackendName>, 'loadBackend'>,
  options: EngineChoice<BackendName>,
): Promise<{ readonly backend: Backend; readonly ownsBackend: boolean }> {
  const { backend: given } = options;
  if (isBackend(given)) return { backend: given, ownsBackend: false };
  return { backend: await runtime.loadBackend(given, options), ownsBackend: true };
}

/** Runs works one after the other. A work that is aborted while it waits leaves at once and never runs. */
function createQueue(): <T>(work: () => Promise<T>, options: AbortOptions) => Promise<T> {
  let tail: Promise<void> = Promise.resolve();
  return (work, { signal }) =>
    new Promise((resolve, reject) => {
      const leave = () => reject(signal!.reason as Error);
      if (signal?.aborted) return leave();
      signal?.addEventListener('abort', leave);
      tail = tail.then(async () => {
        signal?.removeEventListener('abort', leave);
        if (signal?.aborted) return;
        await work().then(resolve, reject);
      });
    });
}

/** Makes a pipeline on a runtime. */
export async function openPipeline<Source, Model, BackendName>(
  runtime: Runtime<Source, Model, BackendName>,
  options: CreatePipelineOptions<Model, BackendName>,
): Promise<ReportPipeline<Source>> {
  const { maxBeams, signal, onWarning } = options;
  const model = await runtime.loadModel(options.model, options);
  const { backend, ownsBackend } = await openBackend(runtime, options);
  let opened: ClassifierStages | undefined;
  let disposed = false;
  const classifier = async () => {
    if (opened) return opened;
    const classifierModel = await runtime.loadClassifierModel(options.classifier, options);
    if (disposed) throw new DisposedError('pipeline');
    return (opened = assembleClassifier({ model: classifierModel, backend }));
  };
  let stages: ReportStages;
  try {
    stages = await assemblePipeline({ model, backend, ownsBackend, maxBeams, classifier, signal, onWarning });
  } catch (error) {
    if (ownsBackend) backend.dispose();
    throw error;
  }
  const inTurn = createQueue();
  const dispose = () => {
    disposed = true;
    opened?.dispose();
    stages.dispose();
  };
  return {
    model: stages.model,
    generateReport: (image, callOptions = {}) =>
      inTurn(
        async () => stages.report(await runtime.loadRadiograph(image, callOptions), callOptions),
        callOptions,
      ),
    describeRegion: (image, prompt, callOptions = {}) =>
      inTurn(
        async () => stages.describe(await runtime.loadRadiograph(image, callOptions), prompt, callOptions),
        callOptions,
      ),
    dispose,
    [disposeSymbol]: dispose,
  };
}

/** Makes a classifier on a runtime. */
export async function openClassifier<Source, Model, BackendName>(
  runtime: Runtime<Source, Model, BackendName>,
  options: CreateClassifierOptions<Model, BackendName>,
): Promise<RadiographClassifier<Source>> {
  const model = await runtime.loadClassifierModel(options.classifier, options);
  const { backend, ownsBackend } = await openBackend(runtime, options);
  let stages: ClassifierStages;
  try {
    stages = assembleClassifier({ model, backend, ownsBackend });
  } catch (error) {
    if (ownsBackend) backend.dispose();
    throw error;
  }
  const inTurn = createQueue();
  return {
    model,
    classify: (image, callOptions = {}) =>
      inTurn(
        async () => stages.classify(await runtime.loadRadiograph(image, callOptions), callOptions),
        callOptions,
      ),
    dispose: () => stages.dispose(),
    [disposeSymbol]: () => stages.dispose(),
  };
}
