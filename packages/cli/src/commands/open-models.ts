import { ConfigError, type ProgressListener } from '@crrg/core';
import type { BackendName, ImageSource, RadiographClassifier, ReportPipeline } from '@crrg/pipeline';
import { describeError, printError } from '../errors.js';
import type { CliIo } from '../io.js';
import { pipelineOptions, type EngineOptions, type RuntimeOptions } from './engine-options.js';

/** A model that is loaded when first asked for, once. */
export interface Lazy<Opened> {
  get(): Promise<Opened>;
  dispose(): void;
}

/** The model or the engine cannot be used: no other picture will fare better. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}

/** Which classifier a command uses. */
export interface ClassifierChoice extends RuntimeOptions {
  /** `tiny`, a bundle folder, or the address of one. */
  readonly classifier?: string | undefined;
}

/** Which models reports are made with. */
interface ReportChoice extends EngineOptions, ClassifierChoice {
  /** Whether reports have a classification. */
  readonly classify?: boolean | undefined;
}

/** Prints warnings of an engine, unless quiet. */
export function warningListener({ quiet }: RuntimeOptions, io: CliIo): (message: string) => void {
  return (message) => {
    if (!quiet) printError(io, message, 'warning');
  };
}

/** Where progress and warnings of loading go, and what stops it. */
const loadingOptions = (options: RuntimeOptions, io: CliIo, onProgress: ProgressListener) => ({
  signal: io.signal,
  onProgress,
  onWarning: warningListener(options, io),
});

/** Opens on first use. `get` rejects with a {@link SetupError}, or a {@link ConfigError} for a wrong option. */
function lazy<Opened extends { dispose(): void }>(io: CliIo, open: () => Promise<Opened>): Lazy<Opened> {
  let opened: Opened | undefined;
  return {
    async get() {
      try {
        return (opened ??= await open());
      } catch (cause) {
        if (io.signal?.aborted || cause instanceof ConfigError || cause instanceof SetupError) throw cause;
        throw new SetupError(describeError(cause), { cause });
      }
    },
    dispose: () => opened?.dispose(),
  };
}

/** Loads the classifier of the options on first use. */
export function lazyClassifier(
  { backend, threads, classifier, ...options }: ClassifierChoice,
  io: CliIo,
  onProgress: ProgressListener,
): Lazy<RadiographClassifier<ImageSource>> {
  return lazy(io, async () => {
    const { createRadiographClassifier } = await import('@crrg/pipeline');
    return createRadiographClassifier({
      ...loadingOptions(options, io, onProgress),
      backend: backend as BackendName | undefined,
      threads,
      classifier,
    });
  });
}

/** Loads the report model of the options on first use, and with it the classifier where reports have a classification. */
export function lazyPipeline(
  options: ReportChoice,
  io: CliIo,
  onProgress: ProgressListener,
): Lazy<ReportPipeline<ImageSource>> {
  const loading = loadingOptions(options, io, onProgress);
  return lazy(io, async () => {
    const { createReportPipeline, loadClassifierModel, loadModel } = await import('@crrg/pipeline');
    const { model: source, ...rest } = pipelineOptions(options);
    const model = await loadModel(source, loading);
    const classifier = options.classify ? await loadClassifierModel(options.classifier, loading) : undefined;
    return createReportPipeline({ ...rest, ...loading, model, classifier });
  });
}
