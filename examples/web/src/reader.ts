import type { ProgressListener } from '@crrg/core';
import { createRadiographClassifier, createReportPipeline, type RegionPrompt } from '@crrg/pipeline/browser';
import type { Film } from './film.js';
import reportWorker from './report.worker.ts?worker&url';
import type { Settings } from './settings.js';
import { startWorker } from './start-worker.js';

/** Where the build puts the demonstration weights. */
const DEMONSTRATION = { model: 'models/weights/', classifier: 'models/classifier/' };

/** How the models are opened: in a worker of the page, which has its policy and its engines. */
function optionsOf({ engine, model, classifier }: Settings, onProgress: ProgressListener) {
  return {
    worker: () => startWorker(reportWorker),
    backend: engine,
    model: model || DEMONSTRATION.model,
    classifier: classifier || DEMONSTRATION.classifier,
    onProgress,
  };
}

type Pipeline = Awaited<ReturnType<typeof createReportPipeline>>;

/** The model of the page, in a worker: opened once, and again when the settings of its engine or weights change. */
export class Reader {
  #opening?: Promise<Pipeline>;

  constructor(private readonly onProgress: ProgressListener) {}

  open(settings: Settings): Promise<Pipeline> {
    return (this.#opening ??= createReportPipeline(optionsOf(settings, this.onProgress)));
  }

  /** Opens the classifier once, which a report would ask for only later, so that the browser keeps its weights. */
  async keepClassifier(settings: Settings): Promise<void> {
    const classifier = await createRadiographClassifier(optionsOf(settings, () => {}));
    classifier.dispose();
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
