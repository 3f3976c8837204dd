import { DisposedError, disposeSymbol } from '@crrg/core';
import type { RadiographClassification } from './classification.js';
import { classifyRadiograph } from './classify-radiograph.js';
import type { RclipModel } from './models/rclip-model.js';
import { compileClassifier, type ClassifierNetwork } from './networks.js';
import type { ClassifyOptions, CreateClassifierOptions } from './options.js';
import { createQueue } from './queue.js';
import type { RadiographSource } from './radiograph.js';
import { openBackend, type Runtime } from './runtime.js';

/** A classifier kept ready. Calls run one after the other. */
export interface RadiographClassifier<Source> extends Disposable {
  readonly model: Pick<RclipModel, 'name' | 'version' | 'sha256' | 'config'>;
  /** @throws {ImageError} for a file that is no radiograph; `signal.reason` on abort */
  classify(image: RadiographSource<Source>, options?: ClassifyOptions): Promise<RadiographClassification>;
  dispose(): void;
}

/** Makes a classifier on a runtime. Where that fails, what was made is released. */
export async function openClassifier<Source, Model, BackendName>(
  runtime: Runtime<Source, Model, BackendName>,
  options: CreateClassifierOptions<Model, BackendName>,
): Promise<RadiographClassifier<Source>> {
  const model = await runtime.loadClassifierModel(options.classifier, options);
  const { backend, release } = await openBackend(runtime, options);
  let classifier: ClassifierNetwork;
  try {
    classifier = compileClassifier(model, backend);
  } catch (error) {
    release();
    throw error;
  }
  let isDisposed = false;
  const dispose = () => {
    if (isDisposed) return;
    isDisposed = true;
    classifier.dispose();
    release();
  };
  const inTurn = createQueue();
  return {
    model,
    classify: (image, call = {}) =>
      inTurn(async () => {
        if (isDisposed) throw new DisposedError('classifier');
        return classifyRadiograph(classifier, await runtime.loadRadiograph(image, call), call);
      }, call),
    dispose,
    [disposeSymbol]: dispose,
  };
}
