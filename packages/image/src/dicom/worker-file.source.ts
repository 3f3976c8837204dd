import { startFromSource, type WorkerStart } from '@crrg/core/node';

/** As `worker-file.ts`, where this package runs from source. */
export const workerFile = (): WorkerStart => startFromSource(new URL('./dicom-worker.ts', import.meta.url));
