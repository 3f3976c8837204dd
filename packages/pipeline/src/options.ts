import type { AbortOptions, AnatomicalRegion, Box, ProgressListener, WarningListener } from '@crrg/core';
import type { ReportGenDType, SentenceSimilarity } from '@crrg/report-gen';
import type { Backend } from '@crrg/tensor';
import type { RclipModel } from './models/rclip-model.js';
import type { ReportModel } from './models/report-model.js';
import type { IdentifierOptions } from './radiograph.js';

/** Whether doubts are only said, or refused. */
export interface StrictOptions {
  /** Refuses a film about which there is any doubt, instead of naming the doubts in the result. @defaultValue false */
  readonly strict?: boolean | undefined;
}

/** Settings of one report. */
export interface ReportOptions extends AbortOptions, StrictOptions, IdentifierOptions {
  /** 1 is greedy search. @defaultValue 4, as the reference */
  readonly numBeams?: number | undefined;
  /** Longest sentence in tokens, counting the beginning of text. @defaultValue 300, or the positions of the model where fewer */
  readonly maxLength?: number | undefined;
  /** Finds near-duplicate sentences. @defaultValue none: only equal sentences are merged */
  readonly similarity?: SentenceSimilarity | undefined;
  /** Adds `classification`: what the pipeline's classifier says of the picture. @defaultValue false */
  readonly classify?: boolean | undefined;
  /** With `classify`, adds to every label where the classifier looked. @defaultValue false */
  readonly explain?: boolean | undefined;
  readonly onProgress?: ProgressListener | undefined;
}

/** Settings of several reports. */
export interface BatchReportOptions extends ReportOptions {
  /** Films that go through the networks together. Results are the same with any number; memory grows with it. @defaultValue 4 */
  readonly batchSize?: number | undefined;
}

/** Settings of one classification. */
export interface ClassifyOptions extends AbortOptions, StrictOptions, IdentifierOptions {
  /** Adds a heat map to every label. @defaultValue false */
  readonly explain?: boolean | undefined;
  readonly onProgress?: ProgressListener | undefined;
}

/** Which part of a radiograph to describe: a region by name, or a box in pixels of the `image`. */
export type RegionPrompt = { readonly region: AnatomicalRegion } | { readonly box: Box };

/** Name of an engine that the script of a worker of your own adds, with `addBackend` of `@crrg/pipeline/worker`. */
export type OwnBackendName = `own:${string}`;

/** Which engine runs the models. */
export interface EngineChoice<BackendName> extends AbortOptions {
  /** An engine by name, or a backend that stays the caller's. @defaultValue 'onnx' */
  readonly backend?: BackendName | OwnBackendName | Backend | undefined;
  /** Threads of the engine. @defaultValue the engine's choice */
  readonly threads?: number | undefined;
  /** Address of the folder with the `.wasm` files of onnxruntime-web, for pages that do not bundle them. @defaultValue beside the module */
  readonly wasmPaths?: string | undefined;
  /** In pages: keep a model from an address in Cache Storage. Node.js keeps it in a folder always. @defaultValue true */
  readonly cache?: boolean | undefined;
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
  /**
   * How weights are kept, on the engines `onnx` and `onnx-wasm`: `q8` is the fastest, `q4` the smallest, `fp32` the most exact. It concerns the
   * sentence generator, and, in 8 bits with either, the first layer of the detector's box head, which may move boxes a little; selection and
   * classification are computed in float32 always.
   * @defaultValue 'fp32'
   */
  readonly dtype?: ReportGenDType | undefined;
  /** The most beams that a report may ask for. @defaultValue 4 */
  readonly maxBeams?: number | undefined;
}

/** How a classifier is made. */
export interface CreateClassifierOptions<Model, BackendName> extends EngineChoice<BackendName> {
  /** @defaultValue the demonstration classifier of `@crrg/model-tiny` */
  readonly classifier?: Model | RclipModel | undefined;
}

/** Whether the work is done off the main thread. */
export interface WorkerChoice<OwnThread> {
  /**
   * `true`: loads, decodes and computes in a worker, with the same interface; the main thread stays free. A function starts a worker of your
   * own, whose script imports `@crrg/pipeline/worker`.
   * @defaultValue false
   */
  readonly worker?: boolean | (() => OwnThread) | undefined;
}
