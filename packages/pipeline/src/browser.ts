import type { ModelSource } from './browser/open-bundle.js';
import { browserRuntime, type BackendName } from './browser/runtime.js';
import { createEntry } from './entry.js';
import type { CreateClassifierOptions, CreatePipelineOptions, WorkerChoice } from './options.js';
import type { PoolOptions } from './worker/pool.js';
import { startBrowserThread, type BrowserWorker } from './worker/thread-browser.js';

export * from './index.js';
export type { ImageSource } from '@crrg/image/browser';
export type { BrowserWorker } from './worker/thread-browser.js';
export {
  clearModelCache,
  listCachedModels,
  persistModelCache,
  type CachedModel,
  type CachePlace,
} from '@crrg/checkpoints/browser';
export type { ModelSource } from './browser/open-bundle.js';
export { BACKEND_NAMES, loadBackend, type BackendName } from './browser/runtime.js';

/** Options of {@link createReportPipeline} in a browser. */
export type BrowserPipelineOptions = CreatePipelineOptions<ModelSource, BackendName> &
  WorkerChoice<BrowserWorker>;

/** Options of {@link createReportPool} in a browser. */
export type BrowserPoolOptions = BrowserPipelineOptions & PoolOptions;

/** Options of {@link createRadiographClassifier} in a browser. */
export type BrowserClassifierOptions = CreateClassifierOptions<ModelSource, BackendName> &
  WorkerChoice<BrowserWorker>;

const entry = createEntry(browserRuntime, {
  processors: globalThis.navigator?.hardwareConcurrency ?? 1,
  sharesMemory: globalThis.crossOriginIsolated === true,
  start: startBrowserThread,
  addressOf: (model) =>
    model === 'tiny' ? model : new URL(model, globalThis.document?.baseURI ?? globalThis.location?.href).href,
});

/** A radiograph from a file input, a blob, bytes, or decoded pixels. @throws {ImageError} where it cannot be read */
export const loadRadiograph = browserRuntime.loadRadiograph;

/** Fetches a report model, which the browser keeps; every file is checked against the manifest. @throws {CheckpointError} */
export const loadModel = browserRuntime.loadModel;

/** Fetches a contrastive model or classifier, as {@link loadModel} does. @throws {CheckpointError} */
export const loadClassifierModel = browserRuntime.loadClassifierModel;

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
export const createReportPipeline = entry.createReportPipeline;

/** The report of one radiograph. For several, keep a {@link createReportPipeline}. */
export const generateReport = entry.generateReport;

/** The report of one radiograph while it is written: regions, sentences, the whole. */
export const streamReport = entry.streamReport;

/** The reports of many radiographs, several at a time through the networks, in order. */
export const generateReports = entry.generateReports;

/** What the model says of one region, or of a box in pixels of the image. */
export const describeRegion = entry.describeRegion;

/** Several workers with one model, for pages that read many films; each has weights of its own. */
export const createReportPool = entry.createReportPool;

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
export const createRadiographClassifier = entry.createRadiographClassifier;

/** What a classifier says of one radiograph. For several, keep a {@link createRadiographClassifier}. */
export const classifyRadiograph = entry.classifyRadiograph;
