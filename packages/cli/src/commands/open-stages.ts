import { ConfigError, type ProgressListener } from '@crrg/core';
import type { ReportStages } from '@crrg/pipeline';
import { printError } from '../errors.js';
import type { CliIo } from '../io.js';
import { pipelineOptions, type EngineOptions } from './engine-options.js';

/** A model that is loaded when first asked for, once. */
export interface LazyStages {
  get(): Promise<ReportStages>;
  dispose(): void;
}

/** The model or the engine cannot be used: no other picture will fare better. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}

async function open(options: EngineOptions, io: CliIo, onProgress: ProgressListener): Promise<ReportStages> {
  const { assemblePipeline, loadBackend, loadModel } = await import('@crrg/pipeline');
  const { model: source, backend: name, threads, maxBeams } = pipelineOptions(options);
  const onWarning = (message: string) => {
    if (!options.quiet) printError(io, message, 'warning');
  };
  const { signal } = io;
  const model = await loadModel(source, { signal, onProgress });
  const backend = await loadBackend(name as Parameters<typeof loadBackend>[0], { threads, onWarning });
  try {
    return await assemblePipeline({ model, backend, ownsBackend: true, maxBeams, signal, onWarning });
  } catch (error) {
    backend.dispose();
    throw error;
  }
}

/** Loads the model of the options on first use. `get` rejects with a {@link SetupError}, or a {@link ConfigError} for a wrong option. */
export function lazyStages(options: EngineOptions, io: CliIo, onProgress: ProgressListener): LazyStages {
  let opened: ReportStages | undefined;
  return {
    async get() {
      try {
        return (opened ??= await open(options, io, onProgress));
      } catch (cause) {
        if (io.signal?.aborted || cause instanceof ConfigError) throw cause;
        throw new SetupError(cause instanceof Error ? cause.message : String(cause), { cause });
      }
    },
    dispose: () => opened?.dispose(),
  };
}
