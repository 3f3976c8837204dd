import { disposeSymbol } from '@crrg/core';
import type { RadiographClassification } from '../classification.js';
import type { RadiographClassifier } from '../radiograph-classifier.js';
import { toCallMessage } from './call-message.js';
import { openWorker, type OpenInWorkerOptions, type Threads } from './opened-worker.js';

/** A classifier in a thread of its own. @throws as {@link openWorker} */
export async function openClassifierInWorker<Source, OwnThread>(
  threads: Threads<OwnThread>,
  options: OpenInWorkerOptions<OwnThread>,
): Promise<RadiographClassifier<Source>> {
  const { model, connection, send } = await openWorker(threads, 'classifier', options);
  const dispose = () => connection.dispose();
  return {
    model,
    async classify(film, call = {}) {
      const rest = [toCallMessage('pipeline.classify', call)];
      return (await send<RadiographClassification>('classify', film, rest, call)).result;
    },
    dispose,
    [disposeSymbol]: dispose,
  };
}
