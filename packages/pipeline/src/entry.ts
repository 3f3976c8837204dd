import { computeSha256 } from '@crrg/checkpoints';
import type { GreyImage } from '@crrg/image';
import { disposeSymbol, type AbortOptions, type ProgressListener, type WarningListener } from '@crrg/core';
import type { Backend } from '@crrg/tensor';
import {
  assemblePipeline,
  type Radiograph,
  type RegionPrompt,
  type ReportOptions,
  type ReportStages,
} from './report-pipeline.js';
import type { ReportModel } from './report-model.js';
import type { RegionDescription, Report } from './report.js';

/** Decoded pixels, as `@crrg/image` gives them. */
export function isGreyImage(source: unknown): source is GreyImage {
  return typeof source === 'object' && source !== null && 'bitDepth' in source && 'data' in source;
}

/** Pixels without a file. */
export async function radiographOfPixels(image: GreyImage): Promise<Radiograph> {
  const bytes = new Uint8Array(image.data.buffer, image.data.byteOffset, image.data.byteLength);
  return {
    image,
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
  readonly loadBackend: (
    backend: BackendName | undefined,
    options: { readonly threads?: number | undefined; readonly onWarning?: WarningListener | undefined },
  ) => Promise<Backend>;
}

/** How a pipeline is made. */
export interface CreatePipelineOptions<Model, BackendName> extends AbortOptions {
  /** @defaultValue the demonstration weights of `@crrg/model-tiny` */
  readonly model?: Model | ReportModel | undefined;
  /** An engine by name, or a backend that stays the caller's. @defaultValue 'onnx' */
  readonly backend?: BackendName | Backend | undefined;
  /** Threads of the engine. @defaultValue the engine's choice */
  readonly threads?: number | undefined;
  /** The most beams that a report may ask for. @defaultValue 4 */
  readonly maxBeams?: number | undefined;
  /** Hears of the download of weights. */
  readonly onProgress?: ProgressListener | undefined;
  readonly onWarning?: WarningListener | undefined;
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

/** Makes a pipeline on a runtime. */
export async function openPipeline<Source, Model, BackendName>(
  runtime: Runtime<Source, Model, BackendName>,
  options: CreatePipelineOptions<Model, BackendName>,
): Promise<ReportPipeline<Source>> {
  const { backend: given, maxBeams, signal, onWarning } = options;
  const model = await runtime.loadModel(options.model, options);
  const ownsBackend = !isBackend(given);
  const backend = isBackend(given) ? given : await runtime.loadBackend(given, options);
  let stages: ReportStages;
  try {
    stages = await assemblePipeline({ model, backend, ownsBackend, maxBeams, signal, onWarning });
  } catch (error) {
    if (ownsBackend) backend.dispose();
    throw error;
  }
  let tail: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = tail.then(work);
    tail = result.catch(() => undefined);
    return result;
  };
  return {
    model: stages.model,
    generateReport: (image, callOptions = {}) =>
      inTurn(async () => stages.report(await runtime.loadRadiograph(image, callOptions), callOptions)),
    describeRegion: (image, prompt, callOptions = {}) =>
      inTurn(async () =>
        stages.describe(await runtime.loadRadiograph(image, callOptions), prompt, callOptions),
      ),
    dispose: () => stages.dispose(),
    [disposeSymbol]: () => stages.dispose(),
  };
}
