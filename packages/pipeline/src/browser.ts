import { ConfigError, type AbortOptions, type ProgressListener } from '@crrg/core';
import { createOnnxBackend, type OnnxBackendOptions } from '@crrg/backend-onnx';
import { computeSha256, openBundle, urlSource, type Bundle } from '@crrg/checkpoints';
import type { GreyImage } from '@crrg/image';
import { decodeRadiograph, readImageBytes, type ImageSource } from '@crrg/image/browser';
import type { Backend } from '@crrg/tensor';
import type { RadiographClassification } from './classification.js';
import type { ClassifyOptions } from './classifier-stages.js';
import {
  isPixels,
  openClassifier,
  openPipeline,
  radiographOfPixels,
  type CreateClassifierOptions,
  type CreatePipelineOptions,
  type RadiographClassifier,
  type ReportPipeline,
  type Runtime,
} from './entry.js';
import { loadRclipModel, type RclipModel } from './rclip-model.js';
import { loadReportModel, type ReportModel } from './report-model.js';
import type { Radiograph, RegionPrompt, ReportOptions } from './report-pipeline.js';
import type { RegionDescription, Report } from './report.js';

export * from './index.js';
export type { ImageSource } from '@crrg/image/browser';
export type {
  CreateClassifierOptions,
  CreatePipelineOptions,
  RadiographClassifier,
  ReportPipeline,
} from './entry.js';

/** Engines that need no further package in a page; for TensorFlow.js pass a backend. */
export type BackendName = 'onnx' | 'onnx-wasm' | 'onnx-webgpu';

/** The address of a bundle's folder. */
export type ModelSource = string | URL;

/** A backend by name. The caller disposes it. @throws {BackendError} where the engine cannot be loaded */
export function loadBackend(
  name: BackendName = 'onnx',
  options: Pick<OnnxBackendOptions, 'threads' | 'wasmPaths' | 'onWarning'> = {},
): Promise<Backend> {
  return createOnnxBackend({
    runtime: 'web',
    ...(name === 'onnx-webgpu' && { executionProviders: ['webgpu', 'wasm'] }),
    ...options,
  });
}

/** How a model is fetched. */
type LoadModelOptions = AbortOptions & { readonly onProgress?: ProgressListener | undefined };

async function withBundle<T>(
  model: ModelSource | undefined,
  folder: 'weights' | 'classifier',
  options: LoadModelOptions,
  load: (bundle: Bundle) => Promise<T>,
): Promise<T> {
  if (model === undefined) {
    throw new ConfigError(
      `pipeline.loadModel: expected the address of a model, got none; serve the folder ${folder} of @crrg/model-tiny and pass its URL.`,
    );
  }
  const bundle = await openBundle(urlSource(model, options));
  try {
    return await load(bundle);
  } finally {
    await bundle.close();
  }
}

/** Fetches a report model; every file is checked against the manifest. @throws {CheckpointError} */
export async function loadModel(
  model: ModelSource | ReportModel | undefined,
  options: LoadModelOptions = {},
): Promise<ReportModel> {
  if (typeof model === 'object' && 'weights' in model) return model;
  return withBundle(model, 'weights', options, (bundle) => loadReportModel(bundle, options));
}

/** Fetches a contrastive model or classifier; every file is checked against the manifest. @throws {CheckpointError} */
export async function loadClassifierModel(
  model: ModelSource | RclipModel | undefined,
  options: LoadModelOptions = {},
): Promise<RclipModel> {
  if (typeof model === 'object' && 'weights' in model) return model;
  return withBundle(model, 'classifier', options, (bundle) => loadRclipModel(bundle, options));
}

/** A radiograph from a file input, a blob, bytes, or decoded pixels. @throws {ImageError} where it cannot be read */
export async function loadRadiograph(
  source: ImageSource | GreyImage,
  { signal }: AbortOptions = {},
): Promise<Radiograph> {
  if (isPixels(source)) return radiographOfPixels(source);
  signal?.throwIfAborted();
  const bytes = await readImageBytes(source);
  const { image, doubts } = await decodeRadiograph(bytes);
  const file = source instanceof File ? source.name : null;
  return {
    image,
    doubts,
    input: { file, width: image.width, height: image.height, sha256: await computeSha256(bytes) },
  };
}

const RUNTIME: Runtime<ImageSource, ModelSource, BackendName> = {
  loadRadiograph,
  loadModel,
  loadClassifierModel,
  loadBackend,
};

/** Options of {@link createReportPipeline} in a browser. */
export type BrowserPipelineOptions = CreatePipelineOptions<ModelSource, BackendName>;

/**
 * A report model kept ready for many radiographs.
 *
 * @example
 * ```ts
 * const pipeline = await createReportPipeline({ model: '/models/tiny' });
 * const report = await pipeline.generateReport(fileInput.files[0]);
 * ```
 * @throws {CheckpointError | ConfigError | BackendError}
 */
export function createReportPipeline(options: BrowserPipelineOptions): Promise<ReportPipeline<ImageSource>> {
  return openPipeline(RUNTIME, options);
}

async function once<T>(
  options: BrowserPipelineOptions,
  work: (pipeline: ReportPipeline<ImageSource>) => Promise<T>,
): Promise<T> {
  const pipeline = await createReportPipeline(options);
  try {
    return await work(pipeline);
  } finally {
    pipeline.dispose();
  }
}

/** The report of one radiograph. For several, keep a {@link createReportPipeline}. */
export function generateReport(
  image: ImageSource | GreyImage,
  options: BrowserPipelineOptions & ReportOptions,
): Promise<Report> {
  return once(options, (pipeline) => pipeline.generateReport(image, options));
}

/** What the model says of one region, or of a box in pixels of the image. */
export function describeRegion(
  image: ImageSource | GreyImage,
  prompt: RegionPrompt,
  options: BrowserPipelineOptions & ReportOptions,
): Promise<RegionDescription> {
  return once(options, (pipeline) => pipeline.describeRegion(image, prompt, options));
}

/** Options of {@link createRadiographClassifier} in a browser. */
export type BrowserClassifierOptions = CreateClassifierOptions<ModelSource, BackendName>;

/**
 * A classifier kept ready for many radiographs.
 *
 * @example
 * ```ts
 * const classifier = await createRadiographClassifier({ classifier: '/models/rclip' });
 * const { classification } = await classifier.classify(fileInput.files[0]);
 * ```
 * @throws {CheckpointError | ConfigError | BackendError}
 */
export function createRadiographClassifier(
  options: BrowserClassifierOptions,
): Promise<RadiographClassifier<ImageSource>> {
  return openClassifier(RUNTIME, options);
}

/** What a classifier says of one radiograph. */
export async function classifyRadiograph(
  image: ImageSource | GreyImage,
  options: BrowserClassifierOptions & ClassifyOptions,
): Promise<RadiographClassification> {
  const classifier = await createRadiographClassifier(options);
  try {
    return await classifier.classify(image, options);
  } finally {
    classifier.dispose();
  }
}
