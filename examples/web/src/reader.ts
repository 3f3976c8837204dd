import type { ProgressListener } from '@crrg/core';
import { createReportPipeline, type RegionPrompt } from '@crrg/pipeline/browser';
import type { Film } from './film.js';
import reportWorker from './report.worker.ts?worker&url';
import type { Settings } from './settings.js';
import { startWorker } from './start-worker.js';

/** Where the build puts the demonstration weights. */
const DEMONSTRATION = { model: 'models/weights/', classifier: 'models/classifier/' };

const open = ({ engine, model, classifier }: Settings, onProgress: ProgressListener) =>
  createReportPipeline({
    worker: () => startWorker(reportWorker),
    backend: engine,
    model: model || DEMONSTRATION.model,
    classifier: classifier || DEMONSTRATION.classifier,
    onProgress,
  });

type Pipeline = Awaited<ReturnType<typeof open>>;

/** The model of the page, in a worker: opened once, and again when the settings of its engine or weights change. */
export class Reader {
  #opening?: Promise<Pipeline>;

  constructor(private readonly onProgress: ProgressListener) {}

  open(settings: Settings): Promise<Pipeline> {
    return (this.#opening ??= open(settings, this.onProgress));
  }

  /** Regions, then each sentence as it is finished, then the report. */
  async *read(film: Film, settings: Settings, signal: AbortSignal) {
    const pipeline = await this.open(settings);
    signal.throwIfAborted();
    const options = { classify: true, explain: true, signal, onProgress: this.onProgress } as const;
    yield* pipeline.streamReport(film.radiograph, options);
  }

  async describe(film: Film, prompt: RegionPrompt, settings: Settings) {
    return (await this.open(settings)).describeRegion(film.radiograph, prompt);
  }

  /** Ends the worker. */
  close(): void {
    const closing = this.#opening;
    this.#opening = undefined;
    void closing?.then(
      (pipeline) => pipeline.dispose(),
      () => undefined,
    );
  }
}
