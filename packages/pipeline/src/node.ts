import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeRadiograph, readImageBytes, type ImageSource } from '@crrg/image/node';
import type { WordPieceTokenizer } from '@crrg/rclip';
import { loadBackend, type BackendName } from './backend-node.js';
import { createEntry } from './entry.js';
import { loadModelPart, partName, PARTS, type ModelPart, type Part } from './models/model-part.js';
import { loadRclipModel, loadWordPieces, type RclipModel } from './models/rclip-model.js';
import { loadReportModel, type ReportModel } from './models/report-model.js';
import type { CreateClassifierOptions, CreatePipelineOptions, WorkerChoice } from './options.js';
import { openBundle, type ModelSource, type NodeLoadModelOptions } from './open-bundle.js';
import { blobName } from './radiograph.js';
import { createRuntime, withBundle } from './runtime.js';
import type { PoolOptions } from './worker/pool.js';
import { startNodeThread, type NodeWorker } from './worker/thread-node.js';

export * from './index.js';
export { BACKEND_NAMES, loadBackend, type BackendName } from './backend-node.js';
export type { ModelSource } from './open-bundle.js';
export type { NodeWorker } from './worker/thread-node.js';
export { renderOverlayPng } from './overlay-node.js';
export { renderSvgPng, type SvgPngOptions } from './svg-png-node.js';
export type { ImageSource } from '@crrg/image/node';

/** Options of {@link createReportPipeline} in Node.js. */
export type NodePipelineOptions = CreatePipelineOptions<ModelSource, BackendName> & WorkerChoice<NodeWorker>;

/** Options of {@link createReportPool} in Node.js. */
export type NodePoolOptions = NodePipelineOptions & PoolOptions;

/** Options of {@link createRadiographClassifier} in Node.js. */
export type NodeClassifierOptions = CreateClassifierOptions<ModelSource, BackendName> &
  WorkerChoice<NodeWorker>;

const runtime = createRuntime<ImageSource, ModelSource, BackendName>({
  readImageBytes,
  decodeRadiograph,
  fileName(source) {
    if (typeof source === 'string') return path.basename(source);
    return source instanceof URL ? path.basename(fileURLToPath(source)) : blobName(source);
  },
  openBundle,
  loadBackend,
});
const entry = createEntry(runtime, {
  processors: availableParallelism(),
  sharesMemory: true,
  start: startNodeThread,
  addressOf: (model) => model,
});

/**
 * Loads a part of a model for training: a bundle folder or an address, as {@link loadModel} takes it, but never `tiny`. The tokenizer is that of
 * a text encoder.
 *
 * @example
 * ```ts
 * const backbone = await loadPart('models/resnet50', ['resnet50']);
 * ```
 * @throws {CheckpointError} where it is absent, damaged, or another part than one of `expected`
 */
export async function loadPart(
  source: ModelSource,
  expected: readonly Part[] = PARTS,
  options: NodeLoadModelOptions = {},
): Promise<ModelPart & { readonly tokenizer?: WordPieceTokenizer | undefined }> {
  return withBundle(openBundle(source, 'weights', options), async (bundle) => {
    const part = await loadModelPart(bundle, expected, options);
    return part.part === 'bert' ? { ...part, tokenizer: await loadWordPieces(bundle) } : part;
  });
}

/** What {@link loadStart} loads: a whole report model, or a part of one. */
export type LoadedStart = { readonly model: ReportModel } | { readonly part: ModelPart };

/** The parts of a report model. */
const REPORT_PARTS: readonly Part[] = ['detector', 'selector', 'resnet50', 'gpt2'];

/**
 * Loads what a training of the report model can start from: a report model as {@link loadModel} takes it, or a part of one.
 *
 * @example
 * ```ts
 * const loaded = await loadStart('runs/detector/model');
 * console.log('part' in loaded ? loaded.part.part : 'a whole model');
 * ```
 * @throws {CheckpointError} where it is absent, damaged, or a model of another kind
 */
export async function loadStart(
  source: ModelSource,
  options: NodeLoadModelOptions = {},
): Promise<LoadedStart> {
  return withBundle(openBundle(source, 'weights', options), async (bundle) =>
    partName(bundle.manifest) === undefined
      ? { model: await loadReportModel(bundle, options) }
      : { part: await loadModelPart(bundle, REPORT_PARTS, options) },
  );
}

/** What {@link loadRclipStart} loads: a contrastive model or classifier, or an encoder alone. */
export type LoadedRclipStart =
  | { readonly model: RclipModel }
  | { readonly part: ModelPart & { readonly tokenizer?: WordPieceTokenizer | undefined } };

/**
 * Loads what a training of R-CLIP can start from: a model as {@link loadClassifierModel} takes it, or the part `image-encoder` or `bert`, the
 * latter with its tokenizer.
 * @throws {CheckpointError} where it is absent, damaged, or a model of another kind
 */
export async function loadRclipStart(
  source: ModelSource,
  options: NodeLoadModelOptions = {},
): Promise<LoadedRclipStart> {
  return withBundle(openBundle(source, 'classifier', options), async (bundle) => {
    if (partName(bundle.manifest) === undefined) return { model: await loadRclipModel(bundle, options) };
    const part = await loadModelPart(bundle, ['image-encoder', 'bert'], options);
    return { part: part.part === 'bert' ? { ...part, tokenizer: await loadWordPieces(bundle) } : part };
  });
}

/**
 * Loads a report model. Bundles from an address are kept in a cache and checked; the demonstration weights are part of a package.
 * @defaultValue model: 'tiny'
 * @throws {CheckpointError} where the bundle is absent, damaged or of another architecture
 */
export const loadModel: (
  model?: ModelSource | ReportModel,
  options?: NodeLoadModelOptions,
) => Promise<ReportModel> = runtime.loadModel;

/**
 * Loads a contrastive model or classifier, as {@link loadModel} loads report models.
 * @defaultValue model: 'tiny'
 * @throws {CheckpointError} where the bundle is absent, damaged or of another kind
 */
export const loadClassifierModel: (
  model?: ModelSource | RclipModel,
  options?: NodeLoadModelOptions,
) => Promise<RclipModel> = runtime.loadClassifierModel;

/**
 * A radiograph from a path, a `file:` URL, a `File` or `Blob`, bytes of a PNG, JPEG or DICOM file, or decoded pixels.
 * @throws {ImageError} where it cannot be read, or the pixels are no grey picture
 */
export const loadRadiograph = runtime.loadRadiograph;

/**
 * A report model kept ready for many radiographs.
 *
 * @example
 * ```ts
 * const pipeline = await createReportPipeline({ model: 'tiny' });
 * for (const file of files) console.log((await pipeline.generateReport(file)).text);
 * pipeline.dispose();
 * ```
 * @throws {CheckpointError | ConfigError | BackendError}
 */
export const createReportPipeline = entry.createReportPipeline;

/**
 * The report of one radiograph. For several, keep a {@link createReportPipeline}.
 *
 * @example
 * ```ts
 * import { generateReport } from '@crrg/pipeline';
 *
 * const report = await generateReport('film.png');
 * console.log(report.text);
 * for (const { region, sentence, box } of report.findings) console.log(region, sentence, box);
 * ```
 * @throws {ImageError} where the picture cannot be read
 * @throws {CheckpointError | ConfigError | BackendError} where the model or engine cannot be loaded
 */
export const generateReport = entry.generateReport;

/**
 * The report of one radiograph while it is written. For several, keep a {@link createReportPipeline}.
 *
 * @example
 * ```ts
 * for await (const event of streamReport('film.png')) {
 *   if (event.type === 'regions') console.log(event.regions.filter(({ status }) => status === 'described').length);
 *   if (event.type === 'sentence') console.log(event.finding.region, event.finding.sentence);
 *   if (event.type === 'report') console.log(event.report.text);
 * }
 * ```
 * @throws from the loop, as {@link generateReport}
 */
export const streamReport = entry.streamReport;

/**
 * The reports of many radiographs, several at a time through the networks, in order. One that cannot be read does not stop the others.
 *
 * @example
 * ```ts
 * const files = ['a.png', 'b.dcm', 'c.jpg'];
 * for await (const { index, report, error } of generateReports(files, { batchSize: 4 })) {
 *   if (report) console.log(files[index], report.text);
 *   else console.error(files[index], error.message);
 * }
 * ```
 * @throws {ConfigError} from the loop, where `films` is no list or `batchSize` no number of films
 * @throws {CheckpointError | BackendError} from the loop, where the model or engine cannot be loaded or used
 */
export const generateReports = entry.generateReports;

/**
 * What the model says of one region, or of a box in pixels of the image.
 *
 * @example
 * ```ts
 * const { sentence } = await describeRegion('film.png', { region: 'left lung' });
 * ```
 * @throws {ConfigError} where the region was not detected, or the box lies outside the picture
 */
export const describeRegion = entry.describeRegion;

/**
 * Several workers with one model, for servers: as many reports at once as workers, a bounded queue before them, and a worker that ends is
 * replaced.
 *
 * @example
 * ```ts
 * const pool = await createReportPool({ size: 2, maxQueue: 8 });
 * const report = await pool.generateReport(bytes); // BusyError where 8 calls wait already: answer 429
 * await pool.close();
 * ```
 * @throws {CheckpointError | ConfigError | BackendError} where the model cannot be loaded
 */
export const createReportPool = entry.createReportPool;

/**
 * A classifier kept ready for many radiographs.
 *
 * @example
 * ```ts
 * const classifier = await createRadiographClassifier({ classifier: 'models/rclip' });
 * for (const file of files) console.log(file, (await classifier.classify(file)).classification);
 * classifier.dispose();
 * ```
 * @throws {CheckpointError | ConfigError | BackendError}
 */
export const createRadiographClassifier = entry.createRadiographClassifier;

/**
 * What a classifier says of one radiograph. For several, keep a {@link createRadiographClassifier}.
 *
 * @example
 * ```ts
 * const { classification } = await classifyRadiograph('film.png', { classifier: 'models/rclip', explain: true });
 * for (const { label, probability, positive } of classification) console.log(label, probability, positive);
 * ```
 * @throws {ImageError} where the picture cannot be read
 * @throws {CheckpointError | ConfigError | BackendError} where the model or engine cannot be loaded
 */
export const classifyRadiograph = entry.classifyRadiograph;
