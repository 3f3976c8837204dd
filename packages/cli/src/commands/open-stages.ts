import { ConfigError, type ProgressListener } from '@crrg/core';
import type { ClassifierStages, ReportStages } from '@crrg/pipeline';
import { describeError, printError } from '../errors.js';
import type { CliIo } from '../io.js';
import { pipelineOptions, type EngineOptions, type RuntimeOptions } from './engine-options.js';

/** A model that is loaded when first asked for, once. */
export interface Lazy<Stages> {
  get(): Promise<Stages>;
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

function warningListener({ quiet }: RuntimeOptions, io: CliIo): (message: string) => void {
  return (message) => {
    if (!quiet) printError(io, message, 'warning');
  };
}

/** The engine of the options; the caller disposes it. */
export async function openBackend({ backend: name, threads, ...options }: RuntimeOptions, io: CliIo) {
  const { loadBackend } = await import('@crrg/pipeline');
  return loadBackend(name as Parameters<typeof loadBackend>[0], {
    threads,
    onWarning: warningListener(options, io),
  });
}

async function openClassifier(
  options: ClassifierChoice,
  io: CliIo,
  onProgress: ProgressListener,
): Promise<ClassifierStages> {
  const { assembleClassifier, loadClassifierModel } = await import('@crrg/pipeline');
  const model = await loadClassifierModel(options.classifier, { signal: io.signal, onProgress });
  const backend = await openBackend(options, io);
  try {
    return assembleClassifier({ model, backend, ownsBackend: true });
  } catch (error) {
    backend.dispose();
    throw error;
  }
}

async function openReports(
  options: EngineOptions,
  io: CliIo,
  onProgress: ProgressListener,
  classifier: () => Promise<ClassifierStages>,
): Promise<ReportStages> {
  const { assemblePipeline, loadModel } = await import('@crrg/pipeline');
  const { model: source, maxBeams } = pipelineOptions(options);
  const { signal } = io;
  const model = await loadModel(source, { signal, onProgress });
  const backend = await openBackend(options, io);
  const onWarning = warningListener(options, io);
  try {
    return await assemblePipeline({
      model,
      backend,
      ownsBackend: true,
      maxBeams,
      classifier,
      signal,
      onWarning,
    });
  } catch (error) {
    backend.dispose();
    throw error;
  }
}

/** Opens on first use. `get` rejects with a {@link SetupError}, or a {@link ConfigError} for a wrong option. */
function lazy<Stages extends { dispose(): void }>(io: CliIo, open: () => Promise<Stages>): Lazy<Stages> {
  let opened: Stages | undefined;
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
  options: ClassifierChoice,
  io: CliIo,
  onProgress: ProgressListener,
): Lazy<ClassifierStages> {
  return lazy(io, () => openClassifier(options, io, onProgress));
}

/** Loads the report model of the options on first use, and the classifier when a report first asks for it. */
export function lazyStages(
  options: EngineOptions & Pick<ClassifierChoice, 'classifier'>,
  io: CliIo,
  onProgress: ProgressListener,
): Lazy<ReportStages> {
  const classifier = lazyClassifier(options, io, onProgress);
  const reports = lazy(io, () => openReports(options, io, onProgress, () => classifier.get()));
  return {
    get: () => reports.get(),
    dispose: () => {
      classifier.dispose();
      reports.dispose();
    },
  };
}
